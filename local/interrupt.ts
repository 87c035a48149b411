import { setMaxListeners } from 'node:events';
import { stopLiveGroups } from './services/process';

const controller = new AbortController();
// every command that runs listens; there is no fixed number of them
setMaxListeners(0, controller.signal);

/** Aborted when the user or the system asks this process to end. */
export const interruption = controller.signal;

/** Thrown by work that stopped because of Ctrl-C or SIGTERM. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Throws when the process was asked to end. */
export function throwIfInterrupted(): void {
  if (interruption.aborted) {
    throw new Interrupted();
  }
}

/**
 * Runs the work and leaves no process behind, however it ends: the first Ctrl-C, SIGTERM or hang-up aborts it, later ones are
 * ignored while it cleans up.
 *
 * @returns the exit code: the work's own, 1 after an error, 128 + the signal's number after an interruption.
 */
export async function guarded(work: () => Promise<number>, onError: (error: unknown) => void): Promise<number> {
  let signalCode: number | undefined;
  const onSignal = (_signal: string, number: number): void => {
    signalCode ??= 128 + number;
    controller.abort(new Interrupted());
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  signals.forEach((signal) => process.on(signal, onSignal));
  // a reader that closed the pipe (`npm start | head`) is a reason to stop, not to crash without cleaning up
  process.stdout.on('error', () => controller.abort(new Interrupted()));
  try {
    const code = await work();
    return signalCode ?? code;
  } catch (error) {
    if (interruption.aborted) {
      console.error('interrupted; everything that was started is stopped');
    } else {
      onError(error);
    }
    return signalCode ?? 1;
  } finally {
    await stopLiveGroups();
    signals.forEach((signal) => process.off(signal, onSignal));
  }
}
