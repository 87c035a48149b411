import type { Problem } from '../../private';
import type { LakehouseConfig } from '../lakehouse-config';
import { unless } from '../problems';

/** A database that data is loaded from. */
export interface SourceConfig {
  /** The name that contracts call it by. */
  readonly name: string;

  /**
   * The name of its secret in Secrets Manager: JSON with engine, host, port, dbname, username and password.
   *
   * @default - `lakehouse/<environment>/sources/<name>`
   */
  readonly secretName?: string;
}

/**
 * The name of the secret of each source.
 *
 * @internal
 */
export function sourceSecretsOf({ environment, sources = [] }: LakehouseConfig): { [source: string]: string } {
  return Object.fromEntries(
    sources.map(({ name, secretName }) => [name, secretName ?? `lakehouse/${environment}/sources/${name}`]),
  );
}

/**
 * What is wrong with the section.
 *
 * @internal
 */
export function sourceRules({ sources = [], batch }: LakehouseConfig): Problem[] {
  const names = sources.map(({ name }) => name);
  return [
    ...names
      .filter((name) => !/^[a-z][a-z0-9_]*$/.test(name))
      .map((name) => ({
        path: 'sources.name',
        must: 'lower-case letters, digits and underscores, beginning with a letter',
        got: name,
        remedy: 'use the name that the contracts call the source by',
      })),
    ...sources
      .filter(({ secretName = 'none' }) => !/^[\w/+=.@-]{1,512}$/.test(secretName))
      .map(({ secretName }) => ({
        path: 'sources.secretName',
        must: 'the name of a secret',
        got: secretName,
        remedy: 'use the name, without the ARN around it and the six characters that Secrets Manager adds',
      })),
    ...unless(new Set(names).size === names.length, {
      path: 'sources',
      must: 'sources of different names',
      got: names,
      remedy: 'name each source once',
    }),
    ...unless(names.length === 0 || batch !== undefined, {
      path: 'sources',
      must: 'left out where nothing loads them',
      got: names,
      remedy: "add the section 'batch', whose cluster loads them",
    }),
  ];
}
