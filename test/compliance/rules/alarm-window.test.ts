import { alarmWindow } from '../../../lib/compliance/rules/alarm-window';
import { type Fixture, describeRule, resources } from './fixtures';

const alarm = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } });

describeRule(alarmWindow, {
  compliant: {
    'a day of minutes': alarm({ Period: 60, EvaluationPeriods: 1440 }),
    'seven days of hours': alarm({ Period: 3600, EvaluationPeriods: 168 }),
  },
  nonCompliant: {
    'more than a day of minutes': [
      alarm({ Period: 60, EvaluationPeriods: 1441 }),
      'Alarm Properties.EvaluationPeriods',
    ],
    'more than seven days in an expression': [
      alarm({ Metrics: [{ MetricStat: { Period: 86_400 } }], EvaluationPeriods: 8 }),
      'Alarm Properties.EvaluationPeriods',
    ],
  },
});
