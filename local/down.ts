import { COMMAND } from '../lib/private/command';
import { LakehouseError } from '../lib/private/errors';
import type { RunPaths } from './paths';
import { endProcesses, isSame, readState, type RunState } from './run-state';
import { stopGroup, until } from './services/groups';
import { rmSync } from 'node:fs';

/** How long a run may take to end itself, in milliseconds. */
const OWNER_GRACE_MS = 60_000;

/** Stops what runs in this folder; its summary and logs stay. Acts on this machine only. */
export async function down(paths: RunPaths): Promise<string> {
  const state = readState(paths);
  if (state === undefined) {
    return 'nothing runs in this folder';
  }
  if (state.phase === 'running' && isSame(state.owner)) {
    process.kill(state.owner.pid, 'SIGTERM');
    if (!(await until(() => !isSame(state.owner), OWNER_GRACE_MS))) {
      await stopGroup(state.owner.pid);
    }
  }
  await endProcesses(state);
  const left = state.services.filter(isSame);
  if (left.length > 0) {
    throw new LakehouseError(
      `still running: ${left.map((service) => `${service.name} ${service.pid}`).join(', ')}; end them by hand`,
    );
  }
  rmSync(paths.state, { force: true });
  return `stopped ${state.services.map((service) => service.name).join(' and ') || 'the run'}`;
}

/** What runs in this folder, line by line. */
export function status(paths: RunPaths): { readonly up: boolean; readonly lines: string[] } {
  const state = readState(paths);
  if (state === undefined) {
    return { up: false, lines: [`nothing runs in this folder; '${COMMAND} up --keep' starts it and leaves it up`] };
  }
  const services = state.services.map(
    (service) => `${service.name.padEnd(10)} ${isSame(service) ? 'up  ' : 'gone'}  process ${service.pid}`,
  );
  const up = state.services.length > 0 && state.services.every(isSame);
  return { up, lines: [headline(state), ...services, ...facts(state), ...hints(state, paths)] };
}

function headline(state: RunState): string {
  const phase =
    state.phase === 'kept'
      ? 'left up'
      : isSame(state.owner)
        ? `under way as process ${state.owner.pid}`
        : 'ended without cleaning up';
  return `${state.environment}: ${phase}, started ${state.startedAt}`;
}

function facts(state: RunState): string[] {
  return Object.entries(state.facts).map(([name, value]) => `${name.padEnd(10)} ${value}`);
}

function hints(state: RunState, paths: RunPaths): string[] {
  const { endpoint, region } = state.facts;
  if (endpoint === undefined || region === undefined) {
    return [`logs       ${paths.logs}`];
  }
  return [
    `logs       ${paths.logs}`,
    `page       ${paths.summaryPage}`,
    '',
    'to talk to it with any AWS tool:',
    `  export AWS_ENDPOINT_URL=${endpoint} AWS_REGION=${region} AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test`,
  ];
}
