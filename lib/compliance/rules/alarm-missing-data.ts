import { eachResource, type Rule } from '../rule';

/** The default leaves the state as it is known last, or unknown: a job that never ran again raises nothing. */
export const alarmMissingData: Rule = {
  id: 'alarm-missing-data',
  severity: 'warning',
  wrong: 'An alarm does not say what missing data means.',
  remedy: 'Set TreatMissingData: breaching for what must report, notBreaching for what reports only when it happens.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html',
  places: eachResource(['AWS::CloudWatch::Alarm'], ({ properties }) =>
    properties.TreatMissingData === undefined ? ['TreatMissingData'] : [],
  ),
};
