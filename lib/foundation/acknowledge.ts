import { Stack, Validations } from 'aws-cdk-lib/core';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Construct, type IConstruct } from 'constructs';

/**
 * Answers a finding of cdk-nag's AwsSolutions rules beside the construct it concerns, for whoever turns the rules on.
 *
 * Only this form of the id both silences the finding and is listed in the report.
 *
 * @internal
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  record(construct, `AwsSolutions::AwsSolutions-${rule}`, reason);
}

/**
 * The same for cdk-nag's Serverless rules.
 *
 * @internal
 */
export function acknowledgeServerless(construct: IConstruct, rule: string, reason: string): void {
  record(construct, `Serverless::Serverless-${rule}`, reason);
}

/**
 * Answers the findings about resources with a wildcard in the policies of a role; resources without one need no answer.
 *
 * @internal
 */
export function acknowledgeWildcards(role: IConstruct, resources: string[], reason: string): void {
  let isAnswered = false;
  const answer = (): string[] => {
    const findings = isAnswered ? [] : resources.map((resource) => flatten(Stack.of(role).resolve(resource)));
    isAnswered = true;
    for (const finding of findings.filter((text) => text.includes('*'))) {
      acknowledge(role, `IAM5[Resource::${finding}]`, reason);
    }
    return [];
  };
  // At the end of synthesis, because only then a resource of another stack has the name of its export.
  role.node.addValidation({ validate: answer });
}

/**
 * The same for a grant: the answers are beside what has the policy, if the app defines it, and only for what was granted.
 *
 * @internal
 */
export function acknowledgeGrant(grantee: IGrantable, resources: string[], reason: string): void {
  const owner: unknown = grantee.grantPrincipal;
  if (Construct.isConstruct(owner)) {
    acknowledgeWildcards(owner, resources, reason);
  }
}

/** What `Validations.acknowledge` does, but for the stack trace, which would lead into this library alone. */
function record(construct: IConstruct, id: string, reason: string): void {
  construct.node.addMetadata(Validations.ACKNOWLEDGED_RULES_METADATA_KEY, { [id]: reason });
}

/** A resolved ARN in cdk-nag's spelling: `Ref` as `<Id>`, `Fn::GetAtt` as `<Id.Attribute>`, joins joined. */
function flatten(value: unknown): string {
  if (typeof value === 'string') {
    return value.replaceAll('${', '<').replaceAll('}', '>');
  }
  if (Array.isArray(value)) {
    return value.map(flatten).join('.');
  }
  const [[intrinsic, argument]] =
    Object.entries(value ?? {}).length === 1 ? Object.entries(value ?? {}) : [['', value]];
  switch (intrinsic) {
    case 'Ref':
    case 'Fn::GetAtt':
      return `<${flatten(argument)}>`;
    case 'Fn::Join':
      return joined(argument);
    case 'Fn::Sub':
    case 'Fn::ImportValue':
      return flatten(argument);
    default:
      return JSON.stringify(value);
  }
}

/** `Fn::Join`'s argument: the delimiter, then the parts. */
function joined(argument: unknown): string {
  const [delimiter, parts]: unknown[] = Array.isArray(argument) ? argument : [];
  return Array.isArray(parts) ? parts.map(flatten).join(String(delimiter)) : '';
}
