import { sorted } from '../../private';
import type { Rule } from '../rule';
import { type LocatedTable, locatedTables } from '../tables';
import type { TemplateResource, Templates } from '../template';
import { dig, textOf } from '../values';

/** What removes unreferenced files below a location removes the live ones of another table there. */
export const tablesShareLocation: Rule = {
  id: 'tables-share-location',
  severity: 'error',
  wrong:
    'A table with an optimizer shares its location with another table: each can delete the live files of the other.',
  remedy: 'Give every table a location of its own, none below that of another.',
  source: 'https://docs.aws.amazon.com/glue/latest/dg/optimizer-notes.html',
  places: (templates) =>
    sharing(locatedTables(templates))
      .filter(({ table }) => isOptimized(table, templates))
      .map(({ table }) => table.at('Properties.OpenTableFormatInput.IcebergInput.IcebergTableInput.Location')),
};

/** In their order a place comes right before those within it, so each is compared with one other. */
function sharing(tables: LocatedTable[]): LocatedTable[] {
  const found = new Set<LocatedTable>();
  let around: LocatedTable | undefined;
  for (const table of sorted(tables, placeOf)) {
    if (around !== undefined && placeOf(table).startsWith(placeOf(around))) {
      found.add(around).add(table);
    } else {
      around = table;
    }
  }
  return tables.filter((table) => found.has(table));
}

function placeOf({ bucket, prefix }: LocatedTable): string {
  return `${bucket}/${prefix}`;
}

function isOptimized(table: TemplateResource, templates: Templates): boolean {
  const { Name, DatabaseName, TableInput } = table.properties;
  const name = Name ?? dig(TableInput, 'Name');
  return templates
    .ofType('AWS::Glue::TableOptimizer')
    .some(
      ({ properties }) =>
        table.isIn(textOf(properties.TableName) ?? '') ||
        (properties.TableName === name && properties.DatabaseName === DatabaseName),
    );
}
