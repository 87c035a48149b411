import { LakehouseError, problem } from '../../lib/private/errors';
import { type AwsPlace, placeOf } from '../aws';
import type { RunPaths } from '../paths';
import { newRunId } from '../pipeline';
import { Progress, type Report } from '../progress';
import { Aws } from './aws';
import { type Choice, deployedStreams } from './deployed';
import { deploy } from './deploy';
import { drain } from './drain';
import { LiveStream } from './live';
import { drainedText, rerunText, statusText, swappedText } from './report';
import { type Rerun, rerun } from './rerun';
import { exitCodeOf, statusOf } from './status';

/** What every command about streams takes. */
export interface Options extends AwsPlace, Choice {
  readonly json?: boolean;
  /** How long it may take for each stream, in milliseconds. */
  readonly timeout: number;
}

/** What the commands take that run a job beside a stream. */
export interface RerunOptions extends Options {
  readonly runId?: string;
  readonly dryRun?: boolean;
  readonly from: string;
  readonly to: string;
  readonly where: string;
}

/** What commands are told of where they run. */
export interface StreamContext {
  readonly paths: () => RunPaths;
  /** The environment that is asked for; who names none is told which there are. */
  readonly named: (env: string | undefined) => Promise<string>;
  readonly exit: (code: number) => void;
}

/** A command about the streams of an environment. */
interface Asked<O extends Options = Options> {
  readonly env: string | undefined;
  readonly options: O;
}

/** Has streams run what was deployed last. */
export function deployAll(context: StreamContext, asked: Asked): Promise<void> {
  return each(context, { ...asked, title: 'deploy' }, async (aws, live, report) => {
    const swapped = await deploy(aws, live, asked.options.timeout, report);
    return [swapped, swappedText(live.deployed.dataset, swapped)];
  });
}

/** Has streams end between two batches. */
export function drainAll(context: StreamContext, asked: Asked): Promise<void> {
  return each(context, { ...asked, title: 'drain' }, async (aws, live, report) => {
    const drained = await drain(aws, live, asked.options.timeout, report);
    return [drained, drainedText(live.deployed.dataset, drained)];
  });
}

/** Says what streams run and how far they are. */
export function showStatus(context: StreamContext, asked: Asked): Promise<void> {
  return atStreams(context, asked, async (aws, streams) => {
    const all = await Promise.all(streams.map((live) => statusOf(aws, live)));
    console.log(asked.options.json === true ? JSON.stringify(all, undefined, 2) : all.map(statusText).join('\n'));
    context.exit(exitCodeOf(all));
  });
}

/** Does something with the streams that are asked for. */
async function atStreams(
  { paths, named }: StreamContext,
  { env, options }: Asked,
  use: (aws: Aws, streams: LiveStream[]) => Promise<void>,
): Promise<void> {
  const environment = await named(env);
  return Aws.at(placeOf(environment, options, paths()), async (aws) => {
    const streams = await deployedStreams(aws, environment, options);
    await use(
      aws,
      streams.map((deployed) => new LiveStream(aws, deployed)),
    );
  });
}

/** Does something with each stream, one after the other, and says what it came to. */
function each(
  context: StreamContext,
  asked: Asked & { readonly title: string; readonly one?: boolean },
  work: (aws: Aws, live: LiveStream, report: Report) => Promise<[object, string]>,
): Promise<void> {
  return atStreams(context, asked, async (aws, streams) => {
    if (asked.one === true && streams.length > 1) {
      const got = streams.map(({ deployed }) => deployed.dataset);
      throw new LakehouseError(
        problem({ path: 'stream', must: 'one', got, remedy: 'name one with --dataset or --topic' }),
      );
    }
    const progress = new Progress();
    const results: object[] = [];
    for (const live of streams) {
      const { dataset } = live.deployed;
      const [result, text] = await progress.step(`${asked.title} ${dataset}`, (report) => work(aws, live, report));
      results.push({ dataset, ...result });
      if (asked.options.json !== true) {
        console.log(text);
      }
    }
    if (asked.options.json === true) {
      console.log(JSON.stringify(results, undefined, 2));
    }
  });
}

/** Runs a job beside a stream. */
export function runBeside(
  context: StreamContext,
  { env, options, job, args }: Asked<RerunOptions> & Pick<Rerun, 'job' | 'args'>,
): Promise<void> {
  const { runId = newRunId(), dryRun, timeout } = options;
  const request = {
    job,
    runId,
    args: [...args, ...(dryRun === true ? ['--dry-run'] : [])],
    timeoutMs: timeout,
  };
  return each(context, { env, options, title: job, one: true }, async (aws, { deployed }, report) => {
    const result = await rerun(aws, deployed, request, report);
    return [{ runId, ...result }, rerunText(`${job} of ${deployed.dataset}`, runId, result)];
  });
}
