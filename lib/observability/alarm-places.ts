import type { NestedStack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { RememberingNestedStack } from '../foundation';
import type { WatchAlarm } from './watch-parts';

/** How many alarms of a group are beside all others; more of them go into nested stacks. */
const MOST_BESIDE = 100;

/** How many are in one nested stack, which leaves room for the composite alarms that speak for them. */
const MOST_NESTED = 350;

/** The id of the composite alarm that speaks for an alarm; undefined when it speaks for itself. */
export function voiceOf({ group, severity }: WatchAlarm): string | undefined {
  return group && `${group.id}${severity.charAt(0).toUpperCase()}${severity.slice(1)}`;
}

/**
 * Where alarms are defined: beside all others, or in nested stacks where their group has more than a stack of CloudFormation
 * takes beside everything else. An alarm remembers nothing, so it does no harm when one moves.
 */
export class AlarmPlaces {
  private readonly all = new Map<string, number>();
  private readonly placed = new Map<string, number>();
  private readonly stacks = new Map<string, NestedStack>();

  constructor(
    private readonly scope: Construct,
    alarms: WatchAlarm[],
  ) {
    for (const alarm of alarms) {
      const voice = voiceOf(alarm) ?? '';
      this.all.set(voice, (this.all.get(voice) ?? 0) + 1);
    }
  }

  /** The scope of the next alarm. */
  public next(alarm: WatchAlarm): Construct {
    const voice = voiceOf(alarm);
    if (voice === undefined || (this.all.get(voice) ?? 0) <= MOST_BESIDE) {
      return this.scope;
    }
    const before = this.placed.get(voice) ?? 0;
    this.placed.set(voice, before + 1);
    const id = `${voice}Part${Math.floor(before / MOST_NESTED) + 1}`;
    const stack =
      this.stacks.get(id) ?? new RememberingNestedStack(this.scope, id, { description: `Alarms of ${voice}` });
    this.stacks.set(id, stack);
    return stack;
  }
}
