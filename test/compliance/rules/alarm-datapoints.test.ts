import { alarmDatapoints } from '../../../lib/compliance/rules/alarm-datapoints';
import { type Fixture, describeRule, resources } from './fixtures';

const alarm = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } });

describeRule(alarmDatapoints, {
  compliant: {
    'three of three': alarm({ DatapointsToAlarm: 3, EvaluationPeriods: 3 }),
    'no number': alarm({ EvaluationPeriods: 1 }),
  },
  nonCompliant: {
    'three of one': [alarm({ DatapointsToAlarm: 3, EvaluationPeriods: 1 }), 'Alarm Properties.DatapointsToAlarm'],
  },
});
