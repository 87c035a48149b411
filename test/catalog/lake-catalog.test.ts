import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, NestedStack, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { LakeCatalog, type LakeCatalogProps } from '../../lib/catalog';
import { DataContracts, SchemaLock, Zone } from '../../lib/contracts';
import { LakeStorage } from '../../lib/storage';
import { type Resource, resourcesIn } from '../support/stacks';
import { KEY, type TestContract, column, contractsOf, directoryOf, messageOf } from '../contracts/lake';
import type { TableProperties } from './fixtures';

const REPOSITORY = DataContracts.fromDirectory(path.join(__dirname, '../../contracts'));

interface Statement {
  readonly Action: unknown;
  readonly Resource: unknown;
}

interface Catalogued {
  readonly stack: Stack;
  readonly catalog: LakeCatalog;
}

function catalogue(props: Partial<LakeCatalogProps> = {}): Catalogued {
  const stack = new Stack(new App(), 'Lake');
  const zones = new LakeStorage(stack, 'Zones');
  return { stack, catalog: new LakeCatalog(stack, 'Catalog', { zones, contracts: REPOSITORY, ...props }) };
}

/** The tables in a domain's nested stack by logical id. */
function tablesIn({ catalog }: Catalogued, domain: string): { [id: string]: Resource<TableProperties> } {
  const nested = catalog.node.findChild(domain);
  if (!(nested instanceof NestedStack)) {
    throw new Error(`${domain} is no nested stack`);
  }
  return resourcesIn<TableProperties>(nested, 'AWS::Glue::Table');
}

/** The Iceberg input of a table by database and name. */
function inputOf(made: Catalogued, domain: string, table: string): unknown {
  const found = Object.values(tablesIn(made, domain)).find(
    ({ Properties }) => `${Properties.DatabaseName}.${Properties.Name}` === table,
  );
  return found?.Properties.OpenTableFormatInput.IcebergInput;
}

/** A catalog of contracts made for the test, with the lock that follows from them. */
function catalogueOf(...contracts: TestContract[]): Catalogued {
  const read = contractsOf(...contracts);
  return catalogue({ contracts: read, schemaLock: SchemaLock.empty().update(read).lock });
}

/** The statements a grant adds to a role's policy. */
function statements(grant: (catalog: LakeCatalog, role: iam.Role) => iam.Grant): Statement[] {
  const { stack, catalog } = catalogue();
  const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
  expect(grant(catalog, role).success).toBe(true);
  const policies = resourcesIn<{ readonly PolicyDocument: { readonly Statement: Statement[] } }>(
    stack,
    'AWS::IAM::Policy',
  );
  const [, policy] = Object.entries(policies).find(([id]) => id.startsWith('RoleDefaultPolicy')) ?? [];
  return policy?.Properties.PolicyDocument.Statement ?? [];
}

describe('LakeCatalog', () => {
  test('defines one database for each zone with tables, in the parent stack', () => {
    const { stack } = catalogue({ databasePrefix: 'lakehouse_dev' });
    const databases = Object.values(resourcesIn(stack, 'AWS::Glue::Database'));
    expect(databases).toMatchObject(
      ['bronze', 'silver', 'gold'].map((zone) => ({
        Properties: { CatalogId: { Ref: 'AWS::AccountId' }, DatabaseInput: { Name: `lakehouse_dev_${zone}` } },
        DeletionPolicy: 'RetainExceptOnCreate',
        UpdateReplacePolicy: 'Retain',
      })),
    );
    expect(resourcesIn(stack, 'AWS::Glue::Table')).toEqual({});
  });

  test('begins database names with lakehouse when no prefix is said', () => {
    const { catalog } = catalogue();
    expect(catalog.databaseName(Zone.SILVER)).toBe('lakehouse_silver');
    expect(catalog.database(Zone.SILVER).databaseRef.databaseName).toEqual(expect.any(String));
  });

  test("puts each domain's tables into a nested stack of its own", () => {
    const made = catalogue();
    expect(Object.keys(tablesIn(made, 'Operations'))).toHaveLength(11);
    expect(Object.keys(tablesIn(made, 'Reference'))).toHaveLength(9);
    expect(made.catalog.allTables().map((table) => table.tableName)).toHaveLength(20);
  });

  test('places tables by the lock, in the bucket of their zone', () => {
    expect(inputOf(catalogue(), 'Operations', 'lakehouse_silver.flights')).toMatchObject({
      IcebergTableInput: {
        Location: {
          'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/ZonesSilver.*Ref$/) }, '/operations/flights']],
        },
      },
    });
  });

  test('takes ids, keys and the comment from contract and lock', () => {
    expect(inputOf(catalogue(), 'Operations', 'lakehouse_silver.flights')).toMatchObject({
      Version: '2',
      IcebergTableInput: {
        Schema: {
          Fields: expect.arrayContaining([
            expect.objectContaining({ Id: 19, Name: 'time_hour', Type: 'timestamptz', Required: true }),
            expect.objectContaining({ Id: 24, Name: '_batch_token', Type: 'string', Required: false }),
          ]),
          IdentifierFieldIds: [10, 11, 13, 19],
        },
        PartitionSpec: { Fields: [{ SourceId: 19, FieldId: 1000, Name: 'time_hour_month', Transform: 'month' }] },
        Properties: { comment: expect.stringMatching(/^Every scheduled departure/) },
      },
    });
  });

  test('gives nested fields the ids of the lock', () => {
    const type = expect.stringMatching(/"element-id":12,.*"id":13,"name":"rule"/);
    expect(inputOf(catalogue(), 'Operations', 'lakehouse_bronze.flights__dlq')).toMatchObject({
      IcebergTableInput: {
        Schema: { Fields: expect.arrayContaining([expect.objectContaining({ Id: 5, Name: '_reasons', Type: type })]) },
      },
    });
  });

  test('makes nested stacks wait for the databases and for what maintainers may do, and refers to nothing inside them', () => {
    const { stack, catalog } = catalogue();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    catalog.table(Zone.SILVER, 'flights').grants.readWrite(role);
    const databases = ['Bronze', 'Gold', 'Silver'].map((zone) => expect.stringMatching(`Catalog${zone}Database`));
    const nested = Object.values(resourcesIn(stack, 'AWS::CloudFormation::Stack'));
    const maintainers = ['Bronze', 'Silver'].flatMap((zone) => [
      expect.stringMatching(`Catalog${zone}OptimizersDefaultPolicy`),
      expect.stringMatching(`Catalog${zone}Optimizers(?!Default)`),
    ]);
    const awaited = expect.arrayContaining([...databases, ...maintainers]) as unknown;
    expect(nested.map(({ DependsOn }) => DependsOn)).toEqual([awaited, awaited]);
    expect(JSON.stringify(resourcesIn(stack))).not.toContain('Outputs.');
  });

  test("moves no other table's logical id when a dataset is added", () => {
    const trips = { zone: 'gold', columns: [KEY] };
    const before = Object.keys(tablesIn(catalogueOf(trips), 'Rides'));
    const grown = catalogueOf({ ...trips, dataset: 'a' }, trips, { ...trips, dataset: 'z' });
    const after = Object.keys(tablesIn(grown, 'Rides'));
    expect(after).toEqual(expect.arrayContaining(before));
    expect(after).toHaveLength(3);
  });

  test('tells apart datasets whose names differ by an underscore', () => {
    const columns = [KEY];
    const made = catalogueOf(
      { zone: 'gold', dataset: 'trips1', columns },
      { zone: 'gold', dataset: 'trips_1', columns },
    );
    expect(Object.keys(tablesIn(made, 'Rides'))).toHaveLength(2);
  });

  test('hands the format version and properties of a contract to its table', () => {
    const properties = { formatVersion: 3, tableProperties: { 'write.merge.mode': 'merge-on-read' } };
    const made = catalogueOf({ zone: 'gold', columns: [KEY], custom: properties });
    expect(inputOf(made, 'Rides', 'lakehouse_gold.trips')).toMatchObject({
      Version: '3',
      IcebergTableInput: { Properties: { 'write.merge.mode': 'merge-on-read' } },
    });
  });

  test('lets databases and tables go when told to', () => {
    const made = catalogue({ removalPolicy: RemovalPolicy.DESTROY });
    const resources = { ...resourcesIn(made.stack, 'AWS::Glue::Database'), ...tablesIn(made, 'Operations') };
    expect(new Set(Object.values(resources).map(({ DeletionPolicy }) => DeletionPolicy))).toEqual(new Set(['Delete']));
  });

  test('fails when the contracts have no lock yet', () => {
    const contracts = DataContracts.fromDirectory(directoryOf({ columns: [KEY] }));
    expect(messageOf(() => catalogue({ contracts }))).toContain("run 'npx lakehouse lock' and commit the file");
  });

  test('fails when a contract disagrees with the lock', () => {
    const [before, after] = [contractsOf({ columns: [KEY] }), contractsOf({ columns: [KEY, column('tip', 'int')] })];
    const { lock } = SchemaLock.empty().update(before);
    expect(messageOf(() => catalogue({ contracts: after, schemaLock: lock }))).toContain(
      `'silver.trips' must be as schema.lock.json has it, got "+ column tip int (id 2)"`,
    );
  });

  test.each(['Lake', 'lake-house', ''])('fails when the database prefix is %p', (databasePrefix) => {
    expect(messageOf(() => catalogue({ databasePrefix }))).toContain(
      `'databasePrefix' must be up to 101 characters of a-z, 0-9 and _ that begin with a letter, known at synthesis, ` +
        `got "${databasePrefix}"`,
    );
  });

  test('fails when a zone without tables or an unknown table is asked for', () => {
    const { catalog } = catalogue();
    expect(messageOf(() => catalog.database(Zone.LANDING))).toBe(
      `'zone' must be a zone that holds tables, got "landing"; choose one of bronze, silver, gold (at Lake/Catalog)`,
    );
    expect(messageOf(() => catalog.table(Zone.SILVER, 'fligths'))).toBe(
      `'table' must be a table that a contract asks for, got "silver.fligths"; did you mean 'silver.flights'? ` +
        '(at Lake/Catalog)',
    );
  });
});

describe('LakeCatalogGrants', () => {
  test('lets a reader read all tables in four statements', () => {
    const found = statements((catalog, role) => catalog.grants.read(role));
    expect(found.map((statement) => statement.Action)).toEqual([
      ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'],
      ['s3:ListBucket', 's3:GetBucketLocation'],
      's3:GetObject',
      'kms:Decrypt',
    ]);
    expect(found[0]?.Resource).toHaveLength(7);
    expect(found[1]?.Resource).toHaveLength(3);
  });

  test('lets one who reads and writes commit, but neither create nor drop tables', () => {
    const found = statements((catalog, role) => catalog.grants.readWrite(role));
    expect(found[0]?.Action).toEqual(['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables', 'glue:UpdateTable']);
    expect(found[2]?.Action).toContain('s3:PutObject');
    expect(found[3]?.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('covers only the zones that are asked for', () => {
    const found = statements((catalog, role) => catalog.grants.read(role, { zones: [Zone.GOLD] }));
    const arns = JSON.stringify(found);
    expect(arns).toContain('table/lakehouse_gold/*');
    expect(arns).not.toContain('silver');
    expect(found[1]?.Resource).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^ZonesGold/), 'Arn'] });
  });

  test('fails when a zone holds no tables', () => {
    expect(
      messageOf(() => statements((catalog, role) => catalog.grants.read(role, { zones: [Zone.LANDING] }))),
    ).toContain(`'zones' must be zones that hold tables, got "landing"; choose among bronze, silver, gold`);
  });
});
