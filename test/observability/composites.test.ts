import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, NestedStack, type Stack } from 'aws-cdk-lib/core';
import { MissingData, type WatchAlarm } from '../../lib/observability';
import { resourcesIn } from '../support/stacks';
import { OwnWatch, QUEUE_ALARM } from './own-watch';
import { type AlarmProperties, Watched } from './watched';

interface Composite {
  readonly AlarmRule: unknown;
  readonly AlarmDescription: string;
  readonly AlarmActions?: unknown[];
  readonly OKActions?: unknown[];
  readonly ActionsSuppressor?: unknown;
}

/** An alarm's id from its logical id. */
const idOf = (logicalId: string): string => logicalId.replace(/^Alarms(.*)[0-9A-F]{8}$/, '$1');

function composites(stack: Stack): { [id: string]: Composite } {
  const found = resourcesIn<Composite>(stack, 'AWS::CloudWatch::CompositeAlarm');
  return Object.fromEntries(Object.entries(found).map(([id, { Properties }]) => [idOf(id), Properties]));
}

/** The logical ids of the alarms in a rule. */
function childrenOf(rule: unknown): string[] {
  return [...JSON.stringify(rule).matchAll(/"Ref":"(\w+)"/g)].map(([, id = '']) => id);
}

function ofEverything(): { watched: Watched; found: { [id: string]: Composite } } {
  const watched = new Watched();
  watched.alarms(Object.values(watched.all()));
  return { watched, found: composites(watched.stack) };
}

/** Alarms of one group. */
function queues(count: number, end = ''): Partial<WatchAlarm>[] {
  const group = { id: 'Queues', meaning: 'queues are old', firstStep: 'see the consumers', section: 'queues' };
  return Array.from({ length: count }, (_, index) => ({ id: `Queue${index}Old${end}`, group }));
}

describe('Composite alarms', () => {
  test('are few, and refer to alarms that exist', () => {
    const { watched, found } = ofEverything();
    expect(Object.keys(found)).toEqual([
      'PlatformDown',
      'KafkaUnderReplicatedWarning',
      'KafkaUnderMinIsrCritical',
      'StaleTablesWarning',
      'StaleStreamsWarning',
      'RejectedRowsWarning',
      'LowQualityWarning',
    ]);
    const alarms = Object.keys(resourcesIn(watched.stack, 'AWS::CloudWatch::Alarm'));
    for (const [id, { AlarmRule }] of Object.entries(found)) {
      const children = childrenOf(AlarmRule);
      // of the contracts here one comes from a topic
      expect([id, children.length > 1]).toEqual([id, id !== 'StaleStreamsWarning']);
      expect(alarms).toEqual(expect.arrayContaining(children));
      expect(AlarmRule).toEqual({
        'Fn::Join': [
          '',
          children.flatMap((Ref, index) => [`${index === 0 ? '' : '") OR '}ALARM("`, { Ref }]).concat('")'),
        ],
      });
    }
  });

  test('hold every alarm that tells nobody by itself', () => {
    const watched = new Watched();
    const watch = Object.values(watched.all());
    watched.alarms(watch);
    const telling = Object.values(composites(watched.stack)).filter(({ AlarmActions }) => AlarmActions !== undefined);
    const held = telling.flatMap(({ AlarmRule }) => childrenOf(AlarmRule).map(idOf));
    const grouped = watched.asked(...watch).filter(({ group }) => group !== undefined);
    expect(grouped.length).toBeGreaterThan(10);
    expect(held.toSorted()).toEqual(grouped.map(({ id }) => id).toSorted());
  });

  test('tell the topic of their severity', () => {
    const { watched, found } = ofEverything();
    const { PlatformDown, ...telling } = found;
    for (const [id, { AlarmActions, OKActions, AlarmDescription }] of Object.entries(telling)) {
      const severity = /(Critical|Warning)$/.exec(id)?.[1]?.toLowerCase() ?? '';
      expect([id, AlarmActions, OKActions]).toEqual([id, [watched.arn(severity)], [watched.arn('info')]]);
      expect(AlarmDescription).toMatch(new RegExp(`^${severity}: .*First: .*runbook\\.md#[a-z-]+$`));
    }
    expect(PlatformDown).not.toHaveProperty('AlarmActions');
  });

  test('keep stale tables silent while what makes them stale has an alarm of its own', () => {
    const { found } = ofEverything();
    expect(childrenOf(found.PlatformDown?.AlarmRule).map(idOf)).toEqual([
      'BatchClusterGone',
      'NightlyFlowFailed',
      'NightlyFlowTimedOut',
      'AirflowSchedulerGone',
      'IngestRunsFailedLately',
    ]);
    expect(found.StaleTablesWarning).toMatchObject({
      ActionsSuppressor: { 'Fn::GetAtt': [expect.stringMatching(/^AlarmsPlatformDown/), 'Arn'] },
      ActionsSuppressorWaitPeriod: 300,
      ActionsSuppressorExtensionPeriod: 3600,
    });
    expect(found.RejectedRowsWarning).not.toHaveProperty('ActionsSuppressor');
  });

  test('keep stale tables silent for three hours after a failed run, and not for ever when no run follows', () => {
    const { watched } = ofEverything();
    const found = resourcesIn<AlarmProperties & { readonly DatapointsToAlarm?: number }>(watched.stack);
    const alarmOf = (id: string) => Object.entries(found).find(([logicalId]) => idOf(logicalId) === id)?.[1].Properties;
    const failed = alarmOf('IngestRunsFailed');
    const lately = alarmOf('IngestRunsFailedLately');
    expect(failed).toMatchObject({ EvaluationPeriods: 1, TreatMissingData: 'ignore' });
    expect(lately).toEqual({
      ...failed,
      EvaluationPeriods: 36,
      DatapointsToAlarm: 1,
      TreatMissingData: 'notBreaching',
      AlarmDescription: 'IngestRunsFailed was on within 3 hours, which explains stale tables; it tells nobody itself',
      AlarmActions: undefined,
      OKActions: undefined,
    });
    expect((lately?.Period ?? 0) * (lately?.EvaluationPeriods ?? 0)).toBe(3 * 3600);
  });

  test('hold nobody silent by an alarm that stays on without data, whatever it measures', () => {
    const watched = new Watched();
    const missingData = MissingData.unchanged('the last one decides');
    const own = { cause: true, missingData, evaluationPeriods: 2, threshold: 1 };
    const comparisonOperator = cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD;
    const metric = QUEUE_ALARM.metric.with({ period: Duration.hours(2) });
    watched.alarms([new OwnWatch([{ ...own, metric, comparisonOperator }]), watched.tables()]);
    const [suppressor = ''] = childrenOf(composites(watched.stack).PlatformDown?.AlarmRule);
    expect(idOf(suppressor)).toBe('QueueOldLately');
    expect(resourcesIn(watched.stack, 'AWS::CloudWatch::Alarm')[suppressor]?.Properties).toMatchObject({
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      Period: 7200,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 2,
      TreatMissingData: 'notBreaching',
    });
  });

  test('let no failure in batch keep a stale stream silent', () => {
    const { found } = ofEverything();
    expect(childrenOf(found.StaleStreamsWarning?.AlarmRule).map(idOf)).toEqual(['FlightEventsStale']);
    expect(found.StaleStreamsWarning).not.toHaveProperty('ActionsSuppressor');
    expect(found.StaleStreamsWarning?.AlarmDescription).toContain('runbook.md#stale-streams');
    expect(childrenOf(found.StaleTablesWarning?.AlarmRule).map(idOf)).not.toContain('FlightEventsStale');
  });

  test('have nobody who keeps them silent when nothing can be down, or nothing is to be kept silent', () => {
    const tables = new Watched();
    tables.alarms([tables.tables()]);
    expect(Object.keys(composites(tables.stack))).toEqual([
      'StaleTablesWarning',
      'StaleStreamsWarning',
      'RejectedRowsWarning',
    ]);
    expect(composites(tables.stack).StaleTablesWarning).not.toHaveProperty('ActionsSuppressor');
    const cluster = new Watched();
    cluster.alarms([cluster.batchCluster()]);
    expect(composites(cluster.stack)).toEqual({});
  });

  test('are split where a rule would be too long', () => {
    const short = new Watched();
    short.alarms([new OwnWatch(queues(100))]);
    const [whole, ...more] = Object.values(composites(short.stack));
    expect(childrenOf(whole?.AlarmRule)).toHaveLength(100);
    expect(more).toEqual([]);

    const long = new Watched();
    long.alarms([new OwnWatch(queues(100, 'x'.repeat(190)))]);
    const parts = Object.values(composites(long.stack)).map(({ AlarmRule }) => childrenOf(AlarmRule));
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.flat()).toHaveLength(100);
    for (const part of parts) {
      // CloudFormation names an alarm by stack, logical id and 12 characters, 255 in all
      const names = part.map((id) => `Test-${id}-123456789012`.slice(0, 255));
      expect(names.map((name) => `ALARM("${name}")`).join(' OR ').length).toBeLessThanOrEqual(10_240);
    }
  });

  test('are in the nested stacks of a group of more than 100 alarms, and speak for all of them', () => {
    const watched = new Watched();
    const alarms = watched.alarms([new OwnWatch(queues(400)), watched.batchCluster()]);
    const stacks = watched.stack.node.findAll().filter((each) => each instanceof NestedStack);
    const each = stacks.map((stack) => ({
      alarms: Object.keys(resourcesIn(stack, 'AWS::CloudWatch::Alarm')),
      rules: Object.values(resourcesIn<Composite>(stack, 'AWS::CloudWatch::CompositeAlarm')),
    }));
    expect(each.map(({ alarms: { length } }) => length)).toEqual([350, 50]);
    for (const { alarms: inStack, rules } of each) {
      expect(rules.flatMap(({ Properties }) => childrenOf(Properties.AlarmRule)).toSorted()).toEqual(
        inStack.toSorted(),
      );
      // as long as names of stacks and alarms can be
      expect(Math.max(...rules.map(({ Properties }) => childrenOf(Properties.AlarmRule).length))).toBeLessThan(80);
    }
    const shown = alarms.all().map(({ node }) => node.id);
    expect(shown).toContain('BatchClusterGone');
    expect(shown).not.toContain('Queue0Old');
    expect(shown.filter((id) => id.startsWith('QueuesWarning'))).toHaveLength(
      each.flatMap(({ rules }) => rules).length,
    );
  });

  test('fail when more causes are marked than one rule holds', () => {
    const watched = new Watched();
    const many = Array.from({ length: 101 }, (_, index) => ({ id: `Queue${index}Old`, cause: true }));
    expect(() => watched.alarms([new OwnWatch(many), watched.tables()])).toThrow(
      "'cause' must be alarms that fit into one composite alarm, got 101; mark fewer alarms as a cause",
    );
  });
});
