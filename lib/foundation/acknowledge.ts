import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';

/**
 * Answers a finding of cdk-nag's AwsSolutions rules beside the construct it concerns, for whoever turns the rules on.
 *
 * Only this form of the id both silences the finding and is listed in the report.
 *
 * @internal
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions::AwsSolutions-${rule}`, reason });
}

/**
 * Answers the findings about resources with a wildcard in the policies of a role; resources without one need no answer.
 *
 * @internal
 */
export function acknowledgeWildcards(role: IConstruct, resources: string[], reason: string): void {
  const findings = resources.map((resource) => flatten(Stack.of(role).resolve(resource)));
  for (const finding of findings.filter((text) => text.includes('*'))) {
    acknowledge(role, `IAM5[Resource::${finding}]`, reason);
  }
}

/** A resolved ARN in cdk-nag's spelling: `Ref` as `<Id>`, `Fn::GetAtt` as `<Id.Attribute>`, joins joined. */
function flatten(value: unknown): string {
  if (typeof value === 'string') {
    return value.replaceAll('${', '<').replaceAll('}', '>');
  }
  const [[intrinsic, argument]] = Object.entries(value as { [name: string]: unknown }) as [[string, unknown]];
  if (intrinsic === 'Ref') {
    return `<${flatten(argument)}>`;
  }
  if (intrinsic === 'Fn::GetAtt') {
    return `<${(argument as string[]).map(flatten).join('.')}>`;
  }
  if (intrinsic === 'Fn::Join') {
    const [delimiter, parts] = argument as [string, unknown[]];
    return parts.map(flatten).join(delimiter);
  }
  return intrinsic === 'Fn::Sub' || intrinsic === 'Fn::ImportValue' ? flatten(argument) : JSON.stringify(value);
}
