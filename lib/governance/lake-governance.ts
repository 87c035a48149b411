import * as iam from 'aws-cdk-lib/aws-iam';
import * as lakeformation from 'aws-cdk-lib/aws-lakeformation';
import { CfnResource, type NestedStack, Stack } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import type { LakeCatalog } from '../catalog';
import { type DataContracts, type TableSpec, Zone } from '../contracts';
import { RememberingNestedStack, acknowledgeGrant, acknowledgeWildcards, granted } from '../foundation';
import { type Problem, didYouMean, failAll, problem, sorted } from '../private';
import { deployRoleProblems, executionRoleArn } from './deploy-role';

/** Properties of a LakeGovernance. */
export interface LakeGovernanceProps {
  /** The databases and tables to govern. */
  readonly catalog: LakeCatalog;

  /** The contracts whose columns say how they are classified. */
  readonly contracts: DataContracts;

  /**
   * Who administers Lake Formation beside whoever deploys. They are added to the account's administrators, who stay.
   *
   * @default - only the role that deploys
   */
  readonly administrators?: iam.IRole[];

  /**
   * The role that CloudFormation deploys with. It must administer Lake Formation before anything here can be made.
   *
   * @default - the role of CloudFormation that the stack's synthesizer names; an error where it names none, as
   * `CliCredentialsStackSynthesizer` and `LegacyStackSynthesizer`
   */
  readonly deployRole?: iam.IRole;

  /**
   * The name of the tag: lower case. Tags belong to the account and region, so two lakes need two names.
   *
   * @default - the prefix of the catalog's databases and `_classification`
   */
  readonly tagName?: string;

  /**
   * The tag's value for what no contract classifies, columns that appear later among them.
   *
   * @default 'unclassified'
   */
  readonly unclassified?: string;

  /**
   * Whether principals that Lake Formation does not know go on by their IAM permissions alone.
   *
   * @default false
   */
  readonly hybridAccess?: boolean;
}

/** Who may read what, by classification. */
export interface ClassifiedReaderProps {
  /** The role that reads. */
  readonly role: iam.IRole;

  /** The classifications whose columns it may read, as contracts write them. */
  readonly classifications: string[];
}

/**
 * Lake Formation for a lake: its buckets are registered under a role of least privilege, every column carries its
 * contract's classification as a tag, and roles are let read by classification.
 *
 * A table is tagged as unclassified and only its classified columns as what they are, so a column that nobody classified
 * is closed to all but those who may read unclassified ones.
 *
 * Lake Formation is the account's: turn it on in one stack for each account and region. Administrators are appended and
 * defaults left alone. Databases that were made while `IAMAllowedPrincipals` had its default permissions stay open to IAM
 * until somebody revokes them, which CloudFormation cannot.
 *
 * Fails, with all problems at once, when the tag or a classification is not what Lake Formation takes, or it is not known
 * who deploys.
 *
 * @see https://docs.aws.amazon.com/lake-formation/latest/dg/tag-based-access-control.html
 */
export class LakeGovernance extends Construct {
  /** The name of the tag that columns carry. */
  public readonly tagName: string;

  /** The classifications of the contracts, the one for unclassified columns among them, sorted. */
  public readonly classifications: string[];

  /** The role that Lake Formation reads and writes the buckets with. */
  public readonly registrationRole: iam.IRole;

  private readonly catalog: LakeCatalog;
  private readonly tables: TableSpec[];
  private readonly unclassified: string;
  private readonly settings: lakeformation.CfnDataLakeSettings;
  private readonly tag: lakeformation.CfnTag;
  private readonly locations = new Map<Zone, lakeformation.CfnResource>();
  private readonly stacks = new Map<Stack, NestedStack>();
  private readonly taken = new Set<string>();

  constructor(scope: Construct, id: string, props: LakeGovernanceProps) {
    super(scope, id);
    this.catalog = props.catalog;
    this.unclassified = props.unclassified ?? 'unclassified';
    this.tagName = props.tagName ?? `${prefixOf(props.catalog)}_classification`;
    this.tables = props.contracts.tables().filter(({ zone }) => zone.holdsTables);
    this.classifications = sorted(
      new Set([this.unclassified, ...this.tables.flatMap(classificationsOf)]),
      (name) => name,
    );
    const deployRoleArn = props.deployRole?.roleArn ?? executionRoleArn(Stack.of(this));
    failAll(
      `governance '${this.node.path}'`,
      [...tagProblems(this.tagName, this.classifications), ...deployRoleProblems(deployRoleArn)].map(problem),
    );

    const administrators = (props.administrators ?? []).map(({ roleArn }) => roleArn);
    this.settings = this.appendAdministrators([deployRoleArn ?? [], ...administrators].flat());
    this.registrationRole = this.defineRegistrationRole();
    for (const zone of Zone.withTables()) {
      this.locations.set(zone, this.register(zone, props.hybridAccess ?? false));
    }
    this.tag = this.after(
      new lakeformation.CfnTag(this, 'Tag', { tagKey: this.tagName, tagValues: this.classifications }),
    );
    this.tables.forEach((table) => this.classify(table));
    for (const [zone, role] of Object.entries(props.catalog.maintainers())) {
      this.letWrite(`${capitalized(zone)}Maintainer`, role, [Zone.of(zone)]);
    }
  }

  /**
   * Lets a role find the lake's tables and read the columns of some classifications.
   *
   * Each classification is a permission of its own, because a changed permission is replaced and would be revoked after
   * its successor is granted.
   *
   * Fails when no contract has such a classification, or the role already reads.
   *
   * @param id the reader's construct id; a changed one revokes and grants again
   */
  public addReader(id: string, { role, classifications }: ClassifiedReaderProps): void {
    failAll(`reader '${id}' of '${this.node.path}'`, this.readerProblems(role, classifications).map(problem));
    const reader = new Construct(this, id);
    this.describeDatabases(reader, role, Zone.withTables());
    for (const value of classifications) {
      this.permit(reader, capitalized(value), {
        role,
        permissions: ['DESCRIBE', 'SELECT'],
        resource: {
          lfTagPolicy: {
            catalogId: Stack.of(this).account,
            resourceType: 'TABLE',
            expression: [{ tagKey: this.tagName, tagValues: [value] }],
          },
        },
      });
    }
    this.letUseLakeFormation(role);
  }

  /**
   * Lets a role, for example a pipeline's, read and write every table, whatever its columns' classification.
   *
   * Fails when the role already reads or writes.
   *
   * @param id the writer's construct id; a changed one revokes and grants again
   * @param role who writes
   */
  public addWriter(id: string, role: iam.IRole): void {
    failAll(`writer '${id}' of '${this.node.path}'`, this.doubleProblems(role).map(problem));
    this.letWrite(id, role, Zone.withTables());
  }

  private letWrite(id: string, role: iam.IRole, zones: Zone[]): void {
    const writer = new Construct(this, id);
    this.describeDatabases(writer, role, zones);
    const catalogId = Stack.of(this).account;
    for (const zone of zones) {
      this.permit(writer, `${capitalized(zone.name)}Tables`, {
        role,
        permissions: ['ALTER', 'DELETE', 'DESCRIBE', 'INSERT', 'SELECT'],
        resource: { table: { catalogId, databaseName: this.catalog.databaseName(zone), tableWildcard: {} } },
      });
      const location = this.permit(writer, `${capitalized(zone.name)}Location`, {
        role,
        permissions: ['DATA_LOCATION_ACCESS'],
        resource: { dataLocation: { catalogId, resourceArn: this.catalog.bucket(zone).bucketArn } },
      });
      location.node.addDependency(...this.locations.values());
    }
    this.letUseLakeFormation(role);
  }

  /** Two stacks that replace the administrators would take turns to lock each other out, so ours are appended. */
  private appendAdministrators(arns: string[]): lakeformation.CfnDataLakeSettings {
    return new lakeformation.CfnDataLakeSettings(this, 'Settings', {
      mutationType: 'APPEND',
      admins: [...new Set(arns)].map((dataLakePrincipalIdentifier) => ({ dataLakePrincipalIdentifier })),
    });
  }

  /** The service-linked role would not get to a customer managed key, and would reach every registered bucket. */
  private defineRegistrationRole(): iam.Role {
    const role = new iam.Role(this, 'RegistrationRole', {
      description: 'Lake Formation reads and writes the tables of the lake',
      assumedBy: new iam.ServicePrincipal('lakeformation.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    const buckets = Zone.withTables().map((zone) => this.catalog.bucket(zone));
    const objects = buckets.map((bucket) => bucket.arnForObjects('*'));
    const allow = (sid: string, actions: string[], resources: string[]): void => {
      role.addToPolicy(new iam.PolicyStatement({ sid, actions, resources }));
    };
    allow(
      'ListTables',
      ['s3:ListBucket'],
      buckets.map((bucket) => bucket.bucketArn),
    );
    allow('UseTables', ['s3:DeleteObject', 's3:GetObject', 's3:PutObject'], objects);
    acknowledgeWildcards(
      role,
      objects,
      'Lake Formation hands out narrower credentials for single tables of these buckets',
    );
    const keys = new Set(buckets.flatMap((bucket) => bucket.encryptionKey ?? []));
    keys.forEach((key) => key.grant(role, 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:DescribeKey'));
    return role;
  }

  private register(zone: Zone, hybridAccessEnabled: boolean): lakeformation.CfnResource {
    const location = new lakeformation.CfnResource(this, `${capitalized(zone.name)}Location`, {
      resourceArn: this.catalog.bucket(zone).bucketArn,
      roleArn: this.registrationRole.roleArn,
      useServiceLinkedRole: false,
      hybridAccessEnabled,
    });
    // Lake Formation tries the role when a location is registered, so its policy must be there.
    location.node.addDependency(this.registrationRole);
    return this.after(location);
  }

  private classify(table: TableSpec): void {
    const scope = new Construct(this.stackOf(table), capitalized(table.key));
    const catalogId = Stack.of(this).account;
    const place = { catalogId, databaseName: this.catalog.databaseName(table.zone), name: table.name };
    const whole = this.associate(scope, 'Table', this.unclassified, { table: place });
    for (const value of classificationsOf(table)) {
      const columns = table.columns.filter(({ classification }) => classification === value);
      const columnNames = columns.map(({ name }) => name);
      const part = this.associate(scope, capitalized(value), value, { tableWithColumns: { ...place, columnNames } });
      part.addResourceDependency(whole);
    }
  }

  /** Tags are in a nested stack for each one of tables, which is as full as they are and as little moves a table's. */
  private stackOf({ zone, name }: TableSpec): NestedStack {
    const tables = Stack.of(this.catalog.table(zone, name));
    const known = this.stacks.get(tables);
    if (known !== undefined) {
      return known;
    }
    const stack = new RememberingNestedStack(this, tables.node.id, {
      description: `Classification of the tables in ${tables.node.id}`,
    });
    this.stacks.set(tables, stack);
    // Tables are named by plain texts, and the tag too, which CloudFormation cannot see through.
    for (const resource of [this.settings, this.tag, tables.nestedStackResource]) {
      if (resource !== undefined) {
        stack.nestedStackResource?.addResourceDependency(resource);
      }
    }
    return stack;
  }

  private associate(
    scope: Construct,
    id: string,
    value: string,
    resource: lakeformation.CfnTagAssociation.ResourceProperty,
  ): lakeformation.CfnTagAssociation {
    return new lakeformation.CfnTagAssociation(scope, id, {
      lfTags: [{ catalogId: Stack.of(this).account, tagKey: this.tagName, tagValues: [value] }],
      resource,
    });
  }

  private describeDatabases(scope: Construct, role: iam.IRole, zones: Zone[]): void {
    for (const zone of zones) {
      const name = this.catalog.databaseName(zone);
      const resource = { database: { catalogId: Stack.of(this).account, name } };
      this.permit(scope, `${capitalized(zone.name)}Database`, { role, permissions: ['DESCRIBE'], resource });
    }
  }

  private permit(scope: Construct, id: string, { role, permissions, resource }: Permission): CfnResource {
    const permission = new lakeformation.CfnPrincipalPermissions(scope, id, {
      principal: { dataLakePrincipalIdentifier: role.roleArn },
      permissions,
      permissionsWithGrantOption: [],
      resource,
    });
    permission.addResourceDependency(this.tag);
    permission.node.addDependency(this.catalog);
    return this.after(permission);
  }

  /** Lake Formation takes nothing from a deploy that is not its administrator. */
  private after<T extends CfnResource>(resource: T): T {
    resource.addResourceDependency(this.settings);
    return resource;
  }

  /** IAM's half: the role asks Lake Formation for credentials and looks tables up; the buckets stay closed to it. */
  private letUseLakeFormation(role: iam.IRole): void {
    const stack = Stack.of(this);
    const arn = (resource: string, resourceName?: string): string =>
      stack.formatArn({ service: 'glue', resource, resourceName });
    const names = Zone.withTables().map((zone) => this.catalog.databaseName(zone));
    const tables = names.map((name) => arn('table', `${name}/*`));
    const resourceArns = [arn('catalog'), ...names.map((name) => arn('database', name)), ...tables];
    const actions = ['glue:GetDatabase', 'glue:GetTable', 'glue:GetTables'];
    granted(this, role, [
      iam.Grant.addToPrincipal({ grantee: role, actions, resourceArns }),
      iam.Grant.addToPrincipal({ grantee: role, actions: ['lakeformation:GetDataAccess'], resourceArns: ['*'] }),
    ]);
    acknowledgeGrant(role, tables, 'which of the tables are seen is decided by Lake Formation, by classification');
    acknowledgeGrant(role, ['*'], 'GetDataAccess takes no resource; Lake Formation decides what it gives');
  }

  private readerProblems(role: iam.IRole, classifications: string[]): Problem[] {
    const problems = this.doubleProblems(role);
    if (classifications.length === 0 || new Set(classifications).size < classifications.length) {
      const remedy = `choose among ${this.classifications.join(', ')}`;
      problems.push({ path: 'classifications', must: 'at least one, each once', got: classifications, remedy });
    }
    for (const got of classifications.filter((name) => !this.classifications.includes(name))) {
      const remedy = didYouMean(got, this.classifications);
      problems.push({ path: 'classifications', must: 'classifications of the contracts', got, remedy });
    }
    return problems;
  }

  /** Two permissions of one principal on one resource are one to Lake Formation: removing either would revoke both. */
  private doubleProblems(role: iam.IRole): Problem[] {
    const path = role.node.path;
    const double = this.taken.has(path);
    this.taken.add(path);
    const remedy = 'name all its classifications at once; a writer reads everything anyway';
    return double ? [{ path: 'role', must: 'a role that was not added before', got: path, remedy }] : [];
  }
}

/** What a role may do with something. */
interface Permission {
  readonly role: iam.IRole;
  readonly permissions: string[];
  readonly resource: lakeformation.CfnPrincipalPermissions.ResourceProperty;
}

/** What the databases' names begin with. */
function prefixOf(catalog: LakeCatalog): string {
  return catalog.databaseName(Zone.SILVER).slice(0, -`_${Zone.SILVER.name}`.length);
}

/** The classifications of a table's columns, sorted. */
function classificationsOf({ columns }: TableSpec): string[] {
  return sorted(new Set(columns.flatMap(({ classification }) => classification ?? [])), (name) => name);
}

/** Lake Formation keeps tags in lower case, so others would never match. */
function tagProblems(tagName: string, values: string[]): Problem[] {
  const remedy = 'write it in lower case: Lake Formation keeps tags so';
  const fits = /^[a-z0-9_.:/=+@-]+$/;
  const wrong = values.filter((value) => !fits.test(value) || value.length > 256);
  const problems = wrong.map((got) => ({
    path: 'classification',
    must: 'up to 256 lower-case characters',
    got,
    remedy,
  }));
  return fits.test(tagName) && tagName.length <= 128
    ? problems
    : [...problems, { path: 'tagName', must: 'up to 128 lower-case characters', got: tagName, remedy }];
}

/** `silver.flights` becomes `SilverFlights`. */
function capitalized(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}
