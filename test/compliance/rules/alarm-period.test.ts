import { alarmPeriod } from '../../../lib/compliance/rules/alarm-period';
import { type Fixture, describeRule, resources } from './fixtures';

const alarm = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } });

describeRule(alarmPeriod, {
  compliant: {
    'ten seconds': alarm({ Period: 10 }),
    'five minutes': alarm({ Period: '300' }),
    'an expression': alarm({ Metrics: [{ Expression: 'a + b' }, { MetricStat: { Period: 60 } }] }),
  },
  nonCompliant: {
    'seven seconds': [alarm({ Period: 7 }), 'Alarm Properties.Period'],
    'ninety seconds in an expression': [
      alarm({ Metrics: [{ Expression: 'a', Period: 90 }, { MetricStat: { Period: 90 } }] }),
      'Alarm Properties.Metrics.0.Period',
      'Alarm Properties.Metrics.1.MetricStat.Period',
    ],
  },
});
