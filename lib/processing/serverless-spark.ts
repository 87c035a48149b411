import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as emrserverless from 'aws-cdk-lib/aws-emrserverless';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Duration, Names, RemovalPolicy, Stack, Token } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { LakeKey, acknowledgeWildcards, referenceProblems } from '../foundation';
import { type Problem, failAll, problem } from '../private';
import { ArtifactPrefix, type ILakeStorage } from '../storage';
import { sparkDefaultsOf } from './cluster-configuration';
import { clusterSubnets } from './cluster-subnets';
import { EmrRelease } from './emr-release';
import { InstanceArchitecture } from './instance-architecture';
import { ServerlessSparkGrants } from './serverless-spark-grants';
import { spanProblems } from './spans';
import { settingProblems } from './spark-settings';

/** What a worker has unless a job asks for something else: 4 vCPUs, 16 GB of memory and 20 GB of disk. */
const WORKER = { vcpus: 4, memoryGb: 16, diskGb: 20 };

/** Where the release has Iceberg, which is on no path by itself. */
const ICEBERG_JAR = '/usr/share/aws/iceberg/lib/iceberg-spark3-runtime.jar';

/** An EMR Serverless application for Spark; as a grantee it is the role of its jobs. */
export interface IServerlessSpark extends IConstruct, iam.IGrantable, ec2.IConnectable {
  /**
   * The application's id.
   *
   * @attribute
   */
  readonly applicationId: string;

  /**
   * The application's ARN.
   *
   * @attribute
   */
  readonly applicationArn: string;

  /**
   * The application's name, which its metrics go by.
   *
   * @attribute
   */
  readonly applicationName: string;

  /** The role that jobs run with. */
  readonly jobRole: iam.IRole;

  /** Permissions on the application. */
  readonly grants: ServerlessSparkGrants;

  /**
   * A metric of the application.
   *
   * @see https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/app-job-metrics.html
   */
  metric(metricName: string, options?: cloudwatch.MetricOptions): cloudwatch.Metric;
}

/** An application that exists already. */
export interface ServerlessSparkAttributes {
  /** The application's id. */
  readonly applicationId: string;

  /** The application's name, which its metrics go by. */
  readonly applicationName: string;

  /** The role that jobs run with. */
  readonly jobRole: iam.IRole;

  /**
   * The security groups of its workers.
   *
   * @default - connections to the application cannot be allowed
   */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/** Properties of a ServerlessSpark. */
export interface ServerlessSparkProps {
  /** The network. */
  readonly vpc: ec2.IVpc;

  /** The lake, whose artifacts bucket gets the logs of jobs. */
  readonly storage: ILakeStorage;

  /**
   * The subnets of the workers.
   *
   * @default - all private subnets
   */
  readonly vpcSubnets?: ec2.SubnetSelection;

  /**
   * The key that encrypts the log group; its policy must let CloudWatch Logs use it, as LakeKey's does.
   *
   * @default - a new LakeKey
   */
  readonly encryptionKey?: kms.IKey;

  /**
   * The EMR release; EMR Serverless goes by the same labels.
   *
   * @default EmrRelease.EMR_7_14_0
   */
  readonly release?: EmrRelease;

  /**
   * The processor architecture of the workers.
   *
   * @default InstanceArchitecture.X86_64
   */
  readonly architecture?: InstanceArchitecture;

  /**
   * How many vCPUs all running jobs have together, with 4 GB of memory and 5 GB of disk each: a multiple of 4, 8 at least.
   * More than the account's quota, 16 by default, fails only when a job runs.
   *
   * @default 16
   */
  readonly maxVcpus?: number;

  /**
   * How long the application may be idle before it stops, 1 minute to 7 days in whole minutes.
   *
   * @default Duration.minutes(15)
   */
  readonly idleTimeout?: Duration;

  /**
   * Whether a job starts the application.
   *
   * @default true
   */
  readonly autoStart?: boolean;

  /**
   * Spark defaults beside or instead of the library's.
   *
   * @default - the Iceberg catalog `glue_catalog`, UTC and dynamic allocation
   */
  readonly sparkDefaults?: { [key: string]: string };

  /**
   * How long the log group keeps the drivers' output.
   *
   * @default RetentionDays.THREE_MONTHS
   */
  readonly logRetention?: logs.RetentionDays;

  /**
   * What happens to the log group and a key made here when they leave the stack.
   *
   * @default RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE
   */
  readonly removalPolicy?: RemovalPolicy;
}

abstract class ServerlessSparkBase extends Construct implements IServerlessSpark {
  public abstract readonly applicationId: string;
  public abstract readonly applicationArn: string;
  public abstract readonly applicationName: string;
  public abstract readonly jobRole: iam.IRole;
  public abstract readonly grantPrincipal: iam.IPrincipal;
  public abstract readonly connections: ec2.Connections;
  public readonly grants = ServerlessSparkGrants.fromServerlessSpark(this);

  public metric(metricName: string, options: cloudwatch.MetricOptions = {}): cloudwatch.Metric {
    return new cloudwatch.Metric({
      namespace: 'AWS/EMRServerless',
      metricName,
      // Both, since release 7.10.
      dimensionsMap: { ApplicationId: this.applicationId, ApplicationName: this.applicationName },
      period: Duration.minutes(1),
      statistic: cloudwatch.Stats.MAXIMUM,
      ...options,
    }).attachTo(this);
  }
}

/**
 * Spark without a cluster, for what is run now and then: it starts with a job, stops when it is idle, and costs nothing in
 * between. All jobs together stay below a cap.
 *
 * @see https://docs.aws.amazon.com/emr/latest/EMR-Serverless-UserGuide/emr-serverless.html
 */
export class ServerlessSpark extends ServerlessSparkBase {
  /** Refer to an application that exists already. */
  public static fromServerlessSparkAttributes(
    scope: Construct,
    id: string,
    attributes: ServerlessSparkAttributes,
  ): IServerlessSpark {
    return new ImportedServerlessSpark(scope, id, attributes);
  }

  public readonly applicationId: string;
  public readonly applicationArn: string;
  public readonly applicationName: string;
  public readonly jobRole: iam.IRole;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  /** The release. */
  public readonly release: EmrRelease;

  /** Where drivers log to. */
  public readonly logGroup: logs.LogGroup;

  constructor(scope: Construct, id: string, props: ServerlessSparkProps) {
    super(scope, id);
    failAll(`serverless Spark '${this.node.path}'`, serverlessProblems(props).map(problem));
    this.release = props.release ?? EmrRelease.EMR_7_14_0;
    this.applicationName = Names.uniqueResourceName(this, { maxLength: 64, separator: '-' });
    this.logGroup = this.makeLogGroup(props);
    const group = new ec2.SecurityGroup(this, 'SecurityGroup', {
      vpc: props.vpc,
      description: 'workers of EMR Serverless',
    });
    this.connections = new ec2.Connections({ securityGroups: [group] });
    const { subnets } = clusterSubnets(this, props);
    const application = new emrserverless.CfnApplication(this, 'Resource', {
      name: this.applicationName,
      type: 'SPARK',
      releaseLabel: this.release.label,
      architecture: (props.architecture ?? InstanceArchitecture.X86_64).name.toUpperCase(),
      autoStartConfiguration: { enabled: props.autoStart ?? true },
      autoStopConfiguration: {
        enabled: true,
        idleTimeoutMinutes: (props.idleTimeout ?? Duration.minutes(15)).toMinutes(),
      },
      maximumCapacity: capacityOf(props.maxVcpus ?? 16),
      networkConfiguration: {
        subnetIds: subnets.map(({ subnetId }) => subnetId),
        securityGroupIds: [group.securityGroupId],
      },
      monitoringConfiguration: this.monitoring(props.storage),
      runtimeConfiguration: [{ classification: 'spark-defaults', properties: this.sparkDefaults(props) }],
    });

    this.applicationId = application.ref;
    this.applicationArn = application.attrArn;
    this.jobRole = this.makeJobRole(props.storage);
    this.grantPrincipal = this.jobRole.grantPrincipal;
  }

  private makeLogGroup({ encryptionKey, logRetention, removalPolicy: given }: ServerlessSparkProps): logs.LogGroup {
    const removalPolicy = given ?? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE;
    const description = 'encrypts the logs of EMR Serverless';
    return new logs.LogGroup(this, 'Logs', {
      retention: logRetention ?? logs.RetentionDays.THREE_MONTHS,
      encryptionKey: encryptionKey ?? new LakeKey(this, 'Key', { description, removalPolicy }).key,
      removalPolicy,
    });
  }

  /** Everything into the lake's bucket, what the driver says also to where people search; nothing with AWS's own key. */
  private monitoring({
    artifacts,
    encryptionKey,
  }: ILakeStorage): emrserverless.CfnApplication.MonitoringConfigurationProperty {
    return {
      s3MonitoringConfiguration: {
        logUri: artifacts.s3UrlForObject(LOGS),
        encryptionKeyArn: encryptionKey?.keyArn,
      },
      managedPersistenceMonitoringConfiguration: { enabled: false },
      cloudWatchLoggingConfiguration: {
        enabled: true,
        logGroupName: this.logGroup.logGroupName,
        logTypeMap: [{ key: 'SPARK_DRIVER', value: ['STDOUT', 'STDERR'] }],
      },
    };
  }

  private sparkDefaults({ storage, sparkDefaults }: ServerlessSparkProps): { [key: string]: string } {
    const warehouse = storage.artifacts.s3UrlForObject(ArtifactPrefix.WAREHOUSE);
    return { 'spark.jars': ICEBERG_JAR, ...sparkDefaultsOf({ warehouse, sparkDefaults: sparkDefaults ?? {} }) };
  }

  /** What every job needs, whatever it reads and writes: to leave its logs. */
  private makeJobRole({ artifacts, encryptionKey }: ILakeStorage): iam.Role {
    const objects = artifacts.arnForObjects(`${LOGS}*`);
    const streams = ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'];
    const role = new iam.Role(this, 'JobRole', {
      assumedBy: new iam.ServicePrincipal('emr-serverless.amazonaws.com', {
        conditions: {
          StringEquals: { 'aws:SourceAccount': Stack.of(this).account },
          ArnLike: { 'aws:SourceArn': `${this.applicationArn}*` },
        },
      }),
      description: 'Role of the jobs of an EMR Serverless application',
      inlinePolicies: {
        Logs: new iam.PolicyDocument({
          statements: [
            allow('WriteLogs', ['s3:PutObject'], objects),
            allow('FindLogGroup', ['logs:DescribeLogGroups'], '*'),
            allow('WriteToLogGroup', streams, this.logGroup.logGroupArn),
            ...(encryptionKey === undefined
              ? []
              : [allow('UseKey', ['kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey'], encryptionKey.keyArn)]),
          ],
        }),
      },
    });
    acknowledgeWildcards(
      role,
      ['*'],
      'DescribeLogGroups takes no resource, and EMR Serverless asks it before it writes',
    );
    acknowledgeWildcards(role, [objects], 'log files are named by run; they stay under the log prefix of one bucket');
    return role;
  }
}

class ImportedServerlessSpark extends ServerlessSparkBase {
  public readonly applicationId: string;
  public readonly applicationArn: string;
  public readonly applicationName: string;
  public readonly jobRole: iam.IRole;
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;

  constructor(scope: Construct, id: string, attributes: ServerlessSparkAttributes) {
    super(scope, id);
    failAll(`application '${this.node.path}'`, importProblems(attributes).map(problem));
    this.applicationId = attributes.applicationId;
    this.applicationName = attributes.applicationName;
    this.applicationArn = Stack.of(this).formatArn({
      service: 'emr-serverless',
      resource: '/applications',
      resourceName: attributes.applicationId,
    });
    this.jobRole = attributes.jobRole;
    this.grantPrincipal = attributes.jobRole.grantPrincipal;
    this.connections = new ec2.Connections({ securityGroups: attributes.securityGroups ?? [] });
  }
}

/** What is wrong with what names an application that exists already. */
function importProblems({ applicationId, applicationName }: ServerlessSparkAttributes): Problem[] {
  const remedy = 'take it from `aws emr-serverless list-applications`';
  return referenceProblems(
    { path: 'applicationId', must: 'small letters and digits', got: applicationId, form: /^[0-9a-z]{1,64}$/, remedy },
    {
      path: 'applicationName',
      must: '1 to 64 letters, digits and ._/#-',
      got: applicationName,
      form: /^[A-Za-z0-9._/#-]{1,64}$/,
      remedy,
    },
  );
}

/** Where in the artifacts bucket the logs are. */
const LOGS = `${ArtifactPrefix.LOGS}emr-serverless/`;

function allow(sid: string, actions: string[], resource: string): iam.PolicyStatement {
  return new iam.PolicyStatement({ sid, actions, resources: [resource] });
}

/** Room for as many workers as have that many vCPUs. */
function capacityOf(vcpus: number): emrserverless.CfnApplication.MaximumAllowedResourcesProperty {
  const workers = vcpus / WORKER.vcpus;
  return { cpu: `${vcpus} vCPU`, memory: `${workers * WORKER.memoryGb} GB`, disk: `${workers * WORKER.diskGb} GB` };
}

/**
 * All that is impossible in an application, without where it is.
 *
 * @internal
 */
export function serverlessProblems(props: Omit<ServerlessSparkProps, 'vpc' | 'storage'>): Problem[] {
  const { maxVcpus = 16, idleTimeout } = props;
  const span = { least: Duration.minutes(1), most: Duration.days(7), inMinutes: true, example: 'Duration.minutes(15)' };
  const problems = [
    ...spanProblems('idleTimeout', idleTimeout, span),
    ...settingProblems('sparkDefaults', props.sparkDefaults),
  ];
  // What memory and disk there are is counted from it, so it must be known.
  if (Token.isUnresolved(maxVcpus) || !(maxVcpus >= 2 * WORKER.vcpus && maxVcpus % WORKER.vcpus === 0)) {
    problems.push({
      path: 'maxVcpus',
      must: `a multiple of ${WORKER.vcpus} of at least ${2 * WORKER.vcpus}, because driver and executors have ${WORKER.vcpus} each`,
      got: maxVcpus,
      remedy: 'use 16, which is the quota of a new account',
    });
  }
  return problems;
}
