import { didYouMean, problem } from '../private';
import type { ContractFile, DocumentPath } from './contract-file';
import type { Relationship } from './contract-rules';
import { RELATIONSHIP, RELATIONSHIP_KEYS } from './quality-schema';
import type { DataContract } from './data-contract';
import { readBy, refuseUnknownKeys } from './schema-check';

/** Reads the relationships that columns have below a path: `to: airlines.carrier`. */
export function readColumnRelationships(file: ContractFile, columns: DocumentPath): Relationship[] {
  return indexes(file, columns).flatMap((column) => {
    const name = file.valueAt([...columns, column, 'name']);
    return typeof name === 'string' ? readListed(file, [...columns, column, 'relationships'], [name]) : [];
  });
}

/** Reads the relationships of a dataset at a path, which name the columns of both sides. */
export function readDatasetRelationships(file: ContractFile, dataset: DocumentPath, names: string[]): Relationship[] {
  const own = file.valueAt([...dataset, 'name']);
  const found = readListed(file, [...dataset, 'relationships']);
  for (const [index, { columns }] of found.entries()) {
    for (const name of columns) {
      const column = name.startsWith(`${String(own)}.`) ? name.slice(String(own).length + 1) : undefined;
      if (column === undefined || !names.includes(column)) {
        const known = names.map((each) => `${String(own)}.${each}`);
        const path = [...dataset, 'relationships', index, 'from'];
        file.report(path, `columns of the contract, as ${String(own)}.<column>`, didYouMean(name, known));
      }
    }
  }
  return found.map((each) => ({ ...each, columns: each.columns.map((name) => name.split('.').slice(1).join('.')) }));
}

function readListed(file: ContractFile, path: DocumentPath, columns?: string[]): Relationship[] {
  return indexes(file, path).flatMap((index) => {
    const at = [...path, index];
    const known = columns === undefined ? RELATIONSHIP_KEYS : RELATIONSHIP_KEYS.filter((key) => key !== 'from');
    refuseUnknownKeys(file, at, known);
    const given = readBy(file, at, RELATIONSHIP);
    const from = columns ?? listOf(given?.from);
    const to = listOf(given?.to).map((text) => text.split('.'));
    const datasets = new Set(to.map(([dataset = '']) => dataset));
    const [dataset] = datasets;
    if (given === undefined) {
      return [];
    }
    if (dataset === undefined || datasets.size > 1 || to.some((parts) => parts.length !== 2)) {
      const must = 'columns of one dataset of the same zone, as dataset.column';
      file.report([...at, 'to'], must, 'write for example airlines.carrier');
      return [];
    }
    if (from.length !== to.length) {
      const remedy = 'name as many columns on one side as on the other';
      file.report([...at, 'to'], `${from.length} column${from.length === 1 ? '' : 's'}, as many as from`, remedy);
      return [];
    }
    const references = to.map(([, column = '']) => column);
    return [{ columns: from, dataset, references, declaredAt: file.at([...at, 'to']) }];
  });
}

/** Relationships to a dataset or a column that no contract of the zone has, or to values of another type. */
export function brokenRelationships(contracts: DataContract[]): string[] {
  return contracts.flatMap((contract) => {
    const neighbours = contracts.filter(({ zone }) => zone === contract.zone);
    return contract._rules.relationships.flatMap((relationship) => problemsOf(contract, relationship, neighbours));
  });
}

function problemsOf(contract: DataContract, relationship: Relationship, neighbours: DataContract[]): string[] {
  const { columns, dataset, references, declaredAt } = relationship;
  const complain = (must: string, got: string, remedy: string): string =>
    `${declaredAt}: ${problem({ path: `relationships.to`, must, got, remedy })}`;
  const other = neighbours.find((each) => each.dataset === dataset);
  if (other === undefined) {
    const known = neighbours.map((each) => each.dataset);
    return [complain(`a dataset of zone ${contract.zone.name}`, dataset, didYouMean(dataset, known))];
  }
  return references.flatMap((name, index) => {
    const referenced = other.columns.find((column) => column.name === name);
    const column = contract.columns.find((each) => each.name === columns[index]);
    if (referenced === undefined) {
      const known = other.columns.map((each) => each.name);
      return [complain(`a column of ${other.key}`, name, didYouMean(name, known))];
    }
    const [here, there] = [column?.type.toString(), referenced.type.toString()];
    return here === undefined || here === there
      ? []
      : [complain(`a column of the type ${here}`, `${there} of ${dataset}.${name}`, 'give both one type')];
  });
}

function indexes(file: ContractFile, path: DocumentPath): number[] {
  const listed = file.valueAt(path);
  return Array.isArray(listed) ? [...listed.keys()] : [];
}

function listOf(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat();
}
