import * as ssm from 'aws-cdk-lib/aws-ssm';
import { Stack, Stage, Token } from 'aws-cdk-lib/core';
import { Construct, type IConstruct } from 'constructs';
import { fail } from '../private';
import { onceInRegion } from './once-in-region';
import { textOnce } from './text-once';

/** The version of the parameter's layout, for readers that outlive a change. */
const LAYOUT_VERSION = 1;

/** What a parameter of Parameter Store holds at most, in bytes. */
const LIMIT = 8192;

/** What something that only a deployment knows is counted as, in characters: the ARN of a state machine, with a long name. */
const UNKNOWN_LENGTH = 120;

/** What a running pipeline must know about the stack it runs on. */
export interface RuntimeFacts {
  /** The Glue database of each zone that holds tables. */
  readonly databases: { [zone: string]: string };

  /** The bucket name of each zone, of `artifacts` and of `accessLogs`. */
  readonly buckets: { [name: string]: string };

  /** The topic ARN of each severity. */
  readonly topics: { [severity: string]: string };

  /**
   * The ARN of the Kafka cluster, by which clients ask for its brokers.
   *
   * @default - there is no Kafka
   */
  readonly kafkaCluster?: string;

  /**
   * The id of the cluster that streaming jobs run on.
   *
   * @default - there are no streaming jobs
   */
  readonly streamingClusterId?: string;

  /**
   * The ARN of the state machine that keeps each streaming job running.
   *
   * @default - there are no streaming jobs
   */
  readonly streamingJobs?: { [dataset: string]: string };

  /**
   * The id of the batch cluster.
   *
   * @default - there is no batch cluster
   */
  readonly batchClusterId?: string;

  /**
   * The ARN of the state machine that runs a transient cluster.
   *
   * @default - there is none
   */
  readonly jobFlow?: string;

  /**
   * The id of the EMR Serverless application.
   *
   * @default - there is none
   */
  readonly serverlessApplicationId?: string;

  /**
   * The name of the Airflow environment.
   *
   * @default - there is none
   */
  readonly airflowEnvironment?: string;

  /**
   * The name of the Athena workgroup.
   *
   * @default - there is none
   */
  readonly athenaWorkgroup?: string;

  /**
   * The name of the secret of each source.
   *
   * @default - there are no sources
   */
  readonly sourceSecrets?: { [source: string]: string };

  /**
   * The step arguments of each application, up to and including its entry script.
   *
   * @default - there are no applications
   */
  readonly applications?: { [name: string]: string[] };
}

/** Properties of a RuntimeParameter. */
export interface RuntimeParameterProps {
  /** The environment's name. */
  readonly environment: string;

  /** What is published. */
  readonly facts: RuntimeFacts;
}

/**
 * The parameter `/lakehouse/<environment>/runtime` in Parameter Store, through which jobs and commands find the stack's
 * resources. It holds names, never secrets; with more than 4 KB of them it is of the advanced tier, which is charged for.
 *
 * @see https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html
 */
export class RuntimeParameter extends Construct {
  /** The name of an environment's parameter. */
  public static nameFor(environment: string): string {
    return `/lakehouse/${environment}/runtime`;
  }

  /**
   * The ARN of an environment's parameter, by name: the parameter names the cluster, so the policies of the cluster's role
   * must not wait for it.
   */
  public static arnFor(scope: IConstruct, environment: string): string {
    const resourceName = RuntimeParameter.nameFor(environment).slice(1);
    return Stack.of(scope).formatArn({ service: 'ssm', resource: 'parameter', resourceName });
  }

  /** The parameter. */
  public readonly parameter: ssm.StringParameter;

  constructor(scope: Construct, id: string, props: RuntimeParameterProps) {
    super(scope, id);
    const { facts, environment } = props;
    claimName(this, environment);
    const document = { version: LAYOUT_VERSION, environment, ...layoutOf(facts) };
    checkSize(this, document);
    this.parameter = new ssm.StringParameter(this, 'Resource', {
      parameterName: RuntimeParameter.nameFor(environment),
      description: `Where the jobs and commands of the ${environment} lakehouse find its resources`,
      stringValue: textOnce(this, Stack.of(this).toJsonString(document)),
      tier: ssm.ParameterTier.INTELLIGENT_TIERING,
    });
  }
}

/** Parameter Store has each name once in an account and region, and a second stack of it would fail half-way. */
function claimName(parameter: IConstruct, environment: string): void {
  if (!/^[\w.-]+$/.test(environment)) {
    const must = 'letters, digits, dots, hyphens and underscores that are known at synth';
    fail({ path: 'environment', must, got: environment, remedy: 'readers find the parameter by it' }, parameter);
  }
  const remedy = 'name each environment differently';
  const together = Stage.of(parameter) ?? parameter.node.root;
  for (const wrong of onceInRegion(parameter, { path: 'environment', got: environment, remedy }, together)) {
    fail(wrong, parameter);
  }
}

/** The document of the facts; what there is not is left out. */
function layoutOf(facts: RuntimeFacts): { [name: string]: unknown } {
  return {
    databases: facts.databases,
    buckets: facts.buckets,
    topics: facts.topics,
    ...section('kafka', 'clusterArn', facts.kafkaCluster),
    ...section('streamingCluster', 'id', facts.streamingClusterId),
    ...(facts.streamingJobs === undefined
      ? {}
      : { streamingJobs: mapValues(facts.streamingJobs, (stateMachineArn) => ({ stateMachineArn })) }),
    ...section('batchCluster', 'id', facts.batchClusterId),
    ...section('jobFlow', 'stateMachineArn', facts.jobFlow),
    ...section('serverless', 'applicationId', facts.serverlessApplicationId),
    ...section('airflow', 'environment', facts.airflowEnvironment),
    ...section('athena', 'workgroup', facts.athenaWorkgroup),
    sources: mapValues(facts.sourceSecrets, (secretId) => ({ secretId })),
    applications: mapValues(facts.applications, (args) => ({ args })),
  };
}

function section(name: string, member: string, value: string | undefined): { [name: string]: unknown } {
  return value === undefined ? {} : { [name]: { [member]: value } };
}

function mapValues<T, U>(map: { [key: string]: T } | undefined, change: (value: T) => U): { [key: string]: U } {
  return Object.fromEntries(Object.entries(map ?? {}).map(([key, value]) => [key, change(value)]));
}

/** Refuses what may not fit, before a deployment finds out. */
function checkSize(scope: Construct, document: object): void {
  const size = JSON.stringify(document, (_key, value: unknown) =>
    typeof value === 'string' && Token.isUnresolved(value)
      ? value.replaceAll(/\$\{Token\[[^\]]*\]\}/g, 'x'.repeat(UNKNOWN_LENGTH))
      : value,
  ).length;
  if (size > LIMIT) {
    fail(
      {
        path: 'facts',
        must: `at most ${LIMIT} bytes as JSON, the size of a parameter`,
        got: `up to ${size} bytes`,
        remedy: 'bundle the jars of an application into fewer files, or have fewer streams in one lakehouse',
      },
      scope,
    );
  }
}
