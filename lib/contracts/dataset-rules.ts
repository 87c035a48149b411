import { didYouMean } from '../private';
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
    uniques: [
      ...read.rules.flatMap(({ unique, rules }) => (unique && !isKey(read, rules.name) ? [[rules.name]] : [])),
      ...doubles.flatMap((rule) => readDoubles(file, rule, read.names)),
    ],
    rowCounts: counts.map(({ expected }) => expected),
    relationships: [...inColumns, ...readDatasetRelationships(file, dataset, read.names)],
    queries: [...read.rules.flatMap((column) => column.queries), ...queries],
  };
}

/** The primary key says already that its values are unique. */
function isKey({ keyColumns }: ContractColumns, name: string): boolean {
  return keyColumns.length === 1 && keyColumns[0] === name;
}

function readDoubles(file: ContractFile, rule: MetricRule, names: string[]): string[][] {
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
  return [columns];
}
