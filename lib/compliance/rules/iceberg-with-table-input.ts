import { eachResource, type Rule } from '../rule';
import { isIceberg } from '../tables';

/** An update of such a table overwrites what makes it an Iceberg table. */
export const icebergWithTableInput: Rule = {
  id: 'iceberg-with-table-input',
  severity: 'error',
  wrong:
    'An Iceberg table has TableInput: the next update of the stack drops its metadata_location and breaks the table.',
  remedy: 'Describe it with OpenTableFormatInput alone.',
  source: 'https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1919',
  places: eachResource(['AWS::Glue::Table'], (table) =>
    isIceberg(table) && table.properties.TableInput !== undefined ? ['TableInput'] : [],
  ),
};
