import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { IcebergTable, type IcebergTableProps } from '../../lib/catalog';
import { IcebergType } from '../../lib/contracts';

/** What a test reads of a table's template. */
export interface TableProperties {
  readonly Name: string;
  readonly DatabaseName: string;
  readonly OpenTableFormatInput: {
    readonly IcebergInput: { readonly Version: string; readonly IcebergTableInput: TableInput };
  };
}

/** What a test reads of a table's Iceberg input. */
export interface TableInput {
  readonly Location: unknown;
  readonly Schema: { readonly Fields: unknown[] };
  readonly Properties: { readonly [name: string]: string };
}

/** A stack and a bucket to put tables in. */
export interface Lake {
  readonly stack: Stack;
  readonly bucket: s3.Bucket;
}

/** An empty lake. */
export function lake(): Lake {
  const stack = new Stack(new App(), 'Lake');
  return { stack, bucket: new s3.Bucket(stack, 'Bucket') };
}

/** The least that makes a table, with what a test adds. */
export function tableIn({ stack, bucket }: Lake, props: Partial<IcebergTableProps> = {}): IcebergTable {
  return new IcebergTable(stack, 'Trips', {
    databaseName: 'silver',
    tableName: 'trips',
    bucket,
    columns: [
      { id: 1, name: 'id', type: IcebergType.LONG, required: true },
      { id: 2, name: 'fare', type: IcebergType.decimal(10, 2) },
      { id: 3, name: 'started_at', type: IcebergType.TIMESTAMPTZ },
    ],
    ...props,
  });
}
