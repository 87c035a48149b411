import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as mwaa from 'aws-cdk-lib/aws-mwaa';
import { CfnResource, Names, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { LakeKey, groupProblems, keyProblems, onceInRegion } from '../foundation';
import { failAll, problem } from '../private';
import { AirflowLogLevel, WebserverAccess, type WorkerReplacement } from './airflow-access';
import {
  type AirflowEnvironmentAttributes,
  AirflowEnvironmentBase,
  type IAirflowEnvironment,
  ImportedAirflowEnvironment,
} from './airflow-environment-base';
import { executionRole } from './airflow-execution-role';
import { NAME_LIMIT, airflowProblems, countsOf } from './airflow-problems';
import { AirflowSize } from './airflow-size';
import { airflowSubnets, subnetProblems, warnOfIsolation } from './airflow-subnets';
import { AirflowVersion } from './airflow-version';
import { DagBundle, type IDagBundle } from './dag-bundle';

/** Properties of an AirflowEnvironment. */
export interface AirflowEnvironmentProps {
  /** The network. */
  readonly vpc: ec2.IVpc;

  /** The DAGs. All bundles in the same folder of the bucket run in the environment. */
  readonly dags: IDagBundle;

  /**
   * The subnets: two private ones, each in a zone of its own. Other subnets replace the environment.
   *
   * @default - the first private subnets of two zones
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The version of Airflow.
   *
   * @default AirflowVersion.V3_0_6
   */
  readonly version?: AirflowVersion;

  /**
   * The size.
   *
   * @default AirflowSize.SMALL
   */
  readonly size?: AirflowSize;

  /**
   * Workers that always run, 1 to 25.
   *
   * @default 1
   */
  readonly minWorkers?: number;

  /**
   * Workers that run at most, 1 to 25.
   *
   * @default - 10, and 1 for AirflowSize.MICRO
   */
  readonly maxWorkers?: number;

  /**
   * Schedulers, 2 to 5.
   *
   * @default - 2, and 1 for AirflowSize.MICRO
   */
  readonly schedulers?: number;

  /**
   * Web servers that always run, 2 to 5.
   *
   * @default - 2, and 1 for AirflowSize.MICRO
   */
  readonly minWebservers?: number;

  /**
   * Web servers that run at most, 2 to 5.
   *
   * @default - 2 or minWebservers, and 1 for AirflowSize.MICRO
   */
  readonly maxWebservers?: number;

  /**
   * From where the web interface can be reached. A private one installs requirements without a network: from wheels in the
   * bundle's `plugins`.
   *
   * @default WebserverAccess.PRIVATE_ONLY
   */
  readonly access?: WebserverAccess;

  /**
   * Options of Airflow by section and name, for example `core.parallelism`. A section of your own is a way to tell DAGs
   * something, which they read with Airflow's `conf.get('section', 'option')` when they run.
   *
   * @default - Airflow's and MWAA's own
   */
  readonly airflowConfiguration?: { [option: string]: string };

  /**
   * The level of the logs of schedulers, workers, web servers and DAG processing; those of tasks are always at INFO.
   *
   * @default AirflowLogLevel.WARNING
   */
  readonly logLevel?: AirflowLogLevel;

  /**
   * How long the logs are kept.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * The key that encrypts the environment, its queue and its logs; its policy must let CloudWatch Logs use it, as LakeKey's
   * does. Another key replaces the environment.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The security groups, at least one. Each gets a rule that lets its members talk to each other, without which no DAG ever runs.
   *
   * @default - a new one, which lets nobody else in
   */
  readonly securityGroups?: ec2.ISecurityGroup[];

  /**
   * When the weekly maintenance begins, in UTC: a day and a half hour, for example `SUN:03:30`.
   *
   * @default - MWAA chooses
   */
  readonly weeklyMaintenanceWindowStart?: string;

  /**
   * What happens to running tasks when an update replaces the workers.
   *
   * @default - MWAA's own, WorkerReplacement.FORCED
   */
  readonly workerReplacement?: WorkerReplacement;

  /**
   * The name of the environment, 1 to 80 letters, digits, hyphens and underscores, a letter first. Another name replaces it.
   *
   * @default - from the construct's path, so that a change that replaces the environment fails before it loses one
   */
  readonly environmentName?: string;

  /**
   * What happens to the environment, its role, key, logs and security group when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * Airflow on MWAA in private subnets: encrypted with one customer managed key, its role confined to its own files, queue and
 * logs, its logs kept as long as told.
 *
 * Fails when MWAA would refuse the environment after half an hour, all problems at once. The log groups are defined here,
 * because MWAA makes them when they are missing, without encryption or an end.
 *
 * @resource AWS::MWAA::Environment
 * @stateful
 * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-mwaa-environment.html
 */
export class AirflowEnvironment extends AirflowEnvironmentBase {
  /** Refer to an environment that exists already. */
  public static fromAirflowEnvironmentAttributes(
    scope: Construct,
    id: string,
    attributes: AirflowEnvironmentAttributes,
  ): IAirflowEnvironment {
    return new ImportedAirflowEnvironment(scope, id, attributes);
  }

  public readonly environmentArn: string;
  public readonly environmentName: string;
  public readonly connections: ec2.Connections;
  public readonly grantPrincipal: iam.IPrincipal;

  /** The version of Airflow. */
  public readonly version: AirflowVersion;

  /** The role of the environment and its tasks. */
  public readonly executionRole: iam.IRole;

  /** The key that encrypts the environment. */
  public readonly encryptionKey: kms.IKey;

  /** The host name of the web interface. */
  public readonly webserverUrl: string;

  /** The log group of each kind: `DAGProcessing`, `Scheduler`, `Task`, `WebServer` and `Worker`. */
  public readonly logGroups: { [kind: string]: logs.ILogGroup };

  constructor(scope: Construct, id: string, props: AirflowEnvironmentProps) {
    super(scope, id);
    const subnets = airflowSubnets(props);
    this.version = props.version ?? AirflowVersion.V3_0_6;
    const access = props.access ?? WebserverAccess.PRIVATE_ONLY;
    const environmentName =
      props.environmentName ?? Names.uniqueResourceName(this, { maxLength: NAME_LIMIT, separator: '-' });
    const mismatches = props.dags instanceof DagBundle ? props.dags._mismatches(this.version, access) : [];
    failAll(
      `Airflow environment '${this.node.path}'`,
      [
        ...airflowProblems(props),
        ...subnetProblems(props, subnets),
        ...groupProblems(props.securityGroups),
        ...onceInRegion(this, { path: 'environmentName', got: environmentName }),
        ...keyProblems(this, props.encryptionKey),
        ...mismatches,
      ].map(problem),
    );
    warnOfIsolation(this, props, subnets);
    const removalPolicy = props.removalPolicy ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;

    this.environmentName = environmentName;
    this.environmentArn = this.arnOf(environmentName);
    this.encryptionKey = props.encryptionKey ?? this.makeKey(removalPolicy);
    const securityGroups = props.securityGroups ?? [this.makeSecurityGroup(props.vpc)];
    this.connections = new ec2.Connections({ securityGroups });
    for (const group of securityGroups) {
      group.addIngressRule(group, ec2.Port.allTraffic(), 'what the parts of Airflow say to each other');
    }
    if (props.securityGroups === undefined) {
      keepAll(securityGroups, removalPolicy);
    }
    this.logGroups = this.makeLogGroups(props.logRetention ?? logs.RetentionDays.THREE_MONTHS, removalPolicy);
    const { encryptionKey, environmentArn } = this;
    const role = executionRole(this, 'Role', { environmentName, environmentArn, dags: props.dags, encryptionKey });
    role.applyRemovalPolicy(removalPolicy);
    this.executionRole = role;
    this.grantPrincipal = role.grantPrincipal;

    const resource = new mwaa.CfnEnvironment(this, 'Resource', {
      name: environmentName,
      airflowVersion: this.version.version,
      environmentClass: (props.size ?? AirflowSize.SMALL).environmentClass,
      ...countsOf(props),
      webserverAccessMode: access,
      endpointManagement: 'SERVICE',
      networkConfiguration: {
        subnetIds: subnets.map(({ subnetId }) => subnetId),
        securityGroupIds: securityGroups.map(({ securityGroupId }) => securityGroupId),
      },
      sourceBucketArn: props.dags.bucket.bucketArn,
      dagS3Path: props.dags.dagsPath,
      requirementsS3Path: props.dags.requirementsPath,
      requirementsS3ObjectVersion: props.dags.requirementsObjectVersion,
      pluginsS3Path: props.dags.pluginsPath,
      pluginsS3ObjectVersion: props.dags.pluginsObjectVersion,
      airflowConfigurationOptions: props.airflowConfiguration,
      executionRoleArn: role.roleArn,
      kmsKey: this.encryptionKey.keyArn,
      loggingConfiguration: loggingOf(props.logLevel ?? AirflowLogLevel.WARNING),
      weeklyMaintenanceWindowStart: props.weeklyMaintenanceWindowStart,
      workerReplacementStrategy: props.workerReplacement,
    });
    resource.applyRemovalPolicy(removalPolicy);
    // MWAA reads the files, tries the network and finds the log groups while it creates the environment.
    resource.node.addDependency(
      props.dags,
      ...Object.values(this.logGroups),
      ...securityGroups,
      ...subnets.map(({ internetConnectivityEstablished }) => internetConnectivityEstablished),
    );
    this.webserverUrl = resource.attrWebserverUrl;
  }

  private arnOf(resourceName: string): string {
    return Stack.of(this).formatArn({ service: 'airflow', resource: 'environment', resourceName });
  }

  private makeKey(removalPolicy: RemovalPolicy): kms.IKey {
    return new LakeKey(this, 'Key', { description: 'encrypts an Airflow environment and its logs', removalPolicy }).key;
  }

  private makeSecurityGroup(vpc: ec2.IVpc): ec2.ISecurityGroup {
    return new ec2.SecurityGroup(this, 'SecurityGroup', { vpc, description: 'containers of Airflow' });
  }

  private makeLogGroups(
    retention: logs.RetentionDays,
    removalPolicy: RemovalPolicy,
  ): { [kind: string]: logs.LogGroup } {
    const group = (kind: string): logs.LogGroup =>
      new logs.LogGroup(this, `${kind}Logs`, {
        logGroupName: `airflow-${this.environmentName}-${kind}`,
        retention,
        encryptionKey: this.encryptionKey,
        removalPolicy,
      });
    return Object.fromEntries(LOG_KINDS.map((kind) => [kind, group(kind)]));
  }
}

/** An environment that stays still uses its groups and their rules. */
function keepAll(securityGroups: ec2.ISecurityGroup[], removalPolicy: RemovalPolicy): void {
  for (const part of securityGroups.flatMap(({ node }) => node.findAll())) {
    if (CfnResource.isCfnResource(part)) {
      part.applyRemovalPolicy(removalPolicy);
    }
  }
}

/** The last parts of the names of MWAA's log groups. */
const LOG_KINDS = ['DAGProcessing', 'Scheduler', 'Task', 'WebServer', 'Worker'];

/** All logs, those of tasks with what happens. */
function loggingOf(logLevel: AirflowLogLevel): mwaa.CfnEnvironment.LoggingConfigurationProperty {
  const others = { enabled: true, logLevel };
  return {
    dagProcessingLogs: others,
    schedulerLogs: others,
    taskLogs: { enabled: true, logLevel: AirflowLogLevel.INFO },
    webserverLogs: others,
    workerLogs: others,
  };
}
