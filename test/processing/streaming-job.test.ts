import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as s3 from 'aws-cdk-lib/aws-s3';
import * as sns from 'aws-cdk-lib/aws-sns';
import { App, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib/core';
import { IcebergTable } from '../../lib/catalog';
import { IcebergType, Zone } from '../../lib/contracts';
import { AlertTopics } from '../../lib/foundation';
import { StreamingCluster, StreamingJob, type StreamingJobOptions } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster } from '../../lib/streaming';
import { resourcesIn, theOnly } from '../support/stacks';
import {
  type Ground,
  type Statement,
  callsOf,
  flawsOf,
  ground,
  logGroupOf,
  machineIn,
  policyOf,
  statementsIn,
  text,
} from './ground';

interface Built extends Ground {
  readonly cluster: StreamingCluster;
  readonly job: StreamingJob;
}

function build(options: (made: Ground) => Partial<StreamingJobOptions> = () => ({}), id = 'events'): Built {
  const made = ground();
  const cluster = new StreamingCluster(made.stack, 'Cluster', made);
  const { encryptionKey } = made;
  const job = cluster.addJob(id, { entryPoint: 'workloads/jobs/main.py', encryptionKey, ...options(made) });
  return { ...made, cluster, job };
}

/** What the cluster's instances may do beside what every cluster needs. */
function granted({ stack }: Ground): Statement[] {
  return policyOf(stack, 'Instance');
}

/** What counts the restarts of a job. */
const RESTARTS = new cloudwatch.Metric({ namespace: 'Lake', metricName: 'Restarts', dimensionsMap: { Job: 'events' } });

/** The ports that rules of a stack open. */
function portsIn(stack: Stack): number[] {
  const rules = resourcesIn<{ FromPort: number }>(stack, 'AWS::EC2::SecurityGroupIngress');
  return Object.values(rules).map(({ Properties }) => Properties.FromPort);
}

/** Options of a job that tells somebody. */
function told({ stack, encryptionKey }: Ground): Partial<StreamingJobOptions> {
  return { alerts: new AlertTopics(stack, 'Alerts', { encryptionKey }) };
}

describe('StreamingJob', () => {
  test('keeps its checkpoint in a folder of its own and is told where', () => {
    const { stack, job } = build(() => ({ arguments: ['--topic', 'flights'] }));
    expect(text(stack.resolve(job.checkpointLocation))).toMatch(
      /^s3:\/\/<StorageArtifacts\w+>\/checkpoints\/events\/$/,
    );
    const args = (stack.resolve(job.stepArgs) as unknown[]).map(text);
    expect(args.slice(0, 3)).toEqual(['spark-submit', '--deploy-mode', 'cluster']);
    expect(args.slice(-4)).toEqual(['--topic', 'flights', '--checkpoint', text(stack.resolve(job.checkpointLocation))]);
  });

  test('is named by its id, or as it is told', () => {
    expect(build().job.jobName).toBe('events');
    const { stack, job } = build(() => ({ jobName: 'flight-events' }));
    expect(text(stack.resolve(job.checkpointLocation))).toMatch(/\/checkpoints\/flight-events\/$/);
    expect(machineIn(stack).States.Start?.Arguments).toMatchObject({
      Steps: [{ Name: 'flight-events', ActionOnFailure: 'CONTINUE', HadoopJarStep: { Jar: 'command-runner.jar' } }],
    });
  });

  test("lets the cluster's role use the folder of its checkpoint, the one beside it and no other", () => {
    const statements = granted(build());
    const objects = statements.filter(({ Action }) => Array.isArray(Action) && Action.includes('s3:DeleteObject'));
    expect(objects.flatMap(({ Resource }) => [Resource].flat().map(text))).toEqual([
      expect.stringMatching(/^<StorageArtifacts\w+.Arn>\/checkpoints\/events\/\*$/),
      expect.stringMatching(/^<StorageArtifacts\w+.Arn>\/checkpoints\/events\.runs\/\*$/),
    ]);
    expect(statements.find(({ Action }) => Action === 's3:ListBucket')).toMatchObject({
      Condition: { StringLike: { 's3:prefix': ['checkpoints/events/*', 'checkpoints/events.runs/*'] } },
    });
  });

  test.each([
    [undefined, 'events'],
    ['flights-*', 'flights-*'],
  ])('reads its topic as a group (%s: %s), and reaches the brokers', (consumerGroup, group) => {
    const made = build(({ stack, vpc, encryptionKey }) => {
      const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
      const kafka = new KafkaCluster(stack, 'Kafka', { vpc, encryptionKey, brokers });
      return { from: kafka.addTopic('Topic', { topicName: 'flights', partitions: 3 }), consumerGroup };
    });
    const allowed = (action: string) =>
      JSON.stringify(granted(made).find(({ Action }) => [Action].flat().includes(action))?.Resource);
    expect(allowed('kafka-cluster:ReadData')).toContain('/flights"');
    expect(allowed('kafka-cluster:AlterGroup')).toContain(`/${group}"`);
    expect(machineIn(made.stack).States.Begin?.Assign).toMatchObject({ topic: 'flights', consumerGroup: group });
    const rules = resourcesIn<{ FromPort: number; Description: string }>(made.stack, 'AWS::EC2::SecurityGroupIngress');
    const toBrokers = Object.values(rules).filter(({ Properties }) => Properties.FromPort === 9098);
    expect(toBrokers.map(({ Properties }) => Properties.Description)).toEqual(
      Array.from({ length: 2 }, () => 'streaming job events'),
    );
  });

  test('reaches a Kafka cluster of another stack, which does not depend on its own', () => {
    const made = ground();
    const env = { region: 'us-east-1' };
    const kafkaStack = new Stack(made.stack.node.root, 'Brokers', { env });
    const jobStack = new Stack(made.stack.node.root, 'Jobs', { env });
    const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
    const kafka = new KafkaCluster(kafkaStack, 'Kafka', { ...made, brokers });
    const from = kafka.addTopic('Topic', { topicName: 'flights', partitions: 3 });
    const cluster = new StreamingCluster(jobStack, 'Cluster', made);
    cluster.addJob('events', { entryPoint: 'workloads/jobs/main.py', encryptionKey: made.encryptionKey, from });
    expect(portsIn(jobStack).filter((port) => port === 9098)).toHaveLength(2);
    expect(portsIn(kafkaStack)).not.toContain(9098);
  });

  test('fails where it is not known by which port brokers are reached', () => {
    const made = ground();
    const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
    const kafka = new KafkaCluster(made.stack, 'Kafka', { ...made, brokers });
    const from = kafka.addTopic('Topic', { topicName: 'flights', partitions: 3 });
    const { securityGroups } = kafka.connections;
    Object.defineProperty(kafka, 'connections', { value: new ec2.Connections({ securityGroups }) });
    const cluster = new StreamingCluster(made.stack, 'Cluster', made);
    expect(() => cluster.addJob('events', { entryPoint: 'workloads/jobs/main.py', from })).toThrow(/no default port/);
  });

  test('reads and writes its tables', () => {
    const made = build(({ stack, storage }) => ({
      to: [
        new IcebergTable(stack, 'Trips', {
          databaseName: 'silver',
          tableName: 'trips',
          bucket: storage.bucket(Zone.SILVER),
          columns: [{ id: 1, name: 'id', type: IcebergType.LONG }],
        }),
      ],
    }));
    expect(JSON.stringify(granted(made))).toContain('glue:UpdateTable');
    expect(JSON.stringify(granted(build()))).not.toContain('glue:');
  });

  test('lets a grantee start it and see how it does, and nothing else', () => {
    const { stack, job } = build();
    const operator = new iam.Role(stack, 'Operator', { assumedBy: new iam.AccountRootPrincipal() });
    job.grantStart(operator);
    const statements = policyOf(stack, 'Operator');
    const name = 'Test-Cluster-events-Supervisor-';
    expect(statements.map(({ Action, Resource }) => [Action, text(Resource)])).toEqual([
      ['states:StartExecution', expect.stringMatching(`:stateMachine:${name}\\w+$`)],
      ['states:DescribeExecution', expect.stringMatching(`:execution:${name}\\w+:\\*$`)],
    ]);
  });

  test('has metrics of its supervisor', () => {
    const { stack, job } = build();
    const metrics = [job.metricFailed(), job.metricStarted(), job.metricAborted()];
    expect(metrics.map(({ metricName }) => metricName)).toEqual([
      'ExecutionsFailed',
      'ExecutionsStarted',
      'ExecutionsAborted',
    ]);
    for (const { namespace, dimensions } of metrics) {
      expect(namespace).toBe('AWS/States');
      expect(stack.resolve(dimensions)).toEqual({ StateMachineArn: stack.resolve(job.stateMachine.stateMachineArn) });
    }
  });

  test('runs on a cluster that exists already', () => {
    const { stack, storage, encryptionKey } = ground();
    const instanceRole = new iam.Role(stack, 'Role', { assumedBy: new iam.ServicePrincipal('ec2.amazonaws.com') });
    const attributes = { clusterId: 'j-1', instanceRole, storage };
    const cluster = StreamingCluster.fromStreamingClusterAttributes(stack, 'Theirs', attributes);
    new StreamingJob(stack, 'events', { cluster, entryPoint: 'workloads/jobs/main.py', encryptionKey });
    expect(machineIn(stack).States.Begin?.Assign).toMatchObject({ cluster: 'j-1' });
    expect(text(statementsIn(stack).RunTheJob?.Resource)).toMatch(/:elasticmapreduce:us-east-1:<.*>:cluster\/j-1$/);
  });

  test('fails when a job on another cluster of the lake has its name', () => {
    const made = ground();
    const [first, second] = ['One', 'Two'].map((id) => new StreamingCluster(made.stack, id, made));
    const options = { entryPoint: 'workloads/jobs/main.py', encryptionKey: made.encryptionKey };
    first?.addJob('events', options);
    expect(() => second?.addJob('events', options)).toThrow(
      "1 problem in streaming job 'Test/Two/events':\n  - 'jobName' must be a name that no other job has",
    );
  });

  test('fails when another job has its name, or more jobs are added than run side by side', () => {
    const made = ground();
    const cluster = new StreamingCluster(made.stack, 'Cluster', { ...made, stepConcurrency: 1 });
    const options = { entryPoint: 'workloads/jobs/main.py', encryptionKey: made.encryptionKey, jobName: 'events' };
    cluster.addJob('First', options);
    expect(() => cluster.addJob('Second', options)).toThrow(
      [
        "2 problems in streaming job 'Test/Cluster/Second':",
        '  - \'jobName\' must be a name that no other job has, because the name is the checkpoint, got "events"; rename one of the two',
        "  - 'stepConcurrency' must be at least the number of jobs (2), got 1; raise it, or the last job waits for ever",
      ].join('\n'),
    );
    expect(() => new StreamingJob(made.stack, 'Third', { ...options, cluster, jobName: 'third' })).toThrow(
      "'stepConcurrency' must be at least the number of jobs (3), got 1",
    );
  });

  test('fails so too when it is no cluster that adds it, whatever stacks the buckets of the lake are imported into', () => {
    const first = build();
    expect(
      () => new StreamingJob(first.stack, 'events', { cluster: first.cluster, entryPoint: 'workloads/jobs/main.py' }),
    ).toThrow("'jobName' must be a name that no other job has");

    const app = new App();
    const [one, two] = ['One', 'Two'].map((id) => {
      const stack = new Stack(app, id);
      const bucket = s3.Bucket.fromBucketName(stack, 'Artifacts', 'artifacts');
      const buckets = { buckets: {}, artifacts: bucket, accessLogs: bucket };
      const storage = LakeStorage.fromLakeStorageAttributes(stack, 'Storage', buckets);
      const instanceRole = iam.Role.fromRoleName(stack, 'Role', 'instances');
      const attributes = { clusterId: 'j-1', instanceRole, storage };
      const cluster = StreamingCluster.fromStreamingClusterAttributes(stack, 'Theirs', attributes);
      return () => new StreamingJob(stack, 'events', { cluster, entryPoint: 'workloads/jobs/main.py' });
    });
    one?.();
    expect(two).toThrow("'jobName' must be a name that no other job has");
  });

  test('fails with everything that is wrong at once', () => {
    const wrong = {
      jobName: 'flight events',
      maxRestarts: -1,
      pollInterval: Duration.seconds(10),
      healthyAfter: Duration.seconds(1),
      correlationOption: '',
      takeOverOption: '--take over',
      consumerGroup: 'readers',
      conf: { 'spark.yarn.submit.waitAppCompletion': 'false' },
    };
    expect(() => build(() => wrong)).toThrow(
      [
        "8 problems in streaming job 'Test/Cluster/events':",
        '  - \'pollInterval\' must be between 30 seconds and 15 minutes, in whole seconds, got "10 seconds"; use for example Duration.minutes(1)',
        '  - \'healthyAfter\' must be at least 1 minute, in whole seconds, got "1 second"; use for example Duration.hours(1)',
        "  - 'jobName' must be 1 to 64 letters, digits, hyphens and underscores, got \"flight events\"; use a name such as 'flight-events'",
        "  - 'maxRestarts' must be a whole number from 0 to 100, got -1; a run that lasts healthyAfter earns them all back",
        "  - 'correlationOption' must be an option of the job, with its hyphens and without a value, got \"\"; use for example '--correlation-id', or leave it out",
        "  - 'takeOverOption' must be an option of the job, with its hyphens and without a value, got \"--take over\"; use for example '--correlation-id', or leave it out",
        '  - \'consumerGroup\' must be left out of a job that reads no topic, got "readers"; say with from which topic it reads',
        '  - \'conf.spark.yarn.submit.waitAppCompletion\' must be left at true, because a step that ends while its application runs would be started again, got "false"; leave it out',
      ].join('\n'),
    );
  });
});

describe('The supervisor of a streaming job', () => {
  test.each([
    ['alerts', build(told)],
    ['nobody to tell', build()],
    ['a metric of restarts', build(() => ({ restarts: RESTARTS }))],
  ])('with %s can go everywhere, ends somewhere, and catches what goes wrong', (_, { stack }) => {
    const machine = machineIn(stack);
    expect(machine.QueryLanguage).toBe('JSONata');
    expect(flawsOf(machine)).toEqual({ missing: [], unreachable: [], deadEnds: [], unassigned: [], uncaught: [] });
  });

  test('may call what it calls, on its cluster, its machine, its folder and its topic alone', () => {
    const { stack } = build((made) => ({ ...told(made), restarts: RESTARTS }));
    const { RunTheJob, HandOver, Alert, EncryptAlert, SeeRequests, CountRestarts } = statementsIn(stack);
    expect(SeeRequests?.Condition).toEqual({ StringLike: { 's3:prefix': 'checkpoints/events.runs/*' } });
    expect(CountRestarts?.Condition).toEqual({ StringEquals: { 'cloudwatch:namespace': 'Lake' } });
    const allowed = [RunTheJob, HandOver, Alert, SeeRequests, CountRestarts].flatMap(
      (statement) => statement?.Action ?? [],
    );
    expect(callsOf(machineIn(stack)).toSorted()).toEqual(allowed.toSorted());
    expect(text(RunTheJob?.Resource)).toMatch(/:cluster\/<Cluster\w+>$/);
    expect(text(HandOver?.Resource)).toMatch(/:stateMachine:Test-Cluster-events-Supervisor-\w+$/);
    expect(text(Alert?.Resource)).toMatch(/^<AlertsCritical\w+>$/);
    expect(EncryptAlert?.Action).toEqual(['kms:Decrypt', 'kms:GenerateDataKey']);
  });

  test('tells the job the correlation id of what started it, also after a restart and a handing over', () => {
    const { States } = machineIn(build(() => ({ correlationOption: '--trace' })).stack);
    expect(JSON.stringify(States.Start)).toMatch(/"--trace","\{% \$correlationId %\}"\]/);
    expect(JSON.stringify(States.Begin)).toContain('$states.input.correlationId : $states.context.Execution.Name');
    expect(JSON.stringify(States.HandOver)).toContain("'correlationId': $correlationId");
    expect(JSON.stringify(machineIn(build().stack).States.Start)).not.toContain('$correlationId');
  });

  test('takes the correlation id of a step that it finds, which is the last thing the step was told', () => {
    const { Start, Search } = machineIn(build(() => ({ correlationOption: '--trace' })).stack).States;
    expect(JSON.stringify(Start)).toContain('"--trace","{% $correlationId %}"]');
    const args = "$states.result.Steps[Name = 'events'][0].Config.Args";
    expect(Search?.Assign?.correlationId).toBe(
      `{% ${args}[-2] = '--trace' and ${args}[-1] != $replaces ? ${args}[-1] : $correlationId %}`,
    );
    expect(machineIn(build().stack).States.Search?.Assign).not.toHaveProperty('correlationId');
  });

  test('adds a step beside the one that runs when it is told whose place it takes, once', () => {
    const { States } = machineIn(build(() => ({ takeOverOption: '--after' })).stack);
    expect(States.IsStepKnown).toMatchObject({
      Choices: [{ Next: 'Look' }, { Condition: "{% $replaces != '-' %}", Next: 'Start' }],
      Default: 'Search',
    });
    expect(JSON.stringify(States.Start)).toContain('"--after","{% $replaces %}"');
    expect(States.Search?.Assign?.replaces).toBe(
      "{% $count($states.result.Steps[Name = 'events']) > 0 or $exists($states.result.Marker) ? $replaces : '-' %}",
    );
    expect(JSON.stringify(machineIn(build().stack).States.Start)).not.toContain('$replaces');
  });

  test('ends well when the run was asked to end, and starts it again when not', () => {
    const { Judge, WasAsked, IsDrained } = machineIn(build().stack).States;
    expect(Judge?.Default).toBe('WasAsked');
    expect(WasAsked?.Arguments).toMatchObject({
      Prefix: "{% 'checkpoints/events.runs/' & $encodeUrlComponent($correlationId) & '/asked.json' %}",
    });
    expect(IsDrained).toMatchObject({ Choices: [{ Next: 'Drained' }], Default: 'Count' });
  });

  test('says each restart as 1 where a metric counts them', () => {
    const { AreRestartsLeft, Tell } = machineIn(build(() => ({ restarts: RESTARTS })).stack).States;
    expect(AreRestartsLeft?.Choices?.[0]?.Next).toBe('Tell');
    expect(Tell?.Arguments).toEqual({
      Namespace: 'Lake',
      MetricData: [{ MetricName: 'Restarts', Unit: 'Count', Value: 1, Dimensions: [{ Name: 'Job', Value: 'events' }] }],
    });
    expect(Tell).toMatchObject({ Next: 'BackOff', Catch: [{ Next: 'BackOff' }] });
    expect(machineIn(build().stack).States.Tell).toBeUndefined();
  });

  test('hands over to itself before its history is full', () => {
    const { stack } = build();
    const { States } = machineIn(stack);
    const name = theOnly<{ StateMachineName: string }>(stack, 'AWS::StepFunctions::StateMachine').StateMachineName;
    expect(States.HandOver?.Arguments).toMatchObject({ StateMachineArn: expect.stringMatching(`:${name}$`) });
    const [looks] = /\$looks < (\d+)/.exec(JSON.stringify(States.Judge))?.slice(1) ?? [];
    // a look is nine events: two of the pause, five of the call, two of the choice
    expect(Number(looks) * 9).toBeLessThan(20_000);
  });

  test('searches every page of steps, and from the first one again before each restart', () => {
    const { Begin, Search, IsStepFound, Count } = machineIn(build().stack).States;
    expect([Begin?.Assign?.marker, Count?.Assign?.marker]).toEqual(['', '']);
    expect(Search?.Arguments).toContain("{'Marker': $marker}");
    expect(IsStepFound?.Choices).toEqual([
      { Condition: "{% $step != '' %}", Next: 'Look' },
      { Condition: "{% $marker != '' %}", Next: 'Search' },
    ]);
    expect(IsStepFound?.Default).toBe('Start');
  });

  test('ends well when a person cancels the step, and not when the cluster is gone', () => {
    const { Judge, IsClusterThere } = machineIn(build().stack).States;
    expect(Judge?.Choices?.at(-1)).toEqual({ Condition: "{% $state = 'CANCELLED' %}", Next: 'WhoCancelled' });
    expect(IsClusterThere).toMatchObject({ Choices: [{ Next: 'Alert' }], Default: 'Cancelled' });
  });

  test('does not try to start a step twice, because an answer may have been lost', () => {
    const { Start, Search } = machineIn(build().stack).States;
    expect(Start?.Retry).toBeUndefined();
    expect(Start?.Catch?.[0]?.Next).toBe('Count');
    expect(Search?.Retry).toHaveLength(1);
  });

  test.each([
    [{}, 'Pause', 'Seconds', 60],
    [{ pollInterval: Duration.seconds(30) }, 'Pause', 'Seconds', 30],
    [{}, 'BackOff', 'Seconds', '{% $min([900, 60 * $power(2, $restarts - 1)]) %}'],
    [{}, 'AreRestartsLeft', 'Choices', [{ Condition: '{% $restarts <= 5 %}', Next: 'BackOff' }]],
    [{ maxRestarts: 0 }, 'AreRestartsLeft', 'Choices', [{ Condition: '{% $restarts <= 0 %}', Next: 'BackOff' }]],
  ])('with %j has in %s the %s %j', (options, state, field, expected) => {
    expect(machineIn(build(() => options).stack).States[state]?.[field]).toEqual(expected);
  });

  test.each([
    [{}, 3_600_000],
    [{ healthyAfter: Duration.minutes(10) }, 600_000],
  ])('with %j forgets restarts after a run of %d milliseconds', (options, expected) => {
    expect(machineIn(build(() => options).stack).States.Count?.Assign?.restarts).toBe(
      `{% ($millis() - $startedAt >= ${expected} ? 0 : $restarts) + 1 %}`,
    );
  });

  test('is traced and logs everything, encrypted and kept for three months', () => {
    const { stack, encryptionKey } = build();
    expect(theOnly(stack, 'AWS::StepFunctions::StateMachine')).toMatchObject({
      TracingConfiguration: { Enabled: true },
      LoggingConfiguration: { Level: 'ALL', IncludeExecutionData: true },
    });
    const group = logGroupOf(stack, 'Supervisor');
    expect(group).toMatchObject({
      Properties: { RetentionInDays: 90, KmsKeyId: stack.resolve(encryptionKey.keyArn) },
      DeletionPolicy: 'RetainExceptOnCreate',
    });
  });

  test('logs as long, with the key and until when it is told', () => {
    const { stack } = build(() => ({
      encryptionKey: undefined,
      logRetention: logs.RetentionDays.ONE_WEEK,
      removalPolicy: RemovalPolicy.DESTROY,
    }));
    const group = logGroupOf(stack, 'Supervisor');
    expect(group).toMatchObject({ Properties: { RetentionInDays: 7 }, DeletionPolicy: 'Delete' });
    expect(JSON.stringify(group)).toContain('SupervisorKey');
  });

  test('publishes to a topic whose key it does not know without naming one', () => {
    const { stack } = build((made) => {
      const topic = (name: string) => sns.Topic.fromTopicArn(made.stack, name, `arn:aws:sns:us-east-1:1:${name}`);
      const topics = { critical: topic('page'), warning: topic('tickets'), info: topic('news') };
      return { alerts: AlertTopics.fromAlertTopicsAttributes(made.stack, 'Theirs', topics) };
    });
    expect(statementsIn(stack)).toMatchObject({ Alert: { Resource: 'arn:aws:sns:us-east-1:1:page' } });
    expect(statementsIn(stack).EncryptAlert).toBeUndefined();
  });
});
