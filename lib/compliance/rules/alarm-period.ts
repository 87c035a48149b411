import { eachResource, type Rule } from '../rule';
import { dig, listOf, numberOf } from '../values';

/** CloudWatch refuses other periods. */
function isPeriod(seconds: number): boolean {
  return [10, 20, 30].includes(seconds) || (seconds > 0 && seconds % 60 === 0);
}

/** CloudWatch refuses the alarm. */
export const alarmPeriod: Rule = {
  id: 'alarm-period',
  severity: 'error',
  wrong: 'The period of an alarm is not 10, 20, 30 or a multiple of 60 seconds.',
  remedy: 'Take the nearest multiple of 60 seconds.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html',
  places: eachResource(['AWS::CloudWatch::Alarm'], ({ properties }) => {
    const metrics = listOf(properties.Metrics).flatMap((metric, index) => [
      [`Metrics.${index}.Period`, dig(metric, 'Period')] as const,
      [`Metrics.${index}.MetricStat.Period`, dig(metric, 'MetricStat', 'Period')] as const,
    ]);
    return [['Period', properties.Period] as const, ...metrics]
      .filter(([, period]) => !isPeriod(numberOf(period) ?? 60))
      .map(([path]) => path);
  }),
};
