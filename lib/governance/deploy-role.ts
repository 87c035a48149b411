import { DefaultStackSynthesizer, Fn, type Stack, Token } from 'aws-cdk-lib/core';
import type { Problem } from '../private';

/** The role that CloudFormation takes in a stack, where its synthesizer has one. */
export function executionRoleArn(stack: Stack): string | undefined {
  if (stack.nestedStackParent !== undefined) {
    return executionRoleArn(stack.nestedStackParent);
  }
  const { synthesizer, account, region } = stack;
  if (!(synthesizer instanceof DefaultStackSynthesizer)) {
    return undefined;
  }
  const arn = synthesizer.cloudFormationExecutionRoleArn;
  const qualifier = synthesizer.bootstrapQualifier ?? DefaultStackSynthesizer.DEFAULT_QUALIFIER;
  const usual = DefaultStackSynthesizer.DEFAULT_CLOUDFORMATION_ROLE_ARN.replaceAll('${Qualifier}', qualifier);
  // the usual role is named in the same way whether or not the stack knows where it goes
  const here = usual
    .replaceAll('${AWS::AccountId}', Token.isUnresolved(account) ? '${AWS::AccountId}' : account)
    .replaceAll('${AWS::Region}', Token.isUnresolved(region) ? '${AWS::Region}' : region);
  if (arn === here) {
    return Fn.sub(usual);
  }
  return arn.includes('${') ? Fn.sub(arn) : arn;
}

/** Without a role, nobody would administer Lake Formation. */
export function deployRoleProblems(got: string | undefined): Problem[] {
  const must = "given where the stack's synthesizer names no role of CloudFormation";
  const remedy = 'pass the role that deploys the stack';
  return got === undefined ? [{ path: 'deployRole', must, got, remedy }] : [];
}
