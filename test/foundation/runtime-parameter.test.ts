import * as sns from 'aws-cdk-lib/aws-sns';
import { App, Lazy, Stack, Stage } from 'aws-cdk-lib/core';
import { RuntimeParameter, type RuntimeFacts } from '../../lib/foundation';
import { testStack, theOnly } from '../support/stacks';

const FACTS: RuntimeFacts = { databases: { silver: 'lake_silver' }, buckets: { silver: 'b' }, topics: { info: 't' } };

function parameterOf(facts: RuntimeFacts): { Name: string; Type: string; Value: string } {
  const stack = testStack();
  new RuntimeParameter(stack, 'Runtime', { environment: 'dev', facts });
  return theOnly(stack, 'AWS::SSM::Parameter');
}

/** So many topics that only a deployment names. */
function arns(count: number): { [severity: string]: string } {
  const names = Array.from({ length: count }, (_, index) => `t${index}`);
  return Object.fromEntries(names.map((name) => [name, Lazy.string({ produce: () => 'arn' })]));
}

/** Makes the parameter of one environment in a stack of its own. */
function place(scope: App | Stage, id: string, account?: string, region = 'us-east-1'): () => RuntimeParameter {
  const env = { account, region };
  return () => new RuntimeParameter(new Stack(scope, id, { env }), 'It', { environment: 'dev', facts: FACTS });
}

describe('RuntimeParameter', () => {
  test('is one for each environment of an account and region', () => {
    const app = new App();
    place(app, 'First')();
    place(app, 'Elsewhere', undefined, 'eu-west-1')();
    place(app, 'Known', '123456789012')();
    place(new Stage(app, 'Other'), 'First')();
    expect(place(app, 'Second')).toThrow(
      "'environment' must be another name than that of 'First/It', which is in the same account and region, got \"dev\"; name each environment differently (at Second/It)",
    );
    expect(place(new Stage(app, 'Known2'), 'Again', '123456789012')).toThrow("that of 'Known/It'");
  });

  test.each(['', 'a b', Lazy.string({ produce: () => 'dev' })])('fails for an environment %j', (environment) => {
    expect(() => new RuntimeParameter(testStack(), 'Runtime', { environment, facts: FACTS })).toThrow(
      /'environment' must be letters, digits, dots, hyphens and underscores that are known at synth, got/,
    );
  });

  test('is a text at a well-known name', () => {
    expect(RuntimeParameter.nameFor('dev')).toBe('/lakehouse/dev/runtime');
    expect(parameterOf(FACTS)).toMatchObject({ Name: '/lakehouse/dev/runtime', Type: 'String' });
  });

  test('holds the facts in the layout that jobs read', () => {
    const { Value } = parameterOf({
      ...FACTS,
      batchClusterId: 'j-1',
      sourceSecrets: { nycflights: 'lakehouse/dev/sources/nycflights' },
      applications: { ingest: ['spark-submit', 'main.py'] },
    });
    expect(JSON.parse(Value)).toEqual({
      version: 1,
      environment: 'dev',
      databases: { silver: 'lake_silver' },
      buckets: { silver: 'b' },
      topics: { info: 't' },
      batchCluster: { id: 'j-1' },
      sources: { nycflights: { secretId: 'lakehouse/dev/sources/nycflights' } },
      applications: { ingest: { args: ['spark-submit', 'main.py'] } },
    });
  });

  test('leaves out what there is not', () => {
    expect(JSON.parse(parameterOf(FACTS).Value)).toEqual({
      version: 1,
      environment: 'dev',
      databases: { silver: 'lake_silver' },
      buckets: { silver: 'b' },
      topics: { info: 't' },
      sources: {},
      applications: {},
    });
  });

  test('holds names that only a deployment knows', () => {
    const stack = testStack();
    const topic = new sns.Topic(stack, 'Topic');
    new RuntimeParameter(stack, 'Runtime', {
      environment: 'dev',
      facts: { ...FACTS, topics: { info: topic.topicArn } },
    });
    const { Value } = theOnly<{ Value: unknown }>(stack, 'AWS::SSM::Parameter');
    expect(JSON.stringify(Value)).toContain('{"Ref":"TopicBFC7AF6E"}');
  });

  test('is of the tier that its size asks for', () => {
    expect(parameterOf(FACTS)).toMatchObject({ Tier: 'Intelligent-Tiering' });
  });

  test('fails when it would not fit into a parameter', () => {
    const jars = Array.from({ length: 120 }, (_, index) => `s3://assets/${index}-${'x'.repeat(60)}.jar`);
    expect(() => parameterOf({ ...FACTS, applications: { ingest: jars } })).toThrow(
      /'facts' must be at most 8192 bytes as JSON, the size of a parameter, got "up to \d+ bytes"/,
    );
  });

  test('counts what only a deployment knows as an ARN', () => {
    expect(() => parameterOf({ ...FACTS, topics: arns(50) })).not.toThrow();
    expect(() => parameterOf({ ...FACTS, topics: arns(70) })).toThrow(/'facts' must be at most 8192 bytes/);
  });
});
