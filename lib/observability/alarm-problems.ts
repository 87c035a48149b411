import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import type { WatchAlarm } from './watch-parts';

/** The most characters of a description, which holds the address of the runbook too. */
const LONGEST_TEXT = 700;

/** All that CloudWatch, or whoever is woken at night, would not take. */
export function alarmProblems(alarms: WatchAlarm[]): Problem[] {
  return [...doubles(alarms), ...alarms.flatMap((alarm) => [...textProblems(alarm), ...windowProblems(alarm)])];
}

function doubles(alarms: WatchAlarm[]): Problem[] {
  const ids = alarms.map(({ id }) => id);
  const twice = new Set(ids.filter((id, index) => ids.indexOf(id) < index));
  const remedy = 'give one of the two watches another name';
  return [...twice].map((got) => ({ path: 'watch', must: 'watches whose alarms have ids of their own', got, remedy }));
}

function textProblems({ id, meaning, firstStep, section, missingData }: WatchAlarm): Problem[] {
  const problems: Problem[] = [];
  if (!/^[A-Z][A-Za-z0-9]*$/.test(id)) {
    problems.push({ path: 'id', must: 'letters and digits in PascalCase', got: id, remedy: 'it names the alarm' });
  }
  if (!/^[a-z0-9-]+$/.test(section)) {
    const must = 'a section of the runbook, in lower case with hyphens';
    problems.push({ path: `${id}.section`, must, got: section, remedy: 'write the section and name its anchor' });
  }
  const length = meaning.length + firstStep.length + missingData.because.length;
  if (length > LONGEST_TEXT) {
    const must = `at most ${LONGEST_TEXT} characters in meaning, firstStep and missingData`;
    problems.push({ path: id, must, got: length, remedy: 'say the rest in the runbook' });
  }
  return problems;
}

/** CloudWatch looks back a day, and seven where periods are of an hour or more. */
function windowProblems({ id, metric, evaluationPeriods = 1 }: WatchAlarm): Problem[] {
  const period = periodOf(metric);
  if (Token.isUnresolved(evaluationPeriods) || period === undefined) {
    return [];
  }
  const longest = period < Duration.hours(1).toSeconds() ? Duration.days(1) : Duration.days(7);
  const seconds = period * evaluationPeriods;
  const problems: Problem[] = [];
  if (!Number.isInteger(evaluationPeriods) || evaluationPeriods < 1) {
    const must = 'a whole number from 1 on';
    problems.push({ path: `${id}.evaluationPeriods`, must, got: evaluationPeriods, remedy: 'use 1' });
  }
  if (seconds > longest.toSeconds()) {
    const must = `periods that make at most ${longest.toHumanString()} together`;
    const remedy = 'CloudWatch looks back seven days with periods of an hour or more, and a day with shorter ones';
    problems.push({ path: `${id}.evaluationPeriods`, must, got: `${seconds} seconds`, remedy });
  }
  return problems;
}

/** In seconds; undefined for a metric of another make. */
export function periodOf(metric: cloudwatch.IMetric): number | undefined {
  return metric instanceof cloudwatch.Metric || metric instanceof cloudwatch.MathExpression
    ? metric.period.toSeconds()
    : undefined;
}
