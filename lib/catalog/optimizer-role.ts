import * as iam from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import { acknowledgeGrant } from '../foundation';

/** Where Glue logs the runs of its table optimizers. */
const LOG_GROUPS = ['compaction', 'retention', 'orphan-file-deletion'].map((kind) => `/aws-glue/iceberg-${kind}/logs`);

/**
 * A role that Glue takes to look after tables; what it may do with them is granted apart.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/optimization-prerequisites.html
 */
export function optimizerRole(scope: Construct, id: string, description: string): iam.Role {
  const stack = Stack.of(scope);
  const role = new iam.Role(scope, id, {
    description,
    assumedBy: new iam.ServicePrincipal('glue.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const streams = LOG_GROUPS.map((resourceName) =>
    stack.formatArn({
      service: 'logs',
      resource: 'log-group',
      resourceName: `${resourceName}:*`,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  const actions = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];
  role.addToPolicy(new iam.PolicyStatement({ actions, resources: streams }));
  acknowledgeGrant(
    role,
    streams,
    "Glue makes the log streams of its optimizers' runs itself, in groups of these names",
  );
  return role;
}
