import type { Swapped } from './deploy';
import type { Drained } from './drain';
import type { RerunResult } from './rerun';
import type { StreamStatus } from './status';

/** A stream in a few lines. */
export function statusText(status: StreamStatus): string {
  const { dataset, state, deployed, runs, step, restarts, supervisors, batch, lag, lastFailure } = status;
  const version = runs === undefined || runs === deployed ? deployed : `${runs}, deployed is ${deployed}`;
  const told = [
    `${dataset}: ${state} (${version})`,
    ...(step === undefined
      ? []
      : [`  step ${step.id} ${step.state} for ${duration(step.seconds)}, started again ${restarts} times`]),
    batch === undefined
      ? '  no batch committed yet'
      : `  newest batch ${batch.number}, committed ${duration(batch.ageSeconds)} ago`,
    lag === undefined
      ? '  behind: the brokers say nothing of the group'
      : `  behind: ${lag.records ?? '?'} records, ${lag.worstPartition ?? '?'} of them in one partition, ${lag.seconds ?? '?'} s`,
    supervisors.length === 0
      ? '  nobody looks after it'
      : `  looked after by ${supervisors.map(({ name, seconds }) => `${name} for ${duration(seconds)}`).join(', ')}`,
    ...(lastFailure === undefined ? [] : [`  last failure: ${lastFailure}`]),
  ];
  return told.join('\n');
}

/** What a drain came to. */
export function drainedText(dataset: string, { step, batch, planned }: Drained): string {
  if (step === undefined) {
    return `✓ ${dataset} does not run, and nobody starts it again`;
  }
  const last = batch === undefined ? 'no batch was committed' : `batch ${batch} is the last one, committed whole`;
  const next =
    planned === undefined ? '' : `; batch ${planned} is planned and not begun, the next start begins with it`;
  return `✓ ${dataset} is drained: ${last}${next}`;
}

/** What a deployment came to. */
export function swappedText(dataset: string, { outcome, version, step, batch, gapSeconds }: Swapped): string {
  if (outcome === 'runs already') {
    return `✓ ${dataset} runs what was deployed last (${version}) already, as ${step}`;
  }
  if (outcome === 'looked after again') {
    return `✓ ${dataset} runs what was deployed last (${version}), as ${step}; nobody looked after it, now a supervisor does`;
  }
  const read = batch === undefined ? 'nothing is left to read' : `batch ${batch} is committed`;
  const gap = gapSeconds === undefined ? '' : `; gap between commits ${gapSeconds.toFixed(1)} s`;
  return `✓ ${dataset} runs ${version} as ${step}: ${read}${gap}`;
}

/** What a replay or a re-drive came to. */
export function rerunText(what: string, runId: string, { dryRun, ...counts }: RerunResult): string {
  const told = Object.entries(counts).map(([name, value]) => `${name} ${value}`);
  const dry = dryRun === true ? '; nothing was written, leave out --dry-run for that' : '';
  return `✓ ${what}: ${told.join(', ')}${dry} (run id ${runId}: the same again doubles nothing)`;
}

function duration(seconds: number): string {
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ];
  const found = units.find(([size]) => seconds >= size);
  return found === undefined ? `${seconds} s` : `${(seconds / found[0]).toFixed(1)} ${found[1]}`;
}
