import * as fs from 'node:fs';
import * as iam from 'aws-cdk-lib/aws-iam';
import {
  App,
  CliCredentialsStackSynthesizer,
  DefaultStackSynthesizer,
  LegacyStackSynthesizer,
  NestedStack,
  Stack,
} from 'aws-cdk-lib/core';
import { LakeCatalog } from '../../lib/catalog';
import { DataContracts, SchemaLock } from '../../lib/contracts';
import { LakeGovernance, type LakeGovernanceProps } from '../../lib/governance';
import { LakeStorage } from '../../lib/storage';
import { KEY, column, contractsOf, messageOf } from '../contracts/lake';
import { complianceOf, withAwsSolutions } from '../support/compliance';
import { type Resource, resourcesIn, theOnly } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

const COLUMNS = [
  { ...KEY, classification: 'public' },
  column('city', 'string', { classification: 'public' }),
  column('rider', 'string', { classification: 'confidential' }),
  column('fare', 'double'),
];

/** Looked after by a job, so that nobody but those whom a test adds has permissions. */
const TRIPS = contractsOf({ columns: COLUMNS, custom: { maintenance: 'job' } });
interface Permissions {
  readonly Principal: { readonly DataLakePrincipalIdentifier: unknown };
  readonly Permissions: string[];
  readonly PermissionsWithGrantOption: string[];
  readonly Resource: { readonly [kind: string]: unknown };
}

interface Association {
  readonly LFTags: { readonly TagKey: string; readonly TagValues: string[] }[];
  readonly Resource: {
    readonly Table?: { readonly DatabaseName: string; readonly Name: string };
    readonly TableWithColumns?: { readonly Name: string; readonly ColumnNames: string[] };
  };
}

interface Governed {
  readonly stack: Stack;
  readonly governance: LakeGovernance;
  readonly role: iam.Role;
}

function lake(stack: Stack, contracts: DataContracts = TRIPS): LakeGovernanceProps {
  const zones = new LakeStorage(stack, 'Zones');
  const schemaLock = SchemaLock.empty().update(contracts).lock;
  return { catalog: new LakeCatalog(stack, 'Catalog', { zones, contracts, schemaLock }), contracts };
}

function govern(props: Partial<LakeGovernanceProps> = {}, contracts: DataContracts = TRIPS): Governed {
  const stack = new Stack(new App(), 'Lake');
  const governance = new LakeGovernance(stack, 'Governance', { ...lake(stack, contracts), ...props });
  return { stack, governance, role: new iam.Role(stack, 'Role', { assumedBy: new iam.AccountRootPrincipal() }) };
}

function all<Properties>(stack: Stack, type: string): [string, Resource<Properties>][] {
  return Object.entries(resourcesIn<Properties>(stack, `AWS::LakeFormation::${type}`));
}

/** The nested stack of the classifications. */
function tagsIn(stack: Stack): Stack {
  const found = stack.node.findChild('Governance').node.findChild('Rides');
  if (!(found instanceof NestedStack)) {
    throw new Error(`${found.node.path} is no nested stack`);
  }
  return found;
}

/** The ARNs of the administrators that are appended. */
function administratorsOf(stack: Stack): unknown[] {
  const { Admins } = theOnly<{ Admins: { DataLakePrincipalIdentifier: unknown }[] }>(
    stack,
    'AWS::LakeFormation::DataLakeSettings',
  );
  return Admins.map(({ DataLakePrincipalIdentifier: arn }) => arn);
}

function permissionsOf(stack: Stack): Permissions[] {
  return all<Permissions>(stack, 'PrincipalPermissions').map(([, { Properties }]) => Properties);
}

/** The ids of the permissions of a reader of these classifications. */
function idsWith(...classifications: string[]): string[] {
  const { stack, governance, role } = govern();
  governance.addReader('Analysts', { role, classifications });
  return all(stack, 'PrincipalPermissions').map(([id]) => id);
}

describe('LakeGovernance', () => {
  test('lets read what its README lets read of the contracts of this package', () => {
    const readme = fs.readFileSync('lib/governance/README.md', 'utf8');
    const [, listed = ''] = /addReader\('Analysts', .*classifications: \[(.*?)\]/.exec(readme) ?? [];
    const classifications = [...listed.matchAll(/'(.+?)'/g)].map(([, name = '']) => name);
    const { governance, role } = govern({}, DataContracts.fromDirectory('contracts'));
    expect(classifications).not.toEqual([]);
    expect(() => governance.addReader('Analysts', { role, classifications })).not.toThrow();
  });

  test('appends whoever deploys to the administrators and leaves the rest of the settings alone', () => {
    const { stack } = govern();
    expect(theOnly(stack, 'AWS::LakeFormation::DataLakeSettings')).toEqual({
      MutationType: 'APPEND',
      Admins: [
        {
          DataLakePrincipalIdentifier: {
            'Fn::Sub':
              'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-cfn-exec-role-${AWS::AccountId}-${AWS::Region}',
          },
        },
      ],
    });
  });

  test.each<[string, DefaultStackSynthesizer, unknown]>([
    [
      'by its qualifier',
      new DefaultStackSynthesizer({ qualifier: 'own' }),
      {
        'Fn::Sub':
          'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-own-cfn-exec-role-${AWS::AccountId}-${AWS::Region}',
      },
    ],
    [
      'as a whole',
      new DefaultStackSynthesizer({ cloudFormationExecutionRole: 'arn:aws:iam::111111111111:role/own' }),
      'arn:aws:iam::111111111111:role/own',
    ],
    [
      'with placeholders',
      new DefaultStackSynthesizer({
        cloudFormationExecutionRole: 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/own',
      }),
      { 'Fn::Sub': 'arn:${AWS::Partition}:iam::${AWS::AccountId}:role/own' },
    ],
  ])('appends the role that the synthesizer names %s, in a nested stack too', (_, synthesizer, arn) => {
    for (const isNested of [false, true]) {
      const outer = new Stack(new App(), 'Lake', { synthesizer });
      const stack = isNested ? new NestedStack(outer, 'Nested') : outer;
      new LakeGovernance(stack, 'Governance', lake(stack));
      expect(administratorsOf(stack)).toEqual([arn]);
    }
  });

  test('names the usual role in the same way where the stack knows its account and region', () => {
    const stack = new Stack(new App(), 'Lake', { env: { account: '111111111111', region: 'eu-west-1' } });
    new LakeGovernance(stack, 'Governance', lake(stack));
    expect(administratorsOf(stack)).toEqual(administratorsOf(govern().stack));
  });

  test.each([new CliCredentialsStackSynthesizer(), new LegacyStackSynthesizer()])(
    'fails when nobody says who deploys: %o',
    (synthesizer) => {
      const stack = new Stack(new App(), 'Lake', { synthesizer });
      const props = lake(stack);
      expect(() => new LakeGovernance(stack, 'Governance', { ...props, tagName: 'Own' })).toThrow(
        /'tagName' must be .*\n.*'deployRole' must be given where the stack's synthesizer names no role of CloudFormation, got nothing; pass the role that deploys the stack/,
      );
      const deployRole = iam.Role.fromRoleArn(stack, 'deploy', 'arn:aws:iam::111111111111:role/deploy');
      new LakeGovernance(stack, 'Governed', { ...props, deployRole });
      expect(administratorsOf(stack)).toEqual(['arn:aws:iam::111111111111:role/deploy']);
    },
  );

  test('appends other administrators, each once, and another role that deploys', () => {
    const stack = new Stack(new App(), 'Lake');
    const [deployRole, admin] = ['deploy', 'admin'].map((name) =>
      iam.Role.fromRoleArn(stack, name, `arn:aws:iam::111111111111:role/${name}`),
    );
    const administrators = [admin, deployRole].flatMap((role) => role ?? []);
    new LakeGovernance(stack, 'Governance', { ...lake(stack), deployRole, administrators });
    expect(administratorsOf(stack)).toEqual([
      'arn:aws:iam::111111111111:role/deploy',
      'arn:aws:iam::111111111111:role/admin',
    ]);
  });

  test.each([undefined, true])('registers the buckets with tables under a role of its own', (hybridAccess) => {
    const { stack, governance } = govern({ hybridAccess });
    const locations = all<{ ResourceArn: unknown }>(stack, 'Resource');
    expect(locations.map(([, { Properties }]) => JSON.stringify(Properties.ResourceArn))).toEqual([
      expect.stringContaining('ZonesBronze'),
      expect.stringContaining('ZonesSilver'),
      expect.stringContaining('ZonesGold'),
    ]);
    for (const [, { Properties, DependsOn = [] }] of locations) {
      expect(Properties).toMatchObject({
        RoleArn: stack.resolve(governance.registrationRole.roleArn),
        UseServiceLinkedRole: false,
        HybridAccessEnabled: hybridAccess ?? false,
      });
      expect(DependsOn.join()).toMatch(/GovernanceRegistrationRoleDefaultPolicy/);
    }
  });

  test('lets the registration role use the objects of these buckets and their key, and no other', () => {
    const { stack } = govern();
    const [[, role] = []] = Object.entries(resourcesIn(stack, 'AWS::IAM::Role'));
    expect(role?.Properties).toMatchObject({
      AssumeRolePolicyDocument: {
        Statement: [
          {
            Principal: { Service: 'lakeformation.amazonaws.com' },
            Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
          },
        ],
      },
    });
    const { Statement } = theOnly<{ PolicyDocument: { Statement: { Action: unknown; Resource: unknown }[] } }>(
      stack,
      'AWS::IAM::Policy',
    ).PolicyDocument;
    expect(Statement.map(({ Action }) => Action)).toEqual([
      's3:ListBucket',
      ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'],
      ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'],
    ]);
    expect(JSON.stringify(Statement)).not.toMatch(/ZonesLanding|ZonesArchive|ZonesArtifacts/);
  });

  test('has one tag with the classifications of the contracts and one for the rest', () => {
    const { stack, governance } = govern();
    expect(theOnly(stack, 'AWS::LakeFormation::Tag')).toEqual({
      TagKey: 'lakehouse_classification',
      TagValues: ['confidential', 'public', 'unclassified'],
    });
    expect(governance.classifications).toEqual(['confidential', 'public', 'unclassified']);
    const named = govern({ tagName: 'privacy', unclassified: 'unknown' }).stack;
    expect(theOnly(named, 'AWS::LakeFormation::Tag')).toEqual({
      TagKey: 'privacy',
      TagValues: ['confidential', 'public', 'unknown'],
    });
  });

  test('tags a table as unclassified and its classified columns as what they are', () => {
    const { stack } = govern();
    const associations = all<Association>(tagsIn(stack), 'TagAssociation').map(([, { Properties }]) => Properties);
    expect(
      associations.map(({ LFTags: [tag], Resource: { Table, TableWithColumns } }) => [
        tag?.TagKey,
        tag?.TagValues.join(),
        Table?.Name ?? TableWithColumns?.Name,
        TableWithColumns?.ColumnNames.join(),
      ]),
    ).toEqual([
      ['lakehouse_classification', 'unclassified', 'trips', undefined],
      ['lakehouse_classification', 'confidential', 'trips', 'rider'],
      ['lakehouse_classification', 'public', 'trips', 'id,city'],
    ]);
    expect(associations[0]?.Resource.Table?.DatabaseName).toBe('lakehouse_silver');
  });

  test('comes after the settings, the tag and the tables, columns after their table', () => {
    const { stack } = govern();
    const [settings] = all(stack, 'DataLakeSettings').map(([id]) => id);
    const [tag] = all(stack, 'Tag').map(([id]) => id);
    const nested = Object.entries(resourcesIn(stack, 'AWS::CloudFormation::Stack'));
    const [tables = '', tags = ''] = ['Catalog', 'Governance'].map(
      (room) => nested.find(([id]) => id.startsWith(room))?.[0],
    );
    expect(Object.fromEntries(nested)[tags]?.DependsOn).toEqual(expect.arrayContaining([settings, tag, tables]));
    const [table, ...parts] = all(tagsIn(stack), 'TagAssociation');
    expect(parts).toHaveLength(2);
    for (const [, { DependsOn = [] }] of parts) {
      expect(DependsOn).toContain(table?.[0]);
    }
    for (const [, { DependsOn = [] }] of [...all(stack, 'Resource'), ...all(stack, 'Tag')]) {
      expect(DependsOn).toContain(settings);
    }
  });

  test('has the tags of each nested stack of tables in one of their own', () => {
    const datasets = Array.from({ length: 100 }, (_, index) => ({ dataset: `t${index}`, columns: COLUMNS }));
    const { governance } = govern({}, contractsOf(...datasets));
    const stacks = governance.node.children.filter((child) => child instanceof NestedStack);
    const counts = stacks.map((each) => [each.node.id, all(each, 'TagAssociation').length]);
    expect(counts).toEqual([
      ['Rides', 3 * 99],
      ['Rides-2', 3],
    ]);
  });

  test('has nothing when nobody asks for it', () => {
    const stack = new Stack(new App(), 'Lake');
    lake(stack);
    expect(JSON.stringify(resourcesIn(stack))).not.toContain('LakeFormation');
  });
});

describe('a reader', () => {
  test('may describe the databases and select the columns of its classifications, each by a permission of its own', () => {
    const { stack, governance, role } = govern();
    governance.addReader('Analysts', { role, classifications: ['public', 'confidential'] });
    const given = permissionsOf(stack);
    expect(given.every(({ PermissionsWithGrantOption }) => PermissionsWithGrantOption.length === 0)).toBe(true);
    expect(new Set(given.map(({ Principal }) => JSON.stringify(Principal)))).toEqual(
      new Set([JSON.stringify({ DataLakePrincipalIdentifier: stack.resolve(role.roleArn) })]),
    );
    const databases = given.filter(({ Resource: { Database } }) => Database !== undefined);
    expect(databases.map((permission) => permission.Permissions)).toEqual([['DESCRIBE'], ['DESCRIBE'], ['DESCRIBE']]);
    const selected = given.filter(({ Resource: { LFTagPolicy } }) => LFTagPolicy !== undefined);
    expect(selected.map(({ Permissions, Resource: { LFTagPolicy } }) => ({ Permissions, LFTagPolicy }))).toEqual(
      ['public', 'confidential'].map((value) => ({
        Permissions: ['DESCRIBE', 'SELECT'],
        LFTagPolicy: {
          CatalogId: { Ref: 'AWS::AccountId' },
          ResourceType: 'TABLE',
          Expression: [{ TagKey: 'lakehouse_classification', TagValues: [value] }],
        },
      })),
    );
  });

  test('keeps its other permissions when one is added', () => {
    expect(idsWith('public', 'confidential')).toEqual(expect.arrayContaining(idsWith('public')));
  });

  test('asks Lake Formation for credentials, and gets to no bucket by itself', () => {
    const { stack, governance, role } = govern();
    governance.addReader('Analysts', { role, classifications: ['public'] });
    const policies = Object.entries(resourcesIn(stack, 'AWS::IAM::Policy'));
    const policy = JSON.stringify(policies.find(([id]) => id.startsWith('RoleDefaultPolicy')));
    expect(policy).toContain('"lakeformation:GetDataAccess"');
    expect(policy).toContain('"glue:GetTable"');
    expect(policy).not.toContain('s3:');
  });

  test('fails when no contract has the classification, or the role was added before', () => {
    const { governance, role } = govern();
    expect(() => governance.addReader('Analysts', { role, classifications: ['publik', 'publik'] })).toThrow(
      /'classifications' must be at least one, each once[\s\S]*got "publik"; did you mean 'public'\?/,
    );
    expect(() => governance.addReader('Others', { role, classifications: ['public'] })).toThrow(
      '\'role\' must be a role that was not added before, got "Lake/Role"',
    );
  });
});

test('a writer may change every table and use the registered buckets, once they are', () => {
  const { stack, governance, role } = govern();
  governance.addWriter('Ingest', role);
  const given = permissionsOf(stack).map(
    ({ Permissions, Resource }) => `${Object.keys(Resource).join()} ${Permissions.join()}`,
  );
  expect(given.toSorted()).toEqual(
    [
      ...Array.from({ length: 3 }, () => 'DataLocation DATA_LOCATION_ACCESS'),
      ...Array.from({ length: 3 }, () => 'Database DESCRIBE'),
      ...Array.from({ length: 3 }, () => 'Table ALTER,DELETE,DESCRIBE,INSERT,SELECT'),
    ].toSorted(),
  );
  const locations = all(stack, 'Resource').map(([id]) => id);
  const onLocations = all<Permissions>(stack, 'PrincipalPermissions').filter(
    ([, { Properties }]) => Properties.Resource.DataLocation !== undefined,
  );
  for (const [, { DependsOn = [] }] of onLocations) {
    expect(DependsOn).toEqual(expect.arrayContaining(locations));
  }
  expect(() => governance.addWriter('Again', role)).toThrow(/'role' must be a role that was not added before/);
});

test('Glue may write the tables of a zone that it looks after, and no other zone', () => {
  const { stack } = govern({}, contractsOf({ columns: COLUMNS }));
  const given = permissionsOf(stack);
  expect(given.map(({ Permissions }) => Permissions.join()).toSorted()).toEqual([
    'ALTER,DELETE,DESCRIBE,INSERT,SELECT',
    'DATA_LOCATION_ACCESS',
    'DESCRIBE',
  ]);
  const text = JSON.stringify(given);
  expect(text).toContain('CatalogSilverOptimizers');
  expect(text).not.toContain('lakehouse_bronze');
});

test('names that Lake Formation would not keep are refused together', () => {
  const contracts = contractsOf({ columns: [{ ...KEY, classification: 'Public' }] });
  expect(messageOf(() => govern({ tagName: 'Privacy' }, contracts))).toBe(
    [
      "2 problems in governance 'Lake/Governance':",
      '  - \'classification\' must be up to 256 lower-case characters, got "Public"; write it in lower case: Lake Formation keeps tags so',
      '  - \'tagName\' must be up to 128 lower-case characters, got "Privacy"; write it in lower case: Lake Formation keeps tags so',
    ].join('\n'),
  );
});

test('a governed lake has no open finding of AwsSolutions', () => {
  const app = withAwsSolutions(new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false }));
  const stack = new Stack(app, 'Theirs', { env: { region: 'us-east-1' } });
  const governance = new LakeGovernance(stack, 'Rules', lake(stack));
  const role = (id: string): iam.Role => new iam.Role(stack, id, { assumedBy: new iam.AccountRootPrincipal() });
  governance.addReader('Analysts', { role: role('Analyst'), classifications: ['public'] });
  governance.addWriter('Ingest', role('Job'));
  expect(complianceOf(app).open).toEqual([]);
});
