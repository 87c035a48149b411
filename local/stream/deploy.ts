import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import { LakehouseError, problem } from '../../lib/private/errors';
import type { Report } from '../progress';
import type { Aws } from './aws';
import { failureOf, runOf, stopSupervisors } from './drain';
import type { LiveStream, Said, Step } from './live';
import { newestValues } from './metrics';
import { Patience } from './patience';

/** How long the new run may be without room, before the old one makes some for it. */
const WARM_UP_MS = 180_000;

/** What a deployment came to. */
export interface Swapped {
  readonly outcome: 'started' | 'swapped' | 'runs already' | 'looked after again';
  readonly version: string;
  readonly step: string;
  /** The first batch of the new run; undefined where there was nothing to read. */
  readonly batch?: number;
  /** From the end of the last batch of the old run to the end of the first one of the new run. */
  readonly gapSeconds?: number;
}

/**
 * Has a stream run what was deployed last, and waits until that has read. Where an older version runs, the new run starts
 * beside it, asks it to end when it is ready itself, and reads when that has ended. Whoever does it again, after it was cut
 * off at any point, goes on from there. What runs already and nobody looks after gets a supervisor.
 *
 * @throws LakehouseError when the new run fails, or is not up in time
 */
export async function deploy(aws: Aws, stream: LiveStream, timeoutMs: number, report: Report): Promise<Swapped> {
  const { dataset, version } = stream.deployed;
  const active = await stream.activeSteps();
  const [newest] = active;
  if (newest?.version === version && (await stream.said(runOf(newest, dataset), 'asked')) === undefined) {
    const before = active[1];
    const swap = { run: runOf(newest, dataset), before };
    const wasAlone = await lookAfter(stream, swap.run);
    const already = before === undefined && (await stream.said(swap.run, 'up')) !== undefined;
    return already
      ? { outcome: wasAlone ? 'looked after again' : 'runs already', version, step: newest.id }
      : arrived(aws, stream, { swap, timeoutMs, report });
  }
  if (newest === undefined) {
    await stopSupervisors(aws, stream, 'lakehouse stream deploy: starts what was deployed last');
  }
  const swap = { run: await untriedRun(stream, newest), before: newest };
  await stream.start(swap.run, { replaces: swap.before && runOf(swap.before, dataset) });
  return arrived(aws, stream, { swap, timeoutMs, report });
}

/** A run and the step whose place it takes. */
interface Swap {
  readonly run: string;
  readonly before: Step | undefined;
}

/** The run of a swap: one that was tried and has ended, as a version that did not come up, leaves the next one another name. */
async function untriedRun(stream: LiveStream, before?: Step): Promise<string> {
  const run = runName(stream.deployed.version, before);
  const tried = (await stream.executions()).filter(({ name }) => name === run || name.startsWith(`${run}-`));
  const ended = tried.filter(({ runs }) => !runs).length;
  return ended === 0 ? run : `${run}-${ended + 1}`;
}

/** The same for the same swap: who starts it twice starts it once. */
function runName(version: string, before?: Step): string {
  const second = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `deploy-${version}-${before === undefined ? second : before.id}`;
}

/**
 * Has a run looked after: its supervisor may have been stopped, or have failed because EMR refused its calls.
 *
 * @returns whether nobody did before
 */
async function lookAfter(stream: LiveStream, run: string): Promise<boolean> {
  if ((await stream.supervisors()).length > 0) {
    return false;
  }
  await stream.start(run, { name: runName(stream.deployed.version) });
  return true;
}

/** Waits until a run has read and the one before it has ended. */
async function arrived(
  aws: Aws,
  stream: LiveStream,
  { swap, timeoutMs, report }: { readonly swap: Swap; readonly timeoutMs: number; readonly report: Report },
): Promise<Swapped> {
  const { dataset, version } = stream.deployed;
  const { run, before } = swap;
  const patience = new Patience(timeoutMs, (what) => {
    const remedy = 'run it again to go on waiting, or see why with lakehouse stream status';
    return new LakehouseError(problem({ path: `stream ${dataset}`, must: 'deployed in that time', got: what, remedy }));
  });
  const began = Date.now();
  let up: Said | undefined;
  await patience.until('not up yet', async () => {
    const step = await stepOfRun(aws, stream, swap);
    report(step === undefined ? 'starting' : `${step.id} ${step.state.toLowerCase()}`);
    if (before !== undefined && Date.now() - began > WARM_UP_MS && (await lacksRoom(aws, stream, { run, step }))) {
      // without room for both the new run cannot ask
      await stream.ask(runOf(before, dataset), run);
    }
    up = await stream.said(run, 'up');
    return up !== undefined;
  });
  await patience.until('up, beside the version before', async () => {
    return !(await stream.activeSteps()).some(({ id }) => id === before?.id);
  });
  const step = (await stream.activeSteps()).find((one) => one.run === run);
  const done = before === undefined ? undefined : await stream.said(runOf(before, dataset), 'done');
  return {
    outcome: before === undefined ? 'started' : 'swapped',
    version,
    step: step?.id ?? '',
    ...(up === undefined || up.records === 0 ? {} : { batch: up.batch }),
    ...gapOf(done, up),
  };
}

/**
 * Whether a run cannot come up beside the one before it: no step of it may begin, or could be added, or its application has not
 * got a container. One that has is only slow.
 */
async function lacksRoom(
  aws: Aws,
  stream: LiveStream,
  { run, step }: { readonly run: string; readonly step: Step | undefined },
): Promise<boolean> {
  if (step === undefined) {
    return (await stream.supervisors()).some(({ name }) => name === run);
  }
  const since = (step.since?.getTime() ?? Date.now()) + WARM_UP_MS;
  if (step.state === 'PENDING' || since >= Date.now()) {
    return step.state === 'PENDING';
  }
  // YARN counts an application as pending until it has a container, as every one is for a moment
  const applications = {
    namespace: 'AWS/ElasticMapReduce',
    names: { pending: 'AppsPending' },
    dimensions: { JobFlowId: stream.deployed.cluster },
  };
  const { pending = 0 } = await newestValues(aws, applications, since);
  return pending > 0;
}

/** The step of a run, once there is one; one that ended ends the wait, and what looks after it. */
async function stepOfRun(aws: Aws, stream: LiveStream, { run, before }: Swap): Promise<Step | undefined> {
  const { dataset } = stream.deployed;
  const step = (await stream.steps()).find((one) => one.run === run);
  if (step === undefined || ['PENDING', 'RUNNING'].includes(step.state)) {
    return step;
  }
  const startedAgain = 'its supervisor starts it again a few times; mend what it says';
  if (before === undefined || (await isEnding(stream, before))) {
    throw failureOf(step, dataset, startedAgain);
  }
  const own = (await stream.supervisors()).find(({ name }) => name === run);
  if (own !== undefined) {
    // else it would look after the step of the old version
    const command = new StopExecutionCommand({ executionArn: own.arn, cause: 'the new version did not come up' });
    await aws.call({ action: 'states:StopExecution', resource: own.arn }, () => aws.sfn.send(command));
  }
  throw failureOf(step, dataset, 'the version before runs on; mend what it says');
}

/** Whether a step has ended, or was asked to. */
async function isEnding(stream: LiveStream, step: Step): Promise<boolean> {
  const runs = (await stream.activeSteps()).some(({ id }) => id === step.id);
  return !runs || (await stream.said(runOf(step, stream.deployed.dataset), 'asked')) !== undefined;
}

function gapOf(done: Said | undefined, up: Said | undefined): { gapSeconds?: number } {
  return done?.overAt === undefined || up?.overAt === undefined || up.records === 0
    ? {}
    : { gapSeconds: (up.overAt - done.overAt) / 1000 };
}
