import * as fs from 'node:fs';
import * as path from 'node:path';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import { App, CfnElement, Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { LakehouseChecks } from '../../lib/compliance';
import { NAME_LIMITS } from '../../lib/compliance/rules/name-too-long';
import { Templates } from '../../lib/compliance/template';
import { dig } from '../../lib/compliance/values';
import { AthenaWorkgroup } from '../../lib/consumption';
import { LakeNetwork } from '../../lib/foundation';
import { BatchCluster } from '../../lib/processing';
import { LakeStorage } from '../../lib/storage';
import { KafkaBrokers, KafkaCluster, KafkaConfiguration } from '../../lib/streaming';
import { complianceOf } from '../support/compliance';
import { ENVIRONMENTS, addLakehouse } from '../support/environments';
import { templateFiles } from '../support/subjects';
import { temporaryDirectory } from '../support/temporary';

/** Ids so long that CDK can just write the files of nested stacks, which differ at their very end. */
const LONG = `Analytics${'OfTheWholeCompany'.repeat(5)}`;
const LONG_TOO = `${LONG}Two`;

/** The lakehouse of an environment within parts of these ids, synthesized. */
function synthesized(environment: string, id: string): App {
  const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
  Validations.of(app).addPlugins(new LakehouseChecks());
  addLakehouse(new Construct(app, id), environment, { id });
  return app;
}

/** Every physical name that is known before deployment, by the construct below the stack and the property. */
function namesIn(app: App): { [where: string]: string } {
  const stack = app.node.findAll().find((construct) => Stack.isStack(construct));
  const sources = templateFiles(app).map((file) => ({ file, body: JSON.parse(fs.readFileSync(file, 'utf8')) }));
  const paths = new Map(
    app.node
      .findAll()
      .filter((construct) => CfnElement.isCfnElement(construct))
      .map((element) => [
        `${element.stack.templateFile} ${element.stack.resolve(element.logicalId)}`,
        element.node.path,
      ]),
  );
  const names = new Templates(sources).all.flatMap(({ file, resources }) =>
    resources.flatMap(({ id, type, properties }) =>
      Object.keys(NAME_LIMITS[type] ?? {}).flatMap((property) => {
        const construct = paths.get(`${path.basename(file)} ${id}`)?.slice(stack?.node.path.length);
        const name = dig(properties, ...property.split('.'));
        return typeof name === 'string' ? [[`${construct} ${property}`, name] as const] : [];
      }),
    ),
  );
  return Object.fromEntries(names);
}

describe.each(ENVIRONMENTS)('The names of %s under very long ids', (environment) => {
  const app = synthesized(environment, LONG);
  const { open } = complianceOf(app);
  const names = namesIn(app);

  test('are no longer than AWS takes, stack and logical ids too', () => {
    expect(open).toEqual([]);
    const stacks = app.node.findAll().filter((construct) => Stack.isStack(construct));
    expect(stacks.filter(({ stackName }) => stackName.length > 128)).toEqual([]);
    expect(Object.keys(names).length).toBeGreaterThan(20);
  });

  test('are the same in each synthesis', () => {
    const again = synthesized(environment, LONG);
    complianceOf(again);
    expect(namesIn(again)).toEqual(names);
  });

  test('differ from those of another path that is the same up to its end', () => {
    const [short, other] = ['Lake', LONG_TOO].map((id) => {
      const elsewhere = synthesized(environment, id);
      complianceOf(elsewhere);
      return namesIn(elsewhere);
    });
    const ofPaths = Object.keys(names).filter((where) => names[where] !== short?.[where]);
    expect(ofPaths.length).toBeGreaterThan(0);
    expect(ofPaths.filter((where) => names[where] === other?.[where])).toEqual([]);
  });
});

function vpcIn(scope: Construct): ec2.IVpc {
  return new LakeNetwork(scope, 'Network', { availabilityZones: ['us-east-1a', 'us-east-1b'] }).vpc;
}

describe('The names of single constructs below a path beyond all limits', () => {
  const makers: { [construct: string]: (scope: Construct) => void } = {
    AthenaWorkgroup: (scope) =>
      new AthenaWorkgroup(scope, 'Workgroup', { results: new LakeStorage(scope, 'Zones').artifacts }),
    BatchCluster: (scope) =>
      new BatchCluster(scope, 'Cluster', { vpc: vpcIn(scope), storage: new LakeStorage(scope, 'Zones') }),
    KafkaCluster: (scope) =>
      new KafkaCluster(scope, 'Kafka', {
        vpc: vpcIn(scope),
        brokers: KafkaBrokers.provisioned({ instanceType: new ec2.InstanceType('m7g.large') }),
      }),
    KafkaConfiguration: (scope) => new KafkaConfiguration(scope, 'Configuration'),
    LakeNetwork: (scope) => new LakeNetwork(scope, 'Network', { availabilityZones: ['us-east-1a'] }),
  };

  test.each(Object.entries(makers))('are shortened and stay distinct: %s', (_, make) => {
    const app = new App({ outdir: temporaryDirectory(), builtinCloudFormationValidation: false });
    Validations.of(app).addPlugins(new LakehouseChecks());
    const stack = new Stack(app, 'Theirs', { env: { region: 'us-east-1' } });
    const middle = new Construct(new Construct(stack, LONG.repeat(3)), LONG.repeat(4));
    ['One', 'Two'].forEach((id) => make(new Construct(middle, id)));
    const { open } = complianceOf(app);
    expect(open.filter(({ rule }) => rule === 'name-too-long')).toEqual([]);
    const names = namesIn(app);
    const of = (id: string): [string, string][] => Object.entries(names).filter(([where]) => where.includes(`/${id}/`));
    const derived = of('One').filter(([where]) => where.endsWith('Name'));
    const both = derived.map(([where, name]) => [name, names[where.replace('/One/', '/Two/')]]);
    expect(both.filter(([one, two]) => two === undefined || one === two)).toEqual([]);
  });
});
