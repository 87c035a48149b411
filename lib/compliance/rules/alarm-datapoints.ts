import { eachResource, type Rule } from '../rule';
import { numberOf } from '../values';

/** CloudWatch refuses the alarm. */
export const alarmDatapoints: Rule = {
  id: 'alarm-datapoints',
  severity: 'error',
  wrong: 'An alarm needs more bad datapoints than it looks at, so it can never go off.',
  remedy: 'Set DatapointsToAlarm to EvaluationPeriods or less.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html',
  places: eachResource(['AWS::CloudWatch::Alarm'], ({ properties }) => {
    const datapoints = numberOf(properties.DatapointsToAlarm) ?? 0;
    return datapoints > (numberOf(properties.EvaluationPeriods) ?? datapoints) ? ['DatapointsToAlarm'] : [];
  }),
};
