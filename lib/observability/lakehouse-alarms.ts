import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import { Annotations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { type IAlertTopics, Severity } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { AlarmPlaces } from './alarm-places';
import { alarmProblems } from './alarm-problems';
import { Composites, type Gathered } from './composites';
import { problemsOf } from './known-metrics';
import type { Watch } from './watch';
import type { WatchAlarm } from './watch-parts';

/** Properties of LakehouseAlarms. */
export interface LakehouseAlarmsProps {
  /** Where alarms go; an alarm that tells nobody is refused. */
  readonly topics: IAlertTopics;

  /** What is watched. */
  readonly watch: Watch[];

  /**
   * Where the runbooks are; an alarm's description ends with this address and the section.
   *
   * @default 'docs/operations/runbook.md'
   */
  readonly runbook?: string;
}

/**
 * The alarms of a lakehouse. Each has a severity that picks its topic, a choice for missing data with the reason, and a
 * description that says what it means, what to do first and where its runbook is. What is over goes to the info topic.
 *
 * Against storms, alarms of a group send one message through a composite alarm, and groups that only follow from something
 * which is down are silent while that has an alarm of its own. A group of more than 100 alarms is in nested stacks.
 *
 * Fails, with all problems at once, when two watches bring one id or CloudWatch would not take an alarm.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html
 */
export class LakehouseAlarms extends Construct {
  /** The alarms on metrics by id. */
  public readonly alarms: { [id: string]: cloudwatch.Alarm } = {};

  /** The composite alarms by id. */
  public readonly composites: { [id: string]: cloudwatch.IAlarm };

  private readonly topics: IAlertTopics;
  private readonly runbook: string;
  private readonly told = new Map<cloudwatch.CfnAlarm, string>();

  constructor(scope: Construct, id: string, props: LakehouseAlarmsProps) {
    super(scope, id);
    const defined = props.watch.flatMap((watch) => watch.bind(this).alarms);
    failAll(`alarms '${this.node.path}'`, [...topicProblems(props), ...alarmProblems(defined)].map(problem));
    this.topics = props.topics;
    this.runbook = props.runbook ?? 'docs/operations/runbook.md';
    const places = new AlarmPlaces(this, defined);
    const gathered = defined.map((definition): Gathered => ({
      definition,
      alarm: this.define(definition, places.next(definition)),
    }));
    this.composites = new Composites(this, { topics: this.topics, describe: this.describe.bind(this) }).gather(
      gathered,
    );
    this.node.addValidation({ validate: () => [...this.told].flatMap(([alarm, name]) => silence(alarm, name)) });
  }

  /** All alarms, those that gather others first; of a group that is in stacks of its own, only those that gather it. */
  public all(): cloudwatch.IAlarm[] {
    const beside = Object.values(this.alarms).filter(({ node }) => node.scope === this);
    return [...Object.values(this.composites), ...beside];
  }

  private define(definition: WatchAlarm, scope: Construct): cloudwatch.Alarm {
    const alarm = new cloudwatch.Alarm(scope, definition.id, {
      metric: definition.metric,
      threshold: definition.threshold,
      comparisonOperator: definition.comparisonOperator ?? cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: definition.evaluationPeriods ?? 1,
      treatMissingData: definition.missingData.treatment,
      alarmDescription: this.describe(definition, ` No data means: ${definition.missingData.because}.`),
    });
    for (const unknown of problemsOf(definition.metric)) {
      Annotations.of(alarm).addWarningV2('cdk-lakehouse:UnknownMetric', problem(unknown));
    }
    if (definition.group === undefined) {
      alarm.addAlarmAction(new actions.SnsAction(this.topics.topic(definition.severity)));
      alarm.addOkAction(new actions.SnsAction(this.topics.topic(Severity.INFO)));
      const { defaultChild } = alarm.node;
      if (defaultChild instanceof cloudwatch.CfnAlarm) {
        this.told.set(defaultChild, definition.id);
      }
    }
    this.alarms[definition.id] = alarm;
    return alarm;
  }

  private describe(
    { severity, meaning, firstStep, section }: Pick<WatchAlarm, 'severity' | 'meaning' | 'firstStep' | 'section'>,
    more = '',
  ): string {
    return `${severity}: ${meaning}. First: ${firstStep}.${more} Runbook: ${this.runbook}#${section}`;
  }
}

/** Python and JavaScript let it be left out. */
function topicProblems({ topics }: { readonly topics?: IAlertTopics }): Problem[] {
  const remedy = 'an alarm without a topic tells nobody; pass an AlertTopics';
  return topics === undefined ? [{ path: 'topics', must: 'where alarms go', got: topics, remedy }] : [];
}

/** An escape hatch or an aspect can take an alarm its voice. */
function silence(alarm: cloudwatch.CfnAlarm, id: string): string[] {
  const tells = alarm.actionsEnabled !== false && (alarm.alarmActions ?? []).length > 0;
  const remedy = 'an alarm without a topic tells nobody; leave its actions as they are, or do not watch it';
  return tells ? [] : [problem({ path: `${id}.alarmActions`, must: 'a topic', got: alarm.alarmActions, remedy })];
}
