import { didYouMean, sorted } from '../private';
import type { ContractColumns } from './contract-columns';
import type { ContractFile } from './contract-file';
import type { DocumentPath } from './yaml-places';
import type { ContractRules } from './contract-rules';
import { type MetricRule, readQuality, requireNone } from './quality-rule';
import { readColumnRelationships, readDatasetRelationships } from './relationships';

const METRICS = ['rowCount', 'duplicateValues'];
const ELSEWHERE = {
  nullValues: 'it is a rule of a column: move it there',
  invalidValues: 'it is a rule of a column: move it there',
  missingValues: 'use nullValues of a column',
};

/** Gathers the rules of a dataset at a path from its columns and from what it says of its whole. */
export function readRules(file: ContractFile, dataset: DocumentPath, read: ContractColumns): ContractRules {
  const place = { path: [...dataset, 'quality'], metrics: METRICS, elsewhere: ELSEWHERE };
  const { metrics, queries } = readQuality(file, place);
  const counts = metrics.filter(({ metric }) => metric === 'rowCount');
  const doubles = metrics.filter(({ metric }) => metric === 'duplicateValues');
  const inColumns = readColumnRelationships(file, [...dataset, 'properties']);
  return {
    columns: read.rules.map(({ rules }) => rules),
    uniques: besideKey(read, [
      ...read.rules.flatMap(({ unique, rules }) => (unique ? [[rules.name]] : [])),
      ...doubles.map((rule) => readDoubles(file, rule, read.names)),
    ]),
    rowCounts: counts.map(({ expected }) => expected),
    relationships: [...inColumns, ...readDatasetRelationships(file, dataset, read.names)],
    queries: [...read.rules.flatMap((column) => column.queries), ...queries],
  };
}

/** Each group of columns once, in whatever order it is named; that the primary key's values are unique is said already. */
function besideKey({ keyColumns }: ContractColumns, groups: string[][]): string[][] {
  const said = new Set([alike(keyColumns)]);
  return groups.flatMap((group) => {
    const isNew = !said.has(alike(group));
    said.add(alike(group));
    return isNew ? [[...new Set(group)]] : [];
  });
}

function alike(columns: readonly string[]): string {
  return JSON.stringify(sorted(new Set(columns), (name) => name));
}

function readDoubles(file: ContractFile, rule: MetricRule, names: string[]): string[] {
  requireNone(file, rule);
  const path = [...rule.path, 'arguments', 'properties'];
  const columns = rule.arguments.properties ?? [];
  if (columns.length === 0) {
    file.report(path, 'a list of at least one column', 'name the columns that no two rows share');
  }
  for (const [index, name] of columns.entries()) {
    if (!names.includes(name)) {
      file.report([...path, index], 'a column of the contract', didYouMean(name, names));
    }
  }
  return columns;
}
