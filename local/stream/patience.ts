import { setTimeout as delay } from 'node:timers/promises';
import { throwIfInterrupted } from '../interrupt';

/** How often somebody looks: EMR lets an account look a few times a second. */
const LOOK_MS = 1000;

/** Waits for one thing after the other, all of them together no longer than it may take. */
export class Patience {
  private readonly deadline: number;

  /**
   * @param timeoutMs how long all of it may take
   * @param failure what is thrown then, told what was still so
   * @param lookMs how often somebody looks
   */
  constructor(
    timeoutMs: number,
    private readonly failure: (what: string) => Error,
    private readonly lookMs = LOOK_MS,
  ) {
    this.deadline = Date.now() + timeoutMs;
  }

  /**
   * Waits until something holds.
   *
   * @param what how it is until then, in one word or a few
   */
  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    while (!(await holds())) {
      throwIfInterrupted();
      if (Date.now() >= this.deadline) {
        throw this.failure(what);
      }
      await delay(this.lookMs);
    }
  }
}
