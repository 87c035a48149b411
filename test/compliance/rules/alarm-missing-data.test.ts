import { alarmMissingData } from '../../../lib/compliance/rules/alarm-missing-data';
import { type Fixture, describeRule, resources } from './fixtures';

const alarm = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Alarm: { Type: 'AWS::CloudWatch::Alarm', Properties } });

describeRule(alarmMissingData, {
  compliant: { 'a choice': alarm({ TreatMissingData: 'notBreaching' }) },
  nonCompliant: { 'no choice': [alarm({}), 'Alarm Properties.TreatMissingData'] },
});
