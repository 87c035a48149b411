import * as fs from 'node:fs';
import * as path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Aspects, Duration } from 'aws-cdk-lib/core';
import { LakehouseAlarms, Watch } from '../../lib/observability';
import { resourcesIn, warningsOf } from '../support/stacks';
import { OwnWatch, QUEUE_ALARM } from './own-watch';
import { Watched } from './watched';

const RUNBOOK = path.resolve(__dirname, '..', '..', 'docs', 'operations', 'runbook.md');

describe('LakehouseAlarms', () => {
  test('tell the topic of their severity, or a composite alarm does, and the info topic when it is over', () => {
    const watched = new Watched();
    const watch = Object.values(watched.all());
    const { alarms } = watched.alarms(watch);
    const asked = watched.asked(...watch);
    expect(Object.keys(alarms)).toEqual(asked.map(({ id }) => id));
    for (const { id, severity, group } of asked) {
      const { AlarmActions, OKActions } = watched.template(alarms[id]);
      const direct = [id, [watched.arn(severity)], [watched.arn('info')]];
      expect([id, AlarmActions, OKActions]).toEqual(group === undefined ? direct : [id, undefined, undefined]);
    }
  });

  test('say how urgent they are, what they mean, what to do first, what no data means and where the runbook is', () => {
    const watched = new Watched();
    const { alarms } = watched.alarms(Object.values(watched.all()));
    for (const alarm of Object.values(alarms)) {
      expect(watched.template(alarm).AlarmDescription).toMatch(
        /^(critical|warning): .{20,}\. First: .{10,}\. No data means: .{10,}\. Runbook: docs\/operations\/runbook\.md#[a-z0-9-]+$/,
      );
    }
  });

  test('point to another runbook when told so', () => {
    const watched = new Watched();
    const { alarms } = watched.alarms([Watch.pipeline('ingest', watched.metrics)], 'https://example.com/runbook');
    expect(watched.template(alarms.IngestRunsFailed).AlarmDescription).toMatch(
      /https:\/\/example\.com\/runbook#run-failed$/,
    );
  });

  test('point to sections that the runbook has, which has no other but the one of the budget', () => {
    const watched = new Watched();
    watched.alarms(Object.values(watched.all()));
    const template = JSON.stringify(Template.fromStack(watched.stack).toJSON());
    const named = new Set([...template.matchAll(/runbook\.md#([a-z0-9-]+)/g)].map(([, section = '']) => section));
    const text = fs.readFileSync(RUNBOOK, 'utf8');
    const sections = [...text.matchAll(/^## (.+)$/gm)].map(([, section = '']) => section);
    expect(new Set([...named, 'budget-passed'])).toEqual(new Set(sections));
  });

  test('keep the ids they have always had', () => {
    const watched = new Watched();
    const { alarms } = watched.alarms([watched.batchCluster(), Watch.pipeline('late-data', watched.metrics)]);
    expect(Object.keys(alarms)).toEqual([
      'BatchAppsFailed',
      'BatchUnhealthyNodes',
      'BatchHdfsFull',
      'BatchMissingBlocks',
      'BatchClusterGone',
      'LateDataRunsFailed',
    ]);
  });

  test('take a watch of your own', () => {
    const watched = new Watched();
    const { alarms } = watched.alarms([new OwnWatch([{}])]);
    expect(watched.template(alarms.QueueOld)).toMatchObject({
      Namespace: 'AWS/SQS',
      Threshold: 600,
      ComparisonOperator: 'GreaterThanThreshold',
      EvaluationPeriods: 1,
      TreatMissingData: 'notBreaching',
      AlarmActions: [watched.arn('warning')],
    });
    expect(warningsOf(watched.stack)).toEqual([]);
  });

  test('warn of a metric that AWS does not document under that name and dimensions', () => {
    const watched = new Watched();
    const metric = new cloudwatch.Metric({
      namespace: 'AWS/Kafka',
      metricName: 'CpuUsr',
      dimensionsMap: { 'Cluster Name': 'lake', 'Broker ID': '1' },
    });
    watched.alarms([new OwnWatch([{ metric }])]);
    expect(warningsOf(watched.stack)).toEqual([
      expect.stringContaining(
        "'metric' must be one of AWS/Kafka with the dimensions Broker ID, Cluster Name, got \"CpuUsr\"; did you mean 'CpuUser'?",
      ),
    ]);
  });

  test('are all known to who asks, composites first', () => {
    const watched = new Watched();
    const alarms = watched.alarms([watched.tables(), watched.batchCluster()]);
    expect(alarms.all()).toEqual([...Object.values(alarms.composites), ...Object.values(alarms.alarms)]);
    expect(Object.keys(alarms.composites)).toEqual([
      'PlatformDown',
      'StaleTablesWarning',
      'StaleStreamsWarning',
      'RejectedRowsWarning',
    ]);
  });

  test('watch nothing when there is nothing to watch', () => {
    const watched = new Watched();
    expect(watched.alarms([]).all()).toEqual([]);
    expect(resourcesIn(watched.stack, 'AWS::CloudWatch::Alarm')).toEqual({});
  });

  test('fail without topics', () => {
    const watched = new Watched();
    const props = JSON.parse('{"watch": []}');
    expect(() => new LakehouseAlarms(watched.stack, 'Alarms', props)).toThrow(
      "'topics' must be where alarms go, got nothing; an alarm without a topic tells nobody; pass an AlertTopics",
    );
  });

  test.each<[string, (alarm: cloudwatch.CfnAlarm) => void]>([
    ['actions are taken away', (alarm) => (alarm.alarmActions = undefined)],
    ['actions are emptied', (alarm) => (alarm.alarmActions = [])],
    ['actions are turned off', (alarm) => (alarm.actionsEnabled = false)],
  ])('fail synthesis when their %s', (_, silence) => {
    const watched = new Watched();
    watched.alarms([new OwnWatch([{}])]);
    Aspects.of(watched.stack).add({
      visit: (node) => {
        if (node instanceof cloudwatch.CfnAlarm) silence(node);
      },
    });
    expect(() => Template.fromStack(watched.stack)).toThrow(
      /'QueueOld\.alarmActions' must be a topic, got .*; an alarm without a topic tells nobody/,
    );
  });

  test('fail with all problems at once', () => {
    const bad = new OwnWatch([
      { id: 'queue old', section: 'Queue old' },
      { evaluationPeriods: 289 },
      { evaluationPeriods: 0 },
      { meaning: 'x'.repeat(800) },
    ]);
    const make = (): LakehouseAlarms => new Watched().alarms([bad]);
    for (const text of [
      '\'id\' must be letters and digits in PascalCase, got "queue old"',
      '\'queue old.section\' must be a section of the runbook, in lower case with hyphens, got "Queue old"',
      '\'QueueOld.evaluationPeriods\' must be periods that make at most 1 day together, got "86700 seconds"',
      "'QueueOld.evaluationPeriods' must be a whole number from 1 on, got 0",
      "'QueueOld' must be at most 700 characters in meaning, firstStep and missingData, got",
      '\'watch\' must be watches whose alarms have ids of their own, got "QueueOld"; give one of the two',
    ]) {
      expect(make).toThrow(text);
    }
  });

  test('look back seven days at most, with periods of an hour', () => {
    const watched = new Watched();
    const metric = QUEUE_ALARM.metric.with({ period: Duration.hours(1) });
    const week = new OwnWatch([{ metric, evaluationPeriods: 168 }]);
    expect(watched.template(watched.alarms([week]).alarms.QueueOld).EvaluationPeriods).toBe(168);
    const more = new OwnWatch([{ metric, evaluationPeriods: 169 }]);
    expect(() => new Watched().alarms([more])).toThrow(/at most 7 days together, got "608400 seconds"/);
  });
});
