import { icebergWithTableInput } from '../../../lib/compliance/rules/iceberg-with-table-input';
import { type Fixture, describeRule, resources } from './fixtures';

const OPEN_TABLE = { IcebergInput: { MetadataOperation: 'CREATE' } };
const table = (Properties: { [name: string]: unknown }): Fixture =>
  resources({ Table: { Type: 'AWS::Glue::Table', Properties } });

describeRule(icebergWithTableInput, {
  compliant: {
    'an Iceberg table without it': table({ OpenTableFormatInput: OPEN_TABLE }),
    'a table of another format': table({ TableInput: { Parameters: { classification: 'parquet' } } }),
  },
  nonCompliant: {
    'both inputs': [
      table({ OpenTableFormatInput: OPEN_TABLE, TableInput: { Name: 'a' } }),
      'Table Properties.TableInput',
    ],
    'an Iceberg table by its parameter': [
      table({ TableInput: { Parameters: { table_type: 'iceberg' } } }),
      'Table Properties.TableInput',
    ],
  },
});
