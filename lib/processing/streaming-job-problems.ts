import { Duration, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';
import { spanProblems } from './spans';
import type { StreamingJobOptions } from './streaming-job';
import { LONGEST_PAUSE } from './streaming-restarts';

/** Spark's setting that makes a step end as soon as its application is accepted. */
const WAIT_FOR_END = 'spark.yarn.submit.waitAppCompletion';

/** All that is wrong with a job, its application aside. */
export function jobProblems(props: StreamingJobOptions, name: string): Problem[] {
  const { maxRestarts = 5, pollInterval, healthyAfter, conf = {} } = props;
  const problems = [
    ...spanProblems('pollInterval', pollInterval, {
      least: Duration.seconds(30),
      most: Duration.seconds(LONGEST_PAUSE),
      example: 'Duration.minutes(1)',
    }),
    ...spanProblems('healthyAfter', healthyAfter, { least: Duration.minutes(1), example: 'Duration.hours(1)' }),
  ];
  const check = (isRight: boolean, wrong: Problem): void => {
    if (!isRight) {
      problems.push(wrong);
    }
  };
  check(Token.isUnresolved(name) || /^[A-Za-z0-9_-]{1,64}$/.test(name), {
    path: 'jobName',
    must: '1 to 64 letters, digits, hyphens and underscores',
    got: name,
    remedy: "use a name such as 'flight-events'",
  });
  check(Number.isInteger(maxRestarts) && maxRestarts >= 0 && maxRestarts <= 100, {
    path: 'maxRestarts',
    must: 'a whole number from 0 to 100',
    got: maxRestarts,
    remedy: 'a run that lasts healthyAfter earns them all back',
  });
  for (const path of ['correlationOption', 'takeOverOption'] as const) {
    const got = props[path];
    check(got === undefined || Token.isUnresolved(got) || /^--?[A-Za-z][\w.-]*$/.test(got), {
      path,
      must: 'an option of the job, with its hyphens and without a value',
      got,
      remedy: "use for example '--correlation-id', or leave it out",
    });
  }
  check(props.consumerGroup === undefined || props.from !== undefined, {
    path: 'consumerGroup',
    must: 'left out of a job that reads no topic',
    got: props.consumerGroup,
    remedy: 'say with from which topic it reads',
  });
  check(conf[WAIT_FOR_END] !== 'false', {
    path: `conf.${WAIT_FOR_END}`,
    must: 'left at true, because a step that ends while its application runs would be started again',
    got: conf[WAIT_FOR_END],
    remedy: 'leave it out',
  });
  return problems;
}
