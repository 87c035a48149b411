import { Template } from 'aws-cdk-lib/assertions';
import { ArtifactMetadataEntryType } from 'aws-cdk-lib/cloud-assembly-schema';
import { App, Stack } from 'aws-cdk-lib/core';
import type { LakehouseConfig } from '../../lib/config';

/** An empty stack that knows its region, as every real one does. */
export function testStack(id = 'Test'): Stack {
  return new Stack(new App(), id, { env: { region: 'us-east-1' } });
}

/** The least a config can say. */
export const MINIMAL_CONFIG: LakehouseConfig = {
  environment: 'test',
  region: 'us-east-1',
  availabilityZones: ['us-east-1a', 'us-east-1b'],
};

/** A config that satisfies every rule of production. */
export const PRODUCTION_CONFIG: LakehouseConfig = {
  ...MINIMAL_CONFIG,
  account: '123456789012',
  production: true,
  availabilityZones: ['us-east-1a', 'us-east-1b', 'us-east-1c'],
};

/** A resource of a template. */
export interface Resource<Properties> {
  readonly Type: string;
  readonly Properties: Properties;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: string[];
}

/** The resources of a stack by logical id, all or those of one type. */
export function resourcesIn<Properties>(stack: Stack, type?: string): { [id: string]: Resource<Properties> } {
  const template: { Resources?: { [id: string]: Resource<Properties> } } = JSON.parse(
    JSON.stringify(Template.fromStack(stack).toJSON()),
  );
  const resources = Object.entries(template.Resources ?? {});
  return Object.fromEntries(resources.filter(([, { Type }]) => type === undefined || Type === type));
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** Those whose roles run jobs; the catalog has roles too, which Glue takes. */
const OF_CLUSTERS = /^(Cluster|JobFlow)/;

/** What the policies of the roles of clusters allow on resources whose ARN holds a text: the actions, sorted. */
export function actionsOn(stack: Stack, text: string): string[] {
  const policies = resourcesIn<{ PolicyDocument: { Statement: Statement[] } }>(stack, 'AWS::IAM::Policy');
  const statements = Object.entries(policies)
    .filter(([id]) => OF_CLUSTERS.test(id))
    .flatMap(([, { Properties }]) => Properties.PolicyDocument.Statement);
  const about = statements.filter(({ Resource }) => JSON.stringify(Resource).includes(text));
  return [...new Set(about.flatMap(({ Action }) => Action))].toSorted();
}

/** What CDK calls a warning in the metadata of a construct. */
const WARNING: string = ArtifactMetadataEntryType.WARN;

/** The warnings of a stack: the construct and the text. */
export function warningsOf(stack: Stack): string[] {
  return stack.node
    .findAll()
    .flatMap(({ node }) =>
      node.metadata.filter(({ type }) => type === WARNING).map(({ data }) => `/${node.path}: ${String(data)}`),
    );
}

/** The properties of the one resource of a type. */
export function theOnly<Properties>(stack: Stack, type: string): Resource<Properties>['Properties'] {
  const [found, ...more] = Object.values(resourcesIn<Properties>(stack, type));
  if (found === undefined || more.length > 0) {
    throw new Error(`${more.length + (found === undefined ? 0 : 1)} resources of type ${type} where one was expected`);
  }
  return found.Properties;
}

/** The actions that the policies of a role name, sorted; a role by how its logical id begins. */
export function actionsOfRole(stack: Stack, role: string): string[] {
  const policies = Object.entries(resourcesIn(stack, 'AWS::IAM::Policy')).filter(([id]) => id.startsWith(role));
  return [...new Set(JSON.stringify(policies).match(/"\w+:[A-Z]\w+"/g))].toSorted();
}
