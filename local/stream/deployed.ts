import { createHash } from 'node:crypto';
import { DescribeStateMachineCommand } from '@aws-sdk/client-sfn';
import { GetParameterCommand } from '@aws-sdk/client-ssm';
import { z } from 'zod';
import { RuntimeParameter } from '../../lib/foundation/runtime-parameter';
import { LakehouseError, didYouMean, problem } from '../../lib/private/errors';
import { parseJson } from '../json';
import { runtimeShape } from '../pipeline';
import type { Aws } from './aws';

/** A stream as it is deployed, whether it runs or not. */
export interface DeployedStream {
  readonly environment: string;
  readonly dataset: string;
  readonly topic: string;
  readonly consumerGroup: string;
  /** The name of the Kafka cluster. */
  readonly kafka: string;
  /** The id of the cluster it runs on. */
  readonly cluster: string;
  readonly stateMachineArn: string;
  /** The arguments of a step, without those that each start adds. */
  readonly args: string[];
  /** What tells one version of code and arguments from another. */
  readonly version: string;
  /** Where Spark keeps its place. */
  readonly bucket: string;
  readonly checkpoint: string;
}

/** Which streams a command is about: all of the environment when none is named. */
export interface Choice {
  readonly dataset?: string;
  readonly topic?: string;
  /** The table of dead letters. */
  readonly dlq?: string;
}

/** At least one. */
type Streams = [DeployedStream, ...DeployedStream[]];

/** What each start tells a job beside what is deployed, with a value each. */
export const TOLD = { takeOver: '--take-over-from', run: '--correlation-id' } as const;

const factsShape = runtimeShape.pick({ streamingCluster: true, streamingJobs: true, kafka: true });

const definitionShape = z.object({
  States: z.object({
    Begin: z.object({ Assign: z.object({ topic: z.string(), consumerGroup: z.string() }) }),
    Start: z.object({
      Arguments: z.object({ Steps: z.array(z.object({ HadoopJarStep: z.object({ Args: z.array(z.string()) }) })) }),
    }),
  }),
});

/**
 * The streams of an environment, by the parameter that its stack wrote.
 *
 * @throws LakehouseError when the environment is not deployed, has no streams, or none of that name
 */
export async function deployedStreams(aws: Aws, environment: string, choice: Choice): Promise<Streams> {
  const Name = RuntimeParameter.nameFor(environment);
  const { Parameter } = await aws.call(
    { action: 'ssm:GetParameter', resource: Name },
    () => aws.ssm.send(new GetParameterCommand({ Name })),
    (name) => (name === 'ParameterNotFound' ? { Parameter: undefined, $metadata: {} } : undefined),
  );
  if (Parameter?.Value === undefined) {
    const remedy = `deploy it with 'npx cdk deploy -c env=${environment}', or correct --endpoint and --region`;
    throw new LakehouseError(problem({ path: 'env', must: 'deployed there', got: environment, remedy }));
  }
  const { streamingCluster, streamingJobs = {}, kafka } = parseJson(Parameter.Value, factsShape, `parameter '${Name}'`);
  const jobs = Object.entries(streamingJobs);
  if (streamingCluster === undefined || jobs.length === 0) {
    const remedy = "add 'streaming' to its config, and a contract with a topic";
    throw new LakehouseError(problem({ path: 'env', must: 'one that has streams', got: environment, remedy }));
  }
  const shared = { environment, cluster: streamingCluster.id, kafka: kafka?.clusterArn.split('/')[1] ?? '' };
  const all = jobs.map(([dataset, { stateMachineArn }]) =>
    deployedStream(aws, { ...shared, dataset, stateMachineArn }),
  );
  return chosen(await Promise.all(all), choice);
}

/** A stream by the machine that keeps it running, whose definition says what each start runs and what it reads. */
async function deployedStream(
  aws: Aws,
  facts: Pick<DeployedStream, 'environment' | 'cluster' | 'kafka' | 'dataset' | 'stateMachineArn'>,
): Promise<DeployedStream> {
  const { stateMachineArn } = facts;
  const { definition = '' } = await aws.call({ action: 'states:DescribeStateMachine', resource: stateMachineArn }, () =>
    aws.sfn.send(new DescribeStateMachineCommand({ stateMachineArn })),
  );
  const { Begin, Start } = parseJson(definition, definitionShape, `state machine '${stateMachineArn}'`).States;
  const { topic, consumerGroup } = Begin.Assign;
  const args = withoutTold(Start.Arguments.Steps[0]?.HadoopJarStep.Args ?? []);
  const location = new URL(args[args.indexOf('--checkpoint') + 1] ?? '');
  return {
    ...facts,
    topic,
    // Spark makes up the rest of the names of its own groups
    consumerGroup: consumerGroup.replace(/\*$/, ''),
    args,
    version: versionOf(args),
    bucket: location.hostname,
    checkpoint: location.pathname.slice(1),
  };
}

/** What tells the arguments of one version from another, whatever a start adds to them. */
export function versionOf(args: readonly string[]): string {
  return createHash('sha256').update(withoutTold(args).join('\n')).digest('hex').slice(0, 12);
}

/** The value that a start gave to an option. */
export function toldIn(args: readonly string[], option: string): string | undefined {
  const index = args.lastIndexOf(option);
  return index < 0 ? undefined : args[index + 1];
}

function withoutTold(args: readonly string[]): string[] {
  const told = new Set<string>(Object.values(TOLD));
  return args.filter((arg, index) => !told.has(arg) && !told.has(args[index - 1] ?? ''));
}

function chosen(all: DeployedStream[], { dataset, topic, dlq }: Choice): Streams {
  const named = matching(all, { option: '--dataset', got: dataset, of: (one) => one.dataset });
  // by its database too
  const table = dlq?.replace(/^.*\./, '');
  const left = matching(named, { option: '--dlq', got: table, of: (one) => `${one.dataset}__dlq` });
  return matching(left, { option: '--topic', got: topic, of: (one) => one.topic });
}

/** What an option asks for, all where it is not given. */
interface Wanted {
  readonly option: string;
  readonly got: string | undefined;
  readonly of: (one: DeployedStream) => string;
}

function matching(streams: DeployedStream[], { option, got, of }: Wanted): Streams {
  const [first, ...others] = streams.filter((one) => got === undefined || of(one) === got);
  if (first === undefined) {
    const remedy = didYouMean(got ?? '', streams.map(of));
    throw new LakehouseError(problem({ path: option, must: 'that of a stream', got, remedy }));
  }
  return [first, ...others];
}
