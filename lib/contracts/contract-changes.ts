import { type ContractFile, isRecord } from './contract-file';
import type { DocumentPath } from './yaml-places';
import type { ContractProperty, DocumentProperties } from './contract-schema';
import { wantedFields } from './lock-fields';
import { customPath } from './schema-check';
import type { Column, DroppedColumn } from './table-spec';

const RENAMED_FROM = 'renamedFrom';

/** Where the standard has rules, and which of their keys have texts that name columns. */
const RULES = new Set<string | number>(['quality', 'relationships']);
const NAMING = new Set<string | number>(['arguments', 'query', 'from']);

/** Rules are not nested deeper; a list that refers to itself would be, without end. */
const DEPTH_LIMIT = 12;

/** A former name is one that no column has any more, and that no two columns claim. */
export function checkRenames(
  file: ContractFile,
  entries: { readonly path: DocumentPath; readonly property: ContractProperty; readonly former?: string }[],
): void {
  const names = new Set(entries.map(({ property }) => property.name));
  const claimed = new Set<string>();
  for (const { path, property, former } of entries.filter((entry) => entry.former !== undefined)) {
    if (former !== undefined && (names.has(former) || claimed.has(former))) {
      file.report(
        [...path, 'customProperties', renameIndex(property), 'value'],
        'a name no column has any more',
        'drop renamedFrom here, or the column of the old name',
      );
    }
    claimed.add(former ?? '');
  }
}

/** Why a column was renamed: what the standard calls the description of the custom property. */
export function renameReason({ customProperties }: ContractProperty): string | undefined {
  const described = customProperties?.find((item) => item.property === RENAMED_FROM)?.['description'];
  return typeof described === 'string' && described.trim() !== '' ? described.trim() : undefined;
}

/** Columns that are declared to be gone: none of them may be a column, be listed twice, or be named by a rule. */
export function readDroppedColumns(
  file: ContractFile,
  { droppedColumns = [] }: DocumentProperties,
  columns: Column[],
): DroppedColumn[] {
  const list = customPath(file, 'droppedColumns');
  const present = new Set(wantedFields({ columns, identifierColumns: [] }).map((field) => field.path));
  const seen = new Set<string>();
  for (const [index, { column }] of droppedColumns.entries()) {
    const path = [...list, index, 'column'];
    if (present.has(column)) {
      file.report(path, 'a column that is gone', `take ${column} off the list, or the column out of the contract`);
    }
    if (seen.has(column)) {
      file.report(path, 'a column listed once', 'drop one of the two');
    }
    seen.add(column);
  }
  if (seen.size > 0) {
    refuseRulesOn(file, seen);
  }
  return droppedColumns.map(({ column, reason }) => ({ column, reason }));
}

/** A rule on a column that is gone would fail at every run. */
function refuseRulesOn(file: ContractFile, dropped: Set<string>): void {
  for (const { path, text } of textsBelow(file, ['schema', 0]).filter(isOfRule)) {
    const name = [...dropped].find((column) => mentions(text, column));
    if (name !== undefined) {
      file.report(path, `a rule without ${name}, which is dropped`, 'rewrite or drop the rule');
    }
  }
}

function isOfRule({ path }: { readonly path: DocumentPath }): boolean {
  return path.some((step) => RULES.has(step)) && path.some((step) => NAMING.has(step));
}

/** Whether a text, as a query, names the column. */
function mentions(text: string, column: string): boolean {
  const words = text.split(/[^A-Za-z0-9_]+/).join('.');
  return `.${words}.`.includes(`.${column}.`);
}

function textsBelow(file: ContractFile, path: DocumentPath): { path: DocumentPath; text: string }[] {
  const value = file.valueAt(path);
  if (typeof value === 'string') {
    return [{ path, text: value }];
  }
  if (path.length > DEPTH_LIMIT) {
    return [];
  }
  const steps = Array.isArray(value) ? [...value.keys()] : isRecord(value) ? Object.keys(value) : [];
  return steps.flatMap((step) => textsBelow(file, [...path, step]));
}

function renameIndex({ customProperties }: ContractProperty): number {
  return customProperties?.findIndex((item) => item.property === RENAMED_FROM) ?? 0;
}
