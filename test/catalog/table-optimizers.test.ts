import * as iam from 'aws-cdk-lib/aws-iam';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Duration, Lazy, NestedStack, Stack } from 'aws-cdk-lib/core';
import { IcebergTable, LakeCatalog, TableOptimizers, type TableOptimizersProps } from '../../lib/catalog';
import { CompactionStrategy, IcebergType, NullOrder, SchemaLock, SortDirection } from '../../lib/contracts';
import { LakeStorage } from '../../lib/storage';
import { KEY, type TestContract, contractsOf, messageOf } from '../contracts/lake';
import { resourcesIn } from '../support/stacks';

interface Optimizer {
  readonly Type: string;
  readonly DatabaseName: string;
  readonly TableName: string;
  readonly TableOptimizerConfiguration: { readonly RoleArn: unknown; readonly Enabled: boolean };
}

function optimized(
  props: Partial<TableOptimizersProps> = {},
  isSorted = false,
): { stack: Stack; made: TableOptimizers } {
  const stack = new Stack(new App(), 'Rides');
  const table = new IcebergTable(stack, 'Trips', {
    databaseName: 'rides',
    tableName: 'trips',
    bucket: new s3.Bucket(stack, 'Bucket'),
    columns: [{ id: 1, name: 'id', type: IcebergType.LONG }],
    sortFields: isSorted ? [{ column: 'id', direction: SortDirection.ASC, nulls: NullOrder.FIRST }] : [],
  });
  return { stack, made: new TableOptimizers(stack, 'Optimizers', { table, ...props }) };
}

const configurations = (stack: Stack): { [type: string]: Optimizer['TableOptimizerConfiguration'] } =>
  Object.fromEntries(
    Object.values(resourcesIn<Optimizer>(stack, 'AWS::Glue::TableOptimizer')).map(({ Properties }) => [
      Properties.Type,
      Properties.TableOptimizerConfiguration,
    ]),
  );

describe('TableOptimizers', () => {
  test('joins small files, gives old versions up and deletes what belongs to none', () => {
    expect(configurations(optimized().stack)).toMatchObject({
      compaction: { Enabled: true, CompactionConfiguration: { IcebergConfiguration: { Strategy: 'binpack' } } },
      retention: {
        Enabled: true,
        RetentionConfiguration: {
          IcebergConfiguration: {
            SnapshotRetentionPeriodInDays: 7,
            NumberOfSnapshotsToRetain: 100,
            CleanExpiredFiles: true,
          },
        },
      },
      orphan_file_deletion: {
        Enabled: true,
        OrphanFileDeletionConfiguration: { IcebergConfiguration: { OrphanFileRetentionPeriodInDays: 7 } },
      },
    });
  });

  test('comes after its table, and after what its role may do', () => {
    const { stack } = optimized();
    const { Properties: _, ...found } = Object.values(resourcesIn(stack, 'AWS::Glue::TableOptimizer'))[0] ?? {};
    expect(found).toMatchObject({
      DependsOn: expect.arrayContaining([
        expect.stringMatching(/^Trips/),
        expect.stringMatching(/^OptimizersRoleDefaultPolicy/),
      ]) as unknown,
    });
  });

  test('is let do it by Glue alone, for this account, with this table alone', () => {
    const { stack } = optimized();
    const [role] = Object.values(resourcesIn<{ AssumeRolePolicyDocument: unknown }>(stack, 'AWS::IAM::Role'));
    expect(role?.Properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Principal: { Service: 'glue.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
    const policies = JSON.stringify(resourcesIn(stack, 'AWS::IAM::Policy'));
    expect(policies).toContain('table/rides/trips');
    expect(policies).toContain('log-group:/aws-glue/iceberg-retention/logs:*');
    expect(policies).not.toContain('table/rides/*');
  });

  test('takes a role, times, a number and an order of your own', () => {
    const { stack, made } = optimized(
      {
        snapshotRetention: Duration.days(30),
        snapshotsToRetain: 1,
        orphanRetention: Duration.hours(72),
        compaction: CompactionStrategy.Z_ORDER,
      },
      true,
    );
    expect(made.role).toBeInstanceOf(iam.Role);
    expect(configurations(stack)).toMatchObject({
      compaction: { CompactionConfiguration: { IcebergConfiguration: { Strategy: 'z-order' } } },
      retention: {
        RetentionConfiguration: {
          IcebergConfiguration: { SnapshotRetentionPeriodInDays: 30, NumberOfSnapshotsToRetain: 1 },
        },
      },
      orphan_file_deletion: {
        OrphanFileDeletionConfiguration: { IcebergConfiguration: { OrphanFileRetentionPeriodInDays: 3 } },
      },
    });
    const role = iam.Role.fromRoleArn(stack, 'Own', 'arn:aws:iam::111111111111:role/own');
    expect(optimized({ role }).made.role).toBe(role);
  });

  test('takes days that only a deployment knows', () => {
    const days = Lazy.number({ produce: () => 9 });
    const { stack } = optimized({ snapshotRetention: Duration.days(days), orphanRetention: Duration.days(days) });
    expect(configurations(stack)).toMatchObject({
      retention: { RetentionConfiguration: { IcebergConfiguration: { SnapshotRetentionPeriodInDays: 9 } } },
      orphan_file_deletion: {
        OrphanFileDeletionConfiguration: { IcebergConfiguration: { OrphanFileRetentionPeriodInDays: 9 } },
      },
    });
  });

  test('fails when times are no days, numbers too small or there is no order, all at once', () => {
    const wrong = {
      snapshotRetention: Duration.hours(36),
      orphanRetention: Duration.days(0),
      snapshotsToRetain: 0,
      compaction: CompactionStrategy.SORT,
    };
    expect(messageOf(() => optimized(wrong)).split('\n')).toEqual([
      "4 problems in optimizers 'Rides/Optimizers':",
      `  - 'snapshotRetention' must be whole days, at least 1, got "1.5 days"; Glue counts in days`,
      `  - 'orphanRetention' must be whole days, at least 1, got "0 days"; Glue counts in days`,
      `  - 'snapshotsToRetain' must be a whole number of at least 1, got 0; the newest version is the table itself`,
      `  - 'compaction' must be binpack for a table without sort fields, got "sort"; give the table sortFields, or leave it out`,
    ]);
  });
});

describe('a catalog', () => {
  const columns = [KEY];

  function catalogOf(contract: Partial<TestContract>): { catalog: LakeCatalog; optimizers: Optimizer[] } {
    const contracts = contractsOf({ zone: 'gold', columns, ...contract });
    const stack = new Stack(new App(), 'Lake');
    const schemaLock = SchemaLock.empty().update(contracts).lock;
    const catalog = new LakeCatalog(stack, 'Catalog', {
      zones: new LakeStorage(stack, 'Zones'),
      contracts,
      schemaLock,
    });
    const nested = catalog.node.children.filter((child) => child instanceof NestedStack);
    const found = nested.flatMap((child) =>
      Object.values(resourcesIn<Optimizer>(child, 'AWS::Glue::TableOptimizer')).map(({ Properties }) => Properties),
    );
    return { catalog, optimizers: found };
  }

  test('has Glue look after tables as their contract says', () => {
    const properties = { compaction: 'sort', snapshotRetentionDays: 21, sortOrder: [{ column: KEY.name }] };
    const { catalog, optimizers } = catalogOf({ custom: properties });
    expect(optimizers.map(({ Type }) => Type).toSorted()).toEqual(['compaction', 'orphan_file_deletion', 'retention']);
    const text = JSON.stringify(optimizers);
    expect(text).toContain('"Strategy":"sort"');
    expect(text).toContain('"SnapshotRetentionPeriodInDays":21');
    expect(Object.keys(catalog.maintainers())).toEqual(['gold']);
  });

  test('leaves alone what the job maintains, and has no role for it', () => {
    const { catalog, optimizers } = catalogOf({ custom: { maintenance: 'job' } });
    expect(optimizers).toEqual([]);
    expect(catalog.maintainers()).toEqual({});
  });
});
