import { App, Stack } from 'aws-cdk-lib/core';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { IcebergTable } from '../../lib/catalog';
import { IcebergType } from '../../lib/contracts';

/** Tables of those folders in one bucket, in two stacks by turns. */
function tablesIn(...prefixes: string[]): App {
  const app = new App();
  const stacks = ['One', 'Two'].map((id) => new Stack(app, id));
  prefixes.forEach((prefix, index) => {
    const stack = stacks[index % stacks.length] ?? app;
    new IcebergTable(stack, `Table${index}`, {
      databaseName: 'silver',
      tableName: `t${index}`,
      bucket: s3.Bucket.fromBucketName(stack, `Bucket${index}`, 'lake'),
      prefix,
      columns: [{ id: 1, name: 'id', type: IcebergType.LONG }],
    });
  });
  return app;
}

describe('Tables of one app', () => {
  test('lie side by side', () => {
    expect(tablesIn('sales/orders', 'sales/orders_old', 'sales/order', 'orders').synth().stacks).toHaveLength(2);
  });

  test('fail when two have one folder', () => {
    expect(() => tablesIn('sales/orders', 'sales/orders').synth()).toThrow(
      `'Two/Table1.prefix' must be a folder of its own, in which no other table lies, got "sales/orders"; 'One/Table0' has it; give one of the two another prefix`,
    );
  });

  test('fail when one lies within the folder of another, however many are between them', () => {
    expect(() => tablesIn('sales', 'sales/a', 'sales-old', 'sales/z/y').synth()).toThrow(
      /'Two\/Table1\.prefix' must be[^]*'Two\/Table3\.prefix' must be/,
    );
  });

  test('may have one folder in two buckets', () => {
    const app = new App();
    const stack = new Stack(app, 'Lake');
    for (const id of ['A', 'B']) {
      new IcebergTable(stack, id, {
        databaseName: 'silver',
        tableName: id.toLowerCase(),
        bucket: new s3.Bucket(stack, `${id}Bucket`),
        prefix: 'sales/orders',
        columns: [{ id: 1, name: 'id', type: IcebergType.LONG }],
      });
    }
    expect(app.synth().stacks).toHaveLength(1);
  });
});
