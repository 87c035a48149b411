import type { Rule } from '../rule';
import { locatedTables } from '../tables';
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
  places: (templates) => {
    const tables = locatedTables(templates);
    const sharing = tables.filter((one) =>
      tables.some(
        (other) =>
          other !== one &&
          other.bucket === one.bucket &&
          (one.prefix.startsWith(other.prefix) || other.prefix.startsWith(one.prefix)),
      ),
    );
    return sharing
      .filter(({ table }) => isOptimized(table, templates))
      .map(({ table }) => table.at('Properties.OpenTableFormatInput.IcebergInput.IcebergTableInput.Location'));
  },
};

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
