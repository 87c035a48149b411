import { join } from 'node:path';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { App, Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { status } from '../../local/down';
import { root, RunPaths } from '../../local/paths';
import { RUN_MARKER, RunStateFile } from '../../local/run-state';
import { isAlive, processesWith, stopGroup } from '../../local/services/groups';
import { Session } from '../../local/session';
import { run } from '../../local/toolchain/command';
import { ensureEnvironment, environments } from '../../local/toolchain/python';
import { KafkaCluster } from '../../lib/streaming';
import { KEY, contractsOf } from '../contracts/lake';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

const { LAKEHOUSE_KAFKA_JARS: kafkaJars, JAVA_HOME: javaHome, LAKEHOUSE_SPARK_JARS: sparkJars } = process.env;
const {
  LAKEHOUSE_SPARK_HOME: sparkHome,
  LAKEHOUSE_SPARK_PYTHON: python,
  LAKEHOUSE_SPARK_CLASSES: sparkClasses,
} = process.env;
const engine = { kafkaJars, javaHome, sparkHome, python, sparkJars };
// `npm test` sets them; alone, this file has no services to run
const describeWithEngine = Object.values(engine).includes(undefined) ? describe.skip : describe;

const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const MARKER = 'session-test';

/** The template of a topic of a contract, on a cluster that is named only. */
function topicTemplate(clusterArn: string): string {
  const stack = new Stack(new App({ builtinCloudFormationValidation: false }), 'Topics');
  const custom = { orderingColumn: 'id', stream: { topic: 'trips.events', partitions: 4, retentionDays: 2 } };
  const contract = contractsOf({ columns: [KEY], custom }).get('silver.trips');
  KafkaCluster.fromKafkaClusterAttributes(stack, 'Kafka', { clusterArn, brokerCount: 2 }).addTopic('Trips', {
    contract,
  });
  const { Resources } = Template.fromStack(stack).toJSON();
  return JSON.stringify({ Resources });
}

/** A cluster as MSK's own API describes it, with everything it does not need left out. */
const CLUSTER = JSON.stringify({
  Resources: {
    Kafka: {
      Type: 'AWS::MSK::Cluster',
      Properties: {
        ClusterName: 'tests',
        KafkaVersion: '3.9.x.kraft',
        NumberOfBrokerNodes: 2,
        BrokerNodeGroupInfo: { ClientSubnets: ['subnet-1', 'subnet-2'], InstanceType: 'kafka.m7g.large' },
      },
    },
  },
  Outputs: { Arn: { Value: { 'Fn::GetAtt': ['Kafka', 'Arn'] } } },
});

describeWithEngine('Session', () => {
  const paths = new RunPaths(newFolder());
  let state: RunStateFile;
  let session: Session;

  beforeAll(async () => {
    state = await RunStateFile.begin(paths, 'dev', MARKER);
    const spark = {
      sparkHome: sparkHome ?? '',
      python: python ?? '',
      javaHome: javaHome ?? '',
      jars: [sparkJars ?? ''],
      classes: sparkClasses ?? '',
      archives: paths.file('archives'),
    };
    const tools = {
      emulator: await ensureEnvironment(environments.emulator),
      spark,
      kafkaJars,
      orchestrator: undefined,
    };
    const ports = { endpointPort: undefined, postgresPort: undefined, kafkaPort: undefined };
    const place = { region: REGION, accountId: ACCOUNT };
    session = await Session.start({ paths, state, marker: MARKER, tools, ...place, ...ports });
  }, 120_000);

  afterAll(async () => {
    await session.stop();
    await state.end();
  }, 60_000);

  /** Deploys a template on the endpoint, and gives its first output. */
  async function deployed(name: string, template: string): Promise<string> {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    const client = new CloudFormationClient({ endpoint: session.emulator.endpoint, region: REGION, credentials });
    await client.send(new CreateStackCommand({ StackName: name, TemplateBody: template }));
    for (;;) {
      const { Stacks } = await client.send(new DescribeStacksCommand({ StackName: name }));
      const { StackStatus = '', StackStatusReason, Outputs } = Stacks?.[0] ?? {};
      if (StackStatus === 'CREATE_COMPLETE') return Outputs?.[0]?.OutputValue ?? '';
      if (StackStatus !== 'CREATE_IN_PROGRESS') throw new Error(`${StackStatus}: ${StackStatusReason}`);
    }
  }

  /** What a program says of the broker that the session started. */
  async function askBroker(question: string): Promise<string> {
    const broker = `KafkaBroker("${session.kafka?.bootstrap}")`;
    const program = `from emulator.kafka_broker import KafkaBroker; print(${broker}.${question})`;
    const { emulator } = environments;
    const { stdout } = await run((await ensureEnvironment(emulator)).python, ['-c', program], {
      name: 'broker',
      cwd: paths.run,
      env: { ...process.env, PYTHONPATH: join(root, 'local') },
      timeoutMs: 30_000,
    });
    return stdout.trim();
  }

  it('starts PostgreSQL, the endpoint and a broker, and writes all of them down', () => {
    const { up, lines } = status(paths);
    expect(up).toBe(true);
    expect(lines.join('\n')).toMatch(/kafka +up/);
    expect(lines.join('\n')).toMatch(/postgres\w* +up/);
    expect(lines.join('\n')).toMatch(/endpoint +up/);
  });

  it('has the topics of a deployment on its broker, as their contracts say', async () => {
    const clusterArn = await deployed('cluster', CLUSTER);
    await deployed('topics', topicTemplate(clusterArn));
    expect(await askBroker('partitions_of("trips.events")')).toBe('4');
    expect(await askBroker('configs_of("trips.events")["retention.ms"]')).toBe('172800000');
  }, 60_000);

  it('says that the broker is gone, and not what failed because of it', async () => {
    const error = new Error('cdk deploy failed');
    expect(session.explain(error)).toBe(error);
    await stopGroup(session.kafka?.pid ?? 0);
    expect(String(session.explain(error))).toContain(
      "service 'kafka' ended while the run needed it (cdk deploy failed)",
    );
  }, 30_000);

  it('leaves nothing behind when it stops', async () => {
    const pids = [session.postgres.pid, session.emulator.pid, session.kafka?.pid ?? 0];
    await session.stop();
    expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
    expect(processesWith(RUN_MARKER, MARKER)).toEqual([]);
  }, 30_000);
});
