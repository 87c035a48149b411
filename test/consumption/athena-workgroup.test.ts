import * as path from 'node:path';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as kms from 'aws-cdk-lib/aws-kms';
import * as s3 from 'aws-cdk-lib/aws-s3';
import { App, Duration, RemovalPolicy, Size, type Stack, Token } from 'aws-cdk-lib/core';
import { athenaWorkgroup } from '../../examples/athena-workgroup';
import { LakeCatalog } from '../../lib/catalog';
import { AthenaWorkgroup, type AthenaWorkgroupProps } from '../../lib/consumption';
import { DataContracts, SchemaLock, Zone } from '../../lib/contracts';
import { LakeStorage } from '../../lib/storage';
import { KEY, column, contractsOf, custom } from '../contracts/lake';
import { complianceOf, withAwsSolutions } from '../support/compliance';
import { resourcesIn, testStack, theOnly } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const CONTRACTS = DataContracts.fromDirectory(path.join(__dirname, '../../contracts'));

/** The name made from the path `Test/Queries`. */
const NAME = 'Test-Queries-6A1D0139';

interface WorkGroup {
  readonly Name: string;
  readonly WorkGroupConfiguration: { readonly [member: string]: unknown };
}

interface NamedQuery {
  readonly Name: string;
  readonly Database: string;
  readonly QueryString: string;
  readonly WorkGroup: unknown;
}

interface Made {
  readonly stack: Stack;
  readonly key: kms.Key;
  readonly workgroup: AthenaWorkgroup;
}

function make(props: Partial<AthenaWorkgroupProps> = {}): Made {
  const stack = testStack();
  const key = new kms.Key(stack, 'Key');
  const results = new s3.Bucket(stack, 'Results', { encryptionKey: key });
  return { stack, key, workgroup: new AthenaWorkgroup(stack, 'Queries', { results, ...props }) };
}

function configurationOf(props: Partial<AthenaWorkgroupProps> = {}): WorkGroup['WorkGroupConfiguration'] {
  return theOnly<WorkGroup>(make(props).stack, 'AWS::Athena::WorkGroup').WorkGroupConfiguration;
}

function policyOf({ stack }: Made): (string | undefined)[] {
  return Object.values(resourcesIn(stack, 'AWS::Athena::WorkGroup')).map(({ DeletionPolicy }) => DeletionPolicy);
}

function by(transform: string): { readonly customProperties: unknown[] } {
  return custom('partitionTransform', transform);
}

function queriesIn(stack: Stack): NamedQuery[] {
  return Object.values(resourcesIn<NamedQuery>(stack, 'AWS::Athena::NamedQuery')).map(({ Properties }) => Properties);
}

describe('AthenaWorkgroup', () => {
  test('enforces engine 3, a limit, metrics and encrypted results under a prefix of its own', () => {
    const { stack, key } = make();
    expect(theOnly(stack, 'AWS::Athena::WorkGroup')).toMatchObject({
      Name: NAME,
      Description: 'ad-hoc queries on the lake',
      RecursiveDeleteOption: false,
      State: 'ENABLED',
      WorkGroupConfiguration: {
        EnforceWorkGroupConfiguration: true,
        EngineVersion: { SelectedEngineVersion: 'Athena engine version 3' },
        BytesScannedCutoffPerQuery: 100 * 1024 ** 3,
        PublishCloudWatchMetricsEnabled: true,
        RequesterPaysEnabled: false,
        ResultConfiguration: {
          OutputLocation: {
            'Fn::Join': ['', ['s3://', { Ref: expect.stringMatching(/^Results/) }, `/athena/${NAME}/`]],
          },
          EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey: stack.resolve(key.keyArn) },
        },
      },
    });
  });

  test('takes another limit, prefix, key, name and description', () => {
    const stack = testStack();
    const results = new s3.Bucket(stack, 'Results');
    const encryptionKey = new kms.Key(stack, 'Other');
    new AthenaWorkgroup(stack, 'Queries', {
      results,
      encryptionKey,
      scanLimit: Size.gibibytes(1),
      resultsPrefix: 'sql/results/',
      workgroupName: 'analysts',
      description: 'for analysts',
    });
    expect(theOnly(stack, 'AWS::Athena::WorkGroup')).toMatchObject({
      Name: 'analysts',
      Description: 'for analysts',
      WorkGroupConfiguration: {
        BytesScannedCutoffPerQuery: 1024 ** 3,
        ResultConfiguration: {
          OutputLocation: { 'Fn::Join': ['', expect.arrayContaining(['/sql/results/'])] },
          EncryptionConfiguration: { KmsKey: stack.resolve(encryptionKey.keyArn) },
        },
      },
    });
  });

  test.each([
    [undefined, 30],
    [Duration.days(7), 7],
    [Duration.days(Token.asNumber({ Ref: 'Days' })), { Ref: 'Days' }],
  ])('deletes results after their retention', (resultRetention, days) => {
    const { stack } = make({ resultRetention });
    expect(theOnly(stack, 'AWS::S3::Bucket')).toMatchObject({
      LifecycleConfiguration: { Rules: [{ Prefix: `athena/${NAME}/`, ExpirationInDays: days, Status: 'Enabled' }] },
    });
  });

  test('is kept when it leaves the stack, or goes when told to', () => {
    expect(policyOf(make())).toEqual(['RetainExceptOnCreate']);
    expect(policyOf(make({ removalPolicy: RemovalPolicy.DESTROY }))).toEqual(['Delete']);
  });

  test('lets a role query: this workgroup, its results, and its key, and nothing else', () => {
    const { stack, key, workgroup } = make();
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    expect(workgroup.grants.query(role).success).toBe(true);
    const { Statement } = theOnly<{
      PolicyDocument: { Statement: { Action: string | string[]; Resource: unknown }[] };
    }>(stack, 'AWS::IAM::Policy').PolicyDocument;
    const [athena] = Statement;
    expect(athena).toEqual({
      Effect: 'Allow',
      Action: expect.arrayContaining(['athena:StartQueryExecution', 'athena:GetQueryResults', 'athena:GetNamedQuery']),
      Resource: stack.resolve(workgroup.workgroupArn),
    });
    expect(Statement).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          Action: 's3:ListBucket',
          Condition: { StringLike: { 's3:prefix': [`athena/${NAME}/*`] } },
        }),
        expect.objectContaining({
          Action: ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'],
          Resource: stack.resolve(workgroup.results.arnForObjects(`athena/${NAME}/*`)),
        }),
        expect.objectContaining({
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: stack.resolve(key.keyArn),
        }),
      ]),
    );
    const resources = JSON.stringify(Statement.map(({ Resource }) => Resource));
    expect(resources).not.toContain('"*"');
  });

  test('watches the bytes that are billed', () => {
    const { stack, workgroup } = make();
    const metric = workgroup.metricScannedBytes();
    expect(metric).toMatchObject({ namespace: 'AWS/Athena', metricName: 'ProcessedBytes', statistic: 'Sum' });
    expect(stack.resolve(metric.dimensions)).toEqual({
      QueryState: 'SUCCEEDED',
      QueryType: 'DML',
      WorkGroup: stack.resolve(workgroup.workgroupName),
    });
  });

  test('fails when a workgroup that exists has no name', () => {
    const stack = testStack();
    const results = s3.Bucket.fromBucketName(stack, 'Results', 'theirs');
    expect(() =>
      AthenaWorkgroup.fromAthenaWorkgroupAttributes(stack, 'Theirs', {
        workgroupName: '',
        results,
        resultsPrefix: 'r/',
      }),
    ).toThrow('\'workgroupName\' must be 1 to 128 letters, digits, dots, underscores and hyphens, got ""');
  });

  test('refers to a workgroup that exists, with the same grants', () => {
    const stack = testStack();
    const results = s3.Bucket.fromBucketName(stack, 'Results', 'theirs');
    const workgroup = AthenaWorkgroup.fromAthenaWorkgroupAttributes(stack, 'Theirs', {
      workgroupName: 'theirs',
      results,
      resultsPrefix: 'r/',
    });
    const role = new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() });
    workgroup.grants.query(role);
    const policy = JSON.stringify(theOnly(stack, 'AWS::IAM::Policy'));
    expect(policy).toContain(':workgroup/theirs"');
    expect(policy).toContain(':s3:::theirs/r/*"');
    expect(policy).not.toContain('kms:');
    expect(resourcesIn(stack, 'AWS::Athena::WorkGroup')).toEqual({});
  });

  test('fails, with every problem, when Athena would not take it', () => {
    const stack = testStack();
    const results = s3.Bucket.fromBucketName(stack, 'Results', 'theirs');
    const wrong = {
      results,
      scanLimit: Size.mebibytes(1),
      resultsPrefix: '/results',
      resultRetention: Duration.hours(36),
      workgroupName: 'a b',
    };
    expect(() => new AthenaWorkgroup(stack, 'Queries', wrong)).toThrow(
      [
        "5 problems in workgroup 'Test/Queries':",
        '  - \'resultsPrefix\' must be a prefix that ends, and does not begin, with a slash, got "/results"; ' +
          "use 'athena/': results at the root of a bucket would mix with everything else in it",
        '  - \'resultRetention\' must be whole days, at least 1, got "1.5 days"; S3 counts in days; use Duration.days',
        '  - \'workgroupName\' must be 1 to 128 letters, digits, dots, underscores and hyphens, got "a b"; correct the name or leave it out',
        "  - 'encryptionKey' must be the key that encrypts results, got nothing; pass a key, or a bucket that knows its own",
        '  - \'scanLimit\' must be at least 10000000 bytes, got "1048576 bytes"; Athena takes no smaller limit; use Size.gibibytes(1)',
      ].join('\n'),
    );
  });

  test('takes exactly the least limit that Athena takes, and one that only the deployment knows', () => {
    const later = Size.bytes(Token.asNumber({ Ref: 'Limit' }));
    expect(configurationOf({ scanLimit: later }).BytesScannedCutoffPerQuery).toEqual({ Ref: 'Limit' });
    expect(configurationOf({ scanLimit: Size.bytes(10_000_000) }).BytesScannedCutoffPerQuery).toBe(10_000_000);
  });
});

describe('saved queries', () => {
  test('are saved in the workgroup', () => {
    const { stack, workgroup } = make({
      queries: [{ name: 'one', database: 'silver', sql: 'SELECT 1', description: 'the number' }],
    });
    expect(theOnly(stack, 'AWS::Athena::NamedQuery')).toEqual({
      Name: 'one',
      Database: 'silver',
      QueryString: 'SELECT 1',
      Description: 'the number',
      WorkGroup: stack.resolve(workgroup.workgroupName),
    });
  });

  test('fail when they say nothing, or one of the name is there', () => {
    const { workgroup } = make({ queries: [{ name: 'one', database: 'silver', sql: 'SELECT 1' }] });
    expect(() => workgroup.addQuery({ name: 'one', database: '', sql: ' ' })).toThrow(
      /3 problems in query of workgroup 'Test\/Queries':\n {2}- 'database' must be 1 to 255 characters[\s\S]*'sql' must be 1 to 262144[\s\S]*'name' must be a name no other query has, got "one"/,
    );
  });

  test('of tables filter on every partition field, with constants of the column type', () => {
    const contracts = contractsOf({
      dataset: 'trips',
      columns: [
        KEY,
        column('started_at', 'timestamptz', { partitioned: true, partitionKeyPosition: 1, ...by('day') }),
        column('city', 'string', { partitioned: true, partitionKeyPosition: 2, ...by('identity') }),
      ],
    });
    const { stack, workgroup } = make();
    const zones = new LakeStorage(stack, 'Zones');
    const catalog = new LakeCatalog(stack, 'Catalog', {
      zones,
      contracts,
      schemaLock: SchemaLock.empty().update(contracts).lock,
    });
    workgroup.addTableQueries(catalog, contracts);
    const rows = queriesIn(stack).find(({ Name }) => Name === 'silver.trips: rows of a partition');
    expect(rows?.QueryString).toBe(
      [
        '-- parameters, each in single quotes: started_at from, started_at before, city',
        'SELECT *',
        'FROM "lakehouse_silver"."trips"',
        'WHERE "started_at" >= from_iso8601_timestamp(?) AND "started_at" < from_iso8601_timestamp(?)',
        '  AND "city" = ?',
        'LIMIT 1000',
        '',
      ].join('\n'),
    );
  });

  test('of tables cover the partitioned ones of the zones, each by metadata and by rows', () => {
    const { stack, workgroup } = make();
    const zones = new LakeStorage(stack, 'Zones');
    const catalog = new LakeCatalog(stack, 'Catalog', { zones, contracts: CONTRACTS });
    workgroup.addTableQueries(catalog, CONTRACTS, { zones: [Zone.SILVER] });
    const partitioned = CONTRACTS.tables().filter(
      ({ zone, partitionFields }) => zone === Zone.SILVER && partitionFields.length > 0,
    );
    expect(queriesIn(stack).map(({ Name }) => Name)).toEqual(
      partitioned.flatMap(({ key }) => [`${key}: partitions`, `${key}: rows of a partition`]),
    );
    for (const { key, partitionFields } of partitioned) {
      const sql = queriesIn(stack).find(({ Name }) => Name === `${key}: rows of a partition`)?.QueryString ?? '';
      const [, filter] = sql.split('WHERE');
      expect(partitionFields.filter(({ column: name }) => !filter?.includes(`"${name}" `))).toEqual([]);
    }
  });
});

test('the example has no open finding of AwsSolutions', () => {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  const stack = athenaWorkgroup(withAwsSolutions(app));
  expect(complianceOf(app).open).toEqual([]);
  expect(queriesIn(stack).length).toBeGreaterThan(0);
});
