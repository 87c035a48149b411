import { alarmWithoutAction } from '../../../lib/compliance/rules/alarm-without-action';
import { type Resource, attribute, describeRule, resources } from './fixtures';

const alarm = (Properties: { [name: string]: unknown } = {}): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties,
});
const composite = (AlarmRule: unknown, AlarmActions: string[] = ['arn:topic']): Resource => ({
  Type: 'AWS::CloudWatch::CompositeAlarm',
  Properties: { AlarmRule, AlarmActions },
});
const both = { 'Fn::Join': ['', ['ALARM("', attribute('One', 'Arn'), '") OR ALARM("two")']] };

describeRule(alarmWithoutAction, {
  compliant: {
    'an alarm with a topic': resources({ One: alarm({ AlarmActions: ['arn:topic'] }) }),
    'alarms that another watches': resources({
      One: alarm(),
      Two: alarm({ AlarmName: 'two' }),
      Both: composite(both),
    }),
  },
  nonCompliant: {
    'an alarm nobody hears': [resources({ One: alarm() }), 'One Properties.AlarmActions'],
    'an alarm that is turned off': [
      resources({ One: alarm({ AlarmActions: ['arn:topic'], ActionsEnabled: false }) }),
      'One Properties.ActionsEnabled',
    ],
    'a composite alarm nobody hears': [
      resources({ One: alarm(), Two: alarm({ AlarmName: 'two' }), Both: composite(both, []) }),
      'Both Properties.AlarmActions',
    ],
    'an alarm whose name begins like a watched one': [
      resources({ One: alarm({ AlarmName: 'tw' }), Both: composite('ALARM("two")') }),
      'One Properties.AlarmActions',
    ],
  },
});
