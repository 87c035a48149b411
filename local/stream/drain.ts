import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { LakehouseError, problem } from '../../lib/private/errors';
import type { Report } from '../progress';
import type { Aws } from './aws';
import type { LiveStream, Step } from './live';
import { Patience } from './patience';

/** What a drain came to. */
export interface Drained {
  /** The step that ended; undefined where none ran. */
  readonly step?: string;
  /** The last batch that was committed, by the checkpoint. */
  readonly batch?: number;
  /** A batch that was planned and not begun: the next start begins with it. */
  readonly planned?: number;
}

/**
 * Asks a stream to finish its batch and end, and waits until it has and until nobody looks after it any more. Whoever does it
 * again while it lasts waits for the same end.
 *
 * @throws LakehouseError when it takes longer, when the job fails meanwhile, or when its checkpoint holds half a batch
 */
export async function drain(aws: Aws, stream: LiveStream, timeoutMs: number, report: Report): Promise<Drained> {
  const { dataset } = stream.deployed;
  const patience = drainPatience(dataset, timeoutMs);
  const ended = await endRun(stream, patience, report);
  if (ended === undefined) {
    // a supervisor that waits to start the job again has nothing that could be asked
    await stopSupervisors(aws, stream, 'lakehouse stream drain: the job does not run');
    return {};
  }
  await patience.until('looked after', async () => {
    report('ended; its supervisor looks for it');
    return (await stream.supervisors()).length === 0;
  });
  return { step: ended.id, ...(await whatIsDone(stream, runOf(ended, dataset))) };
}

/** How long a stream may take to end. */
export function drainPatience(dataset: string, timeoutMs: number): Patience {
  return new Patience(timeoutMs, (what) => {
    const remedy = 'it ends when its batch does: drain again to go on waiting, or raise --timeout';
    return new LakehouseError(problem({ path: `stream ${dataset}`, must: 'drained in that time', got: what, remedy }));
  });
}

/**
 * Asks what runs of a stream to finish its batch and end, and waits until it has; its supervisor sees it later.
 *
 * @returns the newest of the steps that ended; undefined where none ran
 * @throws LakehouseError when it takes longer, or when the job fails meanwhile
 */
export async function endRun(stream: LiveStream, patience: Patience, report: Report): Promise<Step | undefined> {
  const { dataset } = stream.deployed;
  const active = await stream.activeSteps();
  for (const step of active) {
    await stream.ask(runOf(step, dataset), 'lakehouse stream drain');
  }
  if (active.length === 0) {
    return undefined;
  }
  await patience.until('running', async () => {
    report(`asked to end: ${active.map(({ id }) => id).join(', ')}`);
    return (await stream.activeSteps()).length === 0;
  });
  const ended = (await stream.steps()).find(({ id }) => id === active[0]?.id);
  if (ended?.state !== 'COMPLETED') {
    throw failureOf(ended, dataset, 'the next start finishes the batch that it was at');
  }
  return ended;
}

/** Ends what looks after a stream, without touching its job. */
export async function stopSupervisors(aws: Aws, stream: LiveStream, cause: string): Promise<void> {
  for (const { arn } of await stream.supervisors()) {
    await aws.call({ action: 'states:StopExecution', resource: arn }, () =>
      aws.sfn.send(new StopExecutionCommand({ executionArn: arn, cause })),
    );
  }
}

/** The run of a step. */
export function runOf({ id, run }: Step, dataset: string): string {
  if (run === undefined) {
    const remedy = 'it was added by hand; end its application on the cluster';
    throw new LakehouseError(problem({ path: `step of ${dataset}`, must: 'one of its supervisor', got: id, remedy }));
  }
  return run;
}

/** How a step ended that should not have. */
export function failureOf(step: Step | undefined, dataset: string, remedy: string): LakehouseError {
  return step === undefined
    ? new LakehouseError(problem({ path: `step of ${dataset}`, must: 'one of its cluster', got: undefined, remedy }))
    : endedBadly(`step '${step.id}' of ${dataset}`, step, remedy);
}

/** A step that ended as it should not have, and why: whole, for it is what there is to mend. */
export function endedBadly(
  what: string,
  { state, reason }: Pick<Step, 'state' | 'reason'>,
  remedy: string,
): LakehouseError {
  return new LakehouseError(`${what} ended ${state}: ${reason ?? 'no reason given'}\n  ${remedy}`);
}

/** By the checkpoint: a job that said it ended between two batches has at most planned one that it did not begin. */
async function whatIsDone(stream: LiveStream, run: string): Promise<Omit<Drained, 'step'>> {
  const [planned, committed, done] = await Promise.all([
    stream.newest('offsets'),
    stream.newest('commits'),
    stream.said(run, 'done'),
  ]);
  if (planned === undefined || planned.batch === committed?.batch) {
    return { batch: committed?.batch };
  }
  if (done === undefined) {
    const remedy = 'start it, so that the batch is finished, and drain it again';
    const got = `batch ${planned.batch} half done`;
    throw new LakehouseError(
      problem({ path: `checkpoint of ${stream.deployed.dataset}`, must: 'between two batches', got, remedy }),
    );
  }
  return { batch: committed?.batch, planned: planned.batch };
}
