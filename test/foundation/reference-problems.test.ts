import * as iam from 'aws-cdk-lib/aws-iam';
import { CfnParameter, type Stack } from 'aws-cdk-lib/core';
import { CostBudget } from '../../lib/cost';
import { AirflowEnvironment } from '../../lib/orchestration';
import { BatchCluster, ServerlessSpark } from '../../lib/processing';
import { KafkaConfiguration, KafkaSchemaRegistry } from '../../lib/streaming';
import { testStack } from '../support/stacks';

function roleIn(stack: Stack): iam.IRole {
  return iam.Role.fromRoleName(stack, 'Role', 'theirs');
}

/** What refers to something that exists already, by the property that names it. */
const REFER: { readonly [path: string]: (stack: Stack, got: string) => unknown } = {
  clusterId: (stack, clusterId) =>
    BatchCluster.fromBatchClusterAttributes(stack, 'It', { clusterId, instanceRole: roleIn(stack) }),
  applicationId: (stack, applicationId) => {
    const attributes = { applicationId, applicationName: 'theirs', jobRole: roleIn(stack) };
    return ServerlessSpark.fromServerlessSparkAttributes(stack, 'It', attributes);
  },
  applicationName: (stack, applicationName) => {
    const attributes = { applicationId: '00abc', applicationName, jobRole: roleIn(stack) };
    return ServerlessSpark.fromServerlessSparkAttributes(stack, 'It', attributes);
  },
  environmentArn: (stack, environmentArn) =>
    AirflowEnvironment.fromAirflowEnvironmentAttributes(stack, 'It', { environmentArn }),
  registryArn: (stack, registryArn) => KafkaSchemaRegistry.fromKafkaSchemaRegistryArn(stack, 'It', registryArn),
  configurationArn: (stack, configurationArn) =>
    KafkaConfiguration.fromKafkaConfigurationAttributes(stack, 'It', { configurationArn, revision: 1 }),
  budgetName: (stack, budgetName) => CostBudget.fromCostBudgetName(stack, 'It', budgetName),
};

describe('What exists already', () => {
  test.each(Object.entries(REFER))('is not found by an empty %s', (path, refer) => {
    const must = new RegExp(`'${path}' must be .*, got ""; take it from \`aws `);
    expect(() => refer(testStack(), '')).toThrow(must);
  });

  test.each(Object.entries(REFER))('may have a %s that only the deployment knows', (_, refer) => {
    const stack = testStack();
    expect(() => refer(stack, new CfnParameter(stack, 'Given').valueAsString)).not.toThrow();
  });
});
