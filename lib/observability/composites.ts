import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Stack, Token } from 'aws-cdk-lib/core';
import type { Construct, IConstruct } from 'constructs';
import { type IAlertTopics, Severity } from '../foundation';
import { fail } from '../private';
import { voiceOf } from './alarm-places';
import { periodOf } from './alarm-problems';
import { referTo } from './refer-to';
import type { WatchAlarm } from './watch-parts';

/** An alarm as it was asked for and as it is. */
export interface Gathered {
  readonly definition: WatchAlarm;
  readonly alarm: cloudwatch.Alarm;
}

/** What composite alarms need of those who ask for them. */
interface Voice {
  readonly topics: IAlertTopics;
  /** The description of an alarm. */
  readonly describe: (of: Pick<WatchAlarm, 'severity' | 'meaning' | 'firstStep' | 'section'>) => string;
}

/** @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutCompositeAlarm.html */
const MOST_CHILDREN = 100;
const LONGEST_RULE = 10_240;

/** The longest name of an alarm. */
const LONGEST_NAME = 255;

/** How long a group waits whether something that is down explains it. */
const WAIT = Duration.minutes(5);

/** How long it stays silent afterwards: alarms that look back more than a day are judged once an hour. */
const EXTENSION = Duration.hours(1);

/**
 * For how long an alarm explains that tables are stale which stays as it is while nothing is said: when runs stop after one
 * that failed, nobody else says so.
 */
const LATELY = Duration.hours(3);

/** What is down when the tables are stale; its parts have told it, so it tells nobody itself. */
const DOWN = 'PlatformDown';

/** The composite alarms: one for each group and severity, and one that keeps groups silent which only follow. */
export class Composites {
  private readonly made: { [id: string]: cloudwatch.IAlarm } = {};

  constructor(
    private readonly scope: Construct,
    private readonly voice: Voice,
  ) {}

  /** Makes them, by id. */
  public gather(gathered: Gathered[]): { [id: string]: cloudwatch.IAlarm } {
    const groups = new Map<string, Gathered[]>();
    for (const each of gathered) {
      const voice = voiceOf(each.definition);
      if (voice !== undefined) {
        const others = groups.get(voice) ?? [];
        others.push(each);
        groups.set(voice, others);
      }
    }
    const down = this.down(gathered);
    for (const [id, members] of groups) {
      const parts = split(members.map(({ alarm }) => alarm));
      parts.forEach((part, index) => this.speak(`${id}${index === 0 ? '' : index + 1}`, part, members, down));
    }
    return this.made;
  }

  /** What follows from nothing needs nobody who keeps it silent. */
  private down(gathered: Gathered[]): cloudwatch.CfnCompositeAlarm | undefined {
    const marked = gathered.filter(({ definition }) => definition.cause === true);
    const isNeeded = gathered.some(({ definition }) => definition.group?.silentWhenDown === true);
    if (marked.length === 0 || !isNeeded) {
      return undefined;
    }
    const causes = marked.map((each) => this.causeOf(each));
    if (split(causes).length > 1) {
      const remedy = 'mark fewer alarms as a cause';
      fail({ path: 'cause', must: 'alarms that fit into one composite alarm', got: causes.length, remedy }, this.scope);
    }
    return this.make(this.scope, DOWN, {
      alarmRule: ruleOf(causes),
      alarmDescription: `something is down that makes tables stale: one of ${causes.length}, which alarms of their own tell`,
    });
  }

  /** The alarm itself; one that no data leaves on gets another beside it, which goes off by itself. */
  private causeOf({ definition, alarm }: Gathered): cloudwatch.Alarm {
    const { id, metric, missingData, threshold, evaluationPeriods = 1 } = definition;
    if (missingData.treatment !== cloudwatch.TreatMissingData.IGNORE) {
      return alarm;
    }
    const seconds = LATELY.toSeconds();
    return new cloudwatch.Alarm(this.scope, `${id}Lately`, {
      metric,
      threshold,
      comparisonOperator: definition.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: Math.max(evaluationPeriods, Math.ceil(seconds / (periodOf(metric) ?? seconds))),
      datapointsToAlarm: evaluationPeriods,
      treatMissingData: cloudwatch.TreatMissingData.NOT_BREACHING,
      alarmDescription: `${id} was on within ${LATELY.toHumanString()}, which explains stale tables; it tells nobody itself`,
    });
  }

  private speak(
    id: string,
    part: cloudwatch.Alarm[],
    [first]: Gathered[],
    down: cloudwatch.CfnCompositeAlarm | undefined,
  ): void {
    const { group, severity } = first?.definition ?? {};
    const scope = part[0]?.node.scope;
    if (group === undefined || severity === undefined || scope === undefined) {
      return;
    }
    this.make(scope, id, {
      alarmRule: ruleOf(part),
      alarmDescription: this.voice.describe({ ...group, severity }),
      alarmActions: [this.voice.topics.topic(severity).topicArn],
      okActions: [this.voice.topics.topic(Severity.INFO).topicArn],
      ...(group.silentWhenDown === true && down !== undefined ? silencedBy(down) : {}),
    });
  }

  private make(scope: IConstruct, id: string, props: cloudwatch.CfnCompositeAlarmProps): cloudwatch.CfnCompositeAlarm {
    const alarm = new cloudwatch.CfnCompositeAlarm(scope, id, props);
    this.made[id] = cloudwatch.Alarm.fromAlarmArn(this.scope, `${id}Alarm`, alarm.attrArn);
    return alarm;
  }
}

function silencedBy(down: cloudwatch.CfnCompositeAlarm): Partial<cloudwatch.CfnCompositeAlarmProps> {
  return {
    actionsSuppressor: down.attrArn,
    actionsSuppressorWaitPeriod: WAIT.toSeconds(),
    actionsSuppressorExtensionPeriod: EXTENSION.toSeconds(),
  };
}

function ruleOf(alarms: cloudwatch.Alarm[]): string {
  return alarms.map((alarm) => `ALARM("${referTo(alarm).alarmRef.alarmName}")`).join(' OR ');
}

/** Parts that CloudWatch takes as one rule, by number and by length; a rule is in the stack of its alarms. */
function split(alarms: cloudwatch.Alarm[]): cloudwatch.Alarm[][] {
  const parts: cloudwatch.Alarm[][] = [];
  let length = 0;
  for (const alarm of alarms) {
    const added = 'ALARM("") OR '.length + nameLength(alarm);
    const last = parts.at(-1);
    const isFull = last?.length === MOST_CHILDREN || length + added > LONGEST_RULE;
    if (last === undefined || isFull || last[0]?.node.scope !== alarm.node.scope) {
      parts.push([alarm]);
      length = added;
    } else {
      last.push(alarm);
      length += added;
    }
  }
  return parts;
}

/** CloudFormation names an alarm by stack, logical id and 12 characters; a logical id is no longer than path and hash. */
function nameLength(alarm: cloudwatch.Alarm): number {
  const { stackName } = Stack.of(alarm);
  const stack = Token.isUnresolved(stackName) ? 128 : stackName.length;
  return Math.min(LONGEST_NAME, stack + alarm.node.path.length + 8 + 14);
}
