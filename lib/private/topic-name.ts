import type { Problem } from './errors';

/**
 * What is wrong with the name of a Kafka topic; undefined when nothing is.
 *
 * @param path the property that holds the name, as the user typed it
 * @see https://kafka.apache.org/39/documentation.html#brokerconfigs
 */
export function topicNameProblem(path: string, got: string): Problem | undefined {
  if (!/^[A-Za-z0-9._-]{1,249}$/.test(got) || got === '.' || got === '..') {
    const must = '1 to 249 letters, digits, dots, underscores and hyphens, and not only one or two dots';
    return { path, must, got, remedy: "use a name such as 'flights.events'" };
  }
  return got.startsWith('__')
    ? { path, must: "a name without two underscores first, which are Kafka's own", got, remedy: 'drop them' }
    : undefined;
}
