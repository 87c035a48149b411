import { eachResource, type Rule } from '../rule';
import { dig, listOf, numberOf } from '../values';

const HOUR = 3600;
const DAY = 24 * HOUR;

/** CloudWatch refuses the alarm. */
export const alarmWindow: Rule = {
  id: 'alarm-window',
  severity: 'error',
  wrong: 'An alarm looks back over more than a day, or over more than seven days with periods of an hour or longer.',
  remedy: 'Take fewer or shorter evaluation periods.',
  source: 'https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html',
  places: eachResource(['AWS::CloudWatch::Alarm'], ({ properties }) => {
    const periods = listOf(properties.Metrics).map((metric) => dig(metric, 'MetricStat', 'Period'));
    const longest = Math.max(...[properties.Period, ...periods].map((period) => numberOf(period) ?? 0));
    const window = longest * (numberOf(properties.EvaluationPeriods) ?? 1);
    return window > (longest >= HOUR ? 7 * DAY : DAY) ? ['EvaluationPeriods'] : [];
  }),
};
