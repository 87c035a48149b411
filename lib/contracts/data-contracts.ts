import { isUtf8 } from 'node:buffer';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve, sep } from 'node:path';
import { type Problem, didYouMean, fail, failAll, problem, sorted } from '../private';
import type { ContractData } from './contract-data';
import { ContractFile } from './contract-file';
import { readContract } from './contract-reader';
import { DataContract } from './data-contract';
import { brokenRelationships } from './relationships';
import type { TableSpec } from './table-spec';
import type { Zone } from './zone';

/** Files at the top of the directory that are not contracts. */
const NOT_CONTRACTS = new Set(['metrics.yaml']);

const YAML = /\.ya?ml$/i;

/** Folders that are not zones: what is generated from the contracts, and what version control keeps. */
const NO_ZONES = /^(generated$|\.)/;

/** The data contracts of a lake. */
export class DataContracts {
  /**
   * Reads every contract of a directory: `<directory>/<zone>/<dataset>.yaml`.
   *
   * Fails with all problems of all files at once, each with file, line and column.
   */
  public static fromDirectory(directory: string): DataContracts {
    const root = resolve(directory);
    const name = basename(root);
    if (!existsSync(root) || !statSync(root).isDirectory()) {
      fail({ path: 'contracts', must: 'a directory of contracts', got: name, remedy: 'create it or correct the path' });
    }
    const problems: string[] = [];
    const unread = new Set<string>();
    const contracts = yamlFiles(root).flatMap((path) => {
      const read = readOne(root, path);
      if (Array.isArray(read)) {
        problems.push(...read);
        unread.add(basename(path).replace(YAML, ''));
        return [];
      }
      return [DataContract._of(read)];
    });
    problems.push(...doubles(contracts), ...sharedTopics(contracts), ...withoutStream(contracts, unread));
    problems.push(...brokenRelationships(contracts, unread));
    failAll(`contract directory '${name}'`, problems);
    return new DataContracts(root, contracts);
  }

  private readonly contracts: Map<string, DataContract>;
  private readonly specs: Map<string, TableSpec>;

  private constructor(
    /** The directory the contracts were read from, as an absolute path. */
    public readonly directory: string,
    contracts: DataContract[],
  ) {
    this.contracts = byKey(contracts);
    this.specs = byKey(contracts.flatMap((contract) => contract.tables));
  }

  /**
   * The contract of a dataset.
   *
   * Fails when there is none.
   *
   * @param key zone and dataset, for example `silver.flights`
   */
  public get(key: string): DataContract {
    const names = [...this.contracts.keys()];
    return (
      this.contracts.get(key) ??
      fail({ path: 'dataset', must: 'the key of a contract', got: key, remedy: didYouMean(key, names) })
    );
  }

  /** All contracts, sorted by key. */
  public all(): DataContract[] {
    return [...this.contracts.values()];
  }

  /** The contracts of a zone, sorted by key. */
  public inZone(zone: Zone): DataContract[] {
    return this.all().filter((contract) => contract.zone === zone);
  }

  /** The contracts of the datasets that come from a stream, sorted by key. */
  public streams(): DataContract[] {
    return this.all().filter(({ stream }) => stream !== undefined);
  }

  /** The contracts of the datasets that follow from a streamed one, sorted by key. */
  public derivedFrom(contract: DataContract): DataContract[] {
    return this.all().filter(
      ({ derivedFrom, zone }) => derivedFrom?.dataset === contract.dataset && zone === contract.zone,
    );
  }

  /**
   * The table of that key.
   *
   * Fails when no contract asks for it.
   *
   * @param key zone and table, for example `bronze.flights__dlq`
   */
  public table(key: string): TableSpec {
    const names = [...this.specs.keys()];
    return (
      this.specs.get(key) ??
      fail({ path: 'table', must: 'a table that a contract asks for', got: key, remedy: didYouMean(key, names) })
    );
  }

  /** All tables that the contracts ask for, sorted by key. */
  public tables(): TableSpec[] {
    return [...this.specs.values()];
  }
}

/** Every YAML file that may be meant as a contract, sorted, with forward slashes. */
function yamlFiles(root: string): string[] {
  const entries = readdirSync(root, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory() && !NO_ZONES.test(entry.name));
  const below = folders.flatMap(({ name }) =>
    readdirSync(join(root, name), { recursive: true, encoding: 'utf8' }).map((file) => join(name, file)),
  );
  const top = entries.filter((entry) => !entry.isDirectory() && !NOT_CONTRACTS.has(entry.name));
  const files = [...top.map(({ name }) => name), ...below].map((path) => path.replaceAll(sep, '/'));
  return sorted(files.filter(isYaml), (path) => path);
}

/** Reads the contract at a path below the root; what is wrong with it when something is. */
function readOne(root: string, path: string): ContractData | string[] {
  const name = `${basename(root)}/${path}`;
  const misplaced = placeProblem(basename(root), path);
  if (misplaced !== undefined) {
    return [`${name}:1:1: ${problem({ path: name, ...misplaced })}`];
  }
  const bytes = readBytes(join(root, path));
  if (bytes === undefined) {
    const remedy = 'correct its permissions, or remove what stands in its place';
    return [problem({ path: name, must: 'a file that can be read', got: path, remedy })];
  }
  const text = bytes.toString('utf8');
  if (!isUtf8(bytes)) {
    const line = text.slice(0, text.indexOf('\uFFFD')).split('\n').length;
    const got = `another encoding in line ${line}`;
    return [`${name}:${line}:1: ${problem({ path: name, must: 'text in UTF-8', got, remedy: 'save it as UTF-8' })}`];
  }
  const file = new ContractFile(name, text);
  return readContract(file) ?? file.problems;
}

/** What is wrong with the place of a contract, which jobs look for as `<zone>/<dataset>.yaml`. */
function placeProblem(directory: string, path: string): Omit<Problem, 'path'> | undefined {
  const [zone = '', ...names] = path.split('/');
  const [given = zone] = names.slice(-1);
  const file = given.replace(YAML, '.yaml');
  if (names.length === 0) {
    const remedy = `move it, for example to ${directory}/silver/${file}`;
    return { must: 'in the folder of its zone', got: path, remedy };
  }
  if (names.length > 1) {
    return { must: 'in the folder of its zone', got: path, remedy: `move it to ${directory}/${zone}/${file}` };
  }
  return file === given ? undefined : { must: 'a file that ends in .yaml', got: given, remedy: `rename it to ${file}` };
}

/** The content of a file; undefined when it cannot be read, as a folder of that name cannot. */
function readBytes(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** Two files that declare one dataset, or two contracts that ask for one table. */
function doubles(contracts: DataContract[]): string[] {
  const first = new Map<string, string>();
  return contracts.flatMap((contract) =>
    contract.tables.flatMap((table) => {
      const other = first.get(table.key);
      first.set(table.key, other ?? contract.file);
      const what = { path: table.key, must: 'declared by one contract', got: contract.file };
      return other === undefined
        ? []
        : [`${table.declaredAt}: ${problem({ ...what, remedy: `${other} declares it too, drop one` })}`];
    }),
  );
}

/** Two contracts that declare one topic: each would make it. */
function sharedTopics(contracts: DataContract[]): string[] {
  const first = new Map<string, string>();
  return contracts.flatMap(({ stream, tables, file }) => {
    if (stream === undefined) {
      return [];
    }
    const other = first.get(stream.topicName);
    first.set(stream.topicName, other ?? file);
    const what = { path: 'stream.topic', must: 'declared by one contract', got: stream.topicName };
    return other === undefined
      ? []
      : [`${tables[0]?.declaredAt ?? file}: ${problem({ ...what, remedy: `${other} declares it too, drop one` })}`];
  });
}

/** Windows of a dataset that no stream feeds would never be written. */
function withoutStream(contracts: DataContract[], unread: Set<string>): string[] {
  const names = contracts.filter(({ stream }) => stream !== undefined).map(({ dataset }) => dataset);
  return contracts.flatMap(({ derivedFrom, tables, file }) => {
    if (derivedFrom === undefined || names.includes(derivedFrom.dataset) || unread.has(derivedFrom.dataset)) {
      return [];
    }
    const { dataset } = derivedFrom;
    const what = { path: 'derivedFrom.dataset', must: 'a dataset that comes from a stream', got: dataset };
    return [`${tables[0]?.declaredAt ?? file}: ${problem({ ...what, remedy: didYouMean(dataset, names) })}`];
  });
}

function byKey<T extends { readonly key: string }>(items: T[]): Map<string, T> {
  return new Map(sorted(items, (item) => item.key).map((item) => [item.key, item]));
}

function isYaml(path: string): boolean {
  return YAML.test(path);
}
