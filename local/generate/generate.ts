import { existsSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { type DataContract, DataContracts, recordSchema } from '../../lib/contracts';
import { fail, failAll, problem } from '../../lib/private/errors';
import { writeFile } from '../../lib/private/write-file';
import { HEADER, dbtSources } from './dbt-sources';
import { dqdl } from './dqdl';

/** Where generated files lie below the contracts, unless another place is asked for. */
const FOLDER = 'generated';

/** What `lakehouse generate` takes. */
export interface GenerateOptions {
  /** The file of dbt's sources; `generated/dbt/silver.yml` below the contracts when undefined. */
  readonly dbt?: string;
  /** Write nothing, and fail when a file is not what the contracts say. */
  readonly check?: boolean;
}

/** What became of the generated files: their paths, relative to the working directory. */
export interface Generated {
  readonly written: string[];
  readonly removed: string[];
  readonly unchanged: string[];
}

/**
 * Writes what other tools need from the contracts of a directory, and removes what was written for contracts that are gone.
 *
 * Expectations of Great Expectations are not among it: the job makes its suite from the contract at each check.
 *
 * @throws LakehouseError when a contract is wrong, when a file is stale and only a check is asked for, when the file of dbt's
 *   sources is one that this did not write, or when a file cannot be written.
 */
export function generate(directory: string, { dbt, check }: GenerateOptions = {}): Generated {
  const root = resolve(directory);
  const sources = resolve(dbt ?? join(root, FOLDER, 'dbt', 'silver.yml'));
  checkSources(sources);
  const files = generatedFiles(DataContracts.fromDirectory(root), sources);
  const stale = [...files].filter(([path, content]) => textOf(path) !== content).map(([path]) => path);
  const leftOver = listed(join(root, FOLDER)).filter((path) => !files.has(path));
  if (check === true) {
    const command = commandOf(root, dbt);
    failAll(
      `generated files of '${directory}'`,
      [...stale, ...leftOver].map((path) => outdated(path, files.has(path), command)),
    );
  }
  stale.forEach((path) => writeFile(path, files.get(path) ?? '', shown(path)));
  leftOver.forEach((path) => rmSync(path));
  const unchanged = [...files.keys()].filter((path) => !stale.includes(path));
  return { written: stale.map(shown), removed: leftOver.map(shown), unchanged: unchanged.map(shown) };
}

/** What `lakehouse generate` says it did. */
export function generatedText({ written, removed, unchanged }: Generated): string {
  const changed = [...written.map((path) => `+ ${path}`), ...removed.map((path) => `- ${path}`)];
  const summary =
    changed.length === 0
      ? `✓ ${unchanged.length} generated files are up to date`
      : `✓ ${changed.length} of ${written.length + unchanged.length + removed.length} generated files changed; commit them with the contracts`;
  return [...changed, summary].join('\n');
}

/** Refuses a file of somebody else, a contract for instance: what is written takes the place of all of it. */
function checkSources(file: string): void {
  if (existsSync(file) && (statSync(file).isDirectory() || !readFileSync(file, 'utf8').startsWith(HEADER.trimEnd()))) {
    const must = "a new file or one that 'lakehouse generate' wrote";
    fail({ path: '--dbt', must, got: shown(file), remedy: 'name another file, or remove that one first' });
  }
}

/** Everything that is generated, by its absolute path. */
function generatedFiles(contracts: DataContracts, sources: string): Map<string, string> {
  const below = (...parts: string[]): string => join(contracts.directory, FOLDER, ...parts);
  const tables = contracts.all().filter(({ zone }) => zone.holdsTables);
  return new Map([
    [sources, dbtSources(contracts)],
    ...tables.map((each): [string, string] => [below('glue-data-quality', `${each.key}.dqdl`), dqdl(each)]),
    ...contracts
      .streams()
      .map((each): [string, string] => [below('json-schema', `${each.key}.schema.json`), jsonSchema(each)]),
  ]);
}

/** The JSON Schema of a topic's records, for people and producers to read. */
function jsonSchema(contract: DataContract): string {
  return `${JSON.stringify(recordSchema(contract), undefined, 2)}\n`;
}

/** The files below a folder, without those that something else than this put there. */
function listed(folder: string): string[] {
  const kinds = ['dbt', 'glue-data-quality', 'json-schema'].map((kind) => join(folder, kind));
  return kinds.filter((kind) => existsSync(kind)).flatMap((kind) => readdirSync(kind).map((name) => join(kind, name)));
}

/** The command that writes what is checked. */
function commandOf(root: string, dbt: string | undefined): string {
  const contracts = shown(root) === 'contracts' ? [] : [shown(root)];
  return ['lakehouse generate', ...contracts, ...(dbt === undefined ? [] : ['--dbt', dbt])].join(' ');
}

function outdated(path: string, wanted: boolean, command: string): string {
  const got = existsSync(path) ? 'another text' : 'no file';
  const must = wanted ? 'what the contracts say' : 'gone with its contract';
  return problem({ path: shown(path), must, got, remedy: `run '${command}' and commit what it writes` });
}

/** The text of a file, its lines ended as they are written: version control may end them otherwise. */
function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : undefined;
}

function shown(path: string): string {
  return relative(process.cwd(), path) || basename(path);
}
