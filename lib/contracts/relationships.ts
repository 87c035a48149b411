import { didYouMean, problem } from '../private';
import type { ContractFile } from './contract-file';
import type { DocumentPath } from './yaml-places';
import type { Relationship } from './contract-rules';
import { RELATIONSHIP, RELATIONSHIP_KEYS } from './quality-schema';
import type { DataContract } from './data-contract';
import { readBy, refuseUnknownKeys } from './schema-check';

/** Reads the relationships that columns have below a path: `to: airlines.carrier`. */
export function readColumnRelationships(file: ContractFile, columns: DocumentPath): Relationship[] {
  return indexes(file, columns).flatMap((column) => {
    const name = file.valueAt([...columns, column, 'name']);
    const path = [...columns, column, 'relationships'];
    const known = RELATIONSHIP_KEYS.filter((key) => key !== 'from');
    return typeof name === 'string'
      ? indexes(file, path).flatMap((index) => readOne(file, [...path, index], known, [name]))
      : [];
  });
}

/** Reads the relationships of a dataset at a path, which name the columns of both sides. */
export function readDatasetRelationships(file: ContractFile, dataset: DocumentPath, names: string[]): Relationship[] {
  const own = `${String(file.valueAt([...dataset, 'name']))}.`;
  const path = [...dataset, 'relationships'];
  return indexes(file, path).flatMap((index) => {
    const from = listOf(file.valueAt([...path, index, 'from']));
    const columns = from.filter((name) => name.startsWith(own)).map((name) => name.slice(own.length));
    const strange = from.find((name) => !names.some((column) => name === `${own}${column}`));
    if (strange !== undefined || from.length === 0) {
      const known = names.map((name) => `${own}${name}`);
      file.report(
        [...path, index, 'from'],
        `columns of the contract, as ${own}<column>`,
        didYouMean(strange ?? '', known),
      );
      return [];
    }
    return readOne(file, [...path, index], RELATIONSHIP_KEYS, columns);
  });
}

function readOne(file: ContractFile, path: DocumentPath, known: string[], columns: string[]): Relationship[] {
  refuseUnknownKeys(file, path, known);
  const given = readBy(file, path, RELATIONSHIP);
  if (given === undefined) {
    return [];
  }
  const to = listOf(given.to).map((text) => text.split('.'));
  const [dataset, ...others] = new Set(to.map(([name = '']) => name));
  if (dataset === undefined || others.length > 0 || to.some((parts) => parts.length !== 2)) {
    const must = 'columns of one dataset of the same zone, as dataset.column';
    file.report([...path, 'to'], must, 'write for example airlines.carrier');
    return [];
  }
  if (columns.length !== to.length) {
    const remedy = 'name as many columns on one side as on the other';
    const must = `${columns.length} column${columns.length === 1 ? '' : 's'}, as many as from`;
    file.report([...path, 'to'], must, remedy);
    return [];
  }
  const references = to.map(([, column = '']) => column);
  return [{ columns, dataset, references, declaredAt: file.at([...path, 'to']) }];
}

/**
 * Relationships to a dataset or a column that no contract of the zone has, or to values of another type.
 *
 * @param unread datasets whose contracts are there but wrong: what refers to them may be right
 */
export function brokenRelationships(contracts: DataContract[], unread: Set<string>): string[] {
  return contracts.flatMap((contract) => {
    const neighbours = contracts.filter(({ zone }) => zone === contract.zone);
    const told = contract._rules.relationships.filter(({ dataset }) => !unread.has(dataset));
    return told.flatMap((relationship) => problemsOf(contract, relationship, { neighbours, unread }));
  });
}

function problemsOf(
  contract: DataContract,
  relationship: Relationship,
  { neighbours, unread }: { readonly neighbours: DataContract[]; readonly unread: Set<string> },
): string[] {
  const { columns, dataset, references, declaredAt } = relationship;
  const complain = (must: string, got: string, remedy: string): string =>
    `${declaredAt}: ${problem({ path: `relationships.to`, must, got, remedy })}`;
  const other = neighbours.find((each) => each.dataset === dataset);
  if (other === undefined) {
    const known = [...neighbours.map((each) => each.dataset), ...unread];
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

function listOf(value: unknown): string[] {
  return [value].flat().filter((each) => typeof each === 'string');
}
