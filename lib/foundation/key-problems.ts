import * as kms from 'aws-cdk-lib/aws-kms';
import { Stack, Token } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import type { Problem } from '../private';

const PATH = 'encryptionKey';

/**
 * Why a key of the user's own encrypts nothing here: it is used where it is, and a policy names it by its own ARN; and a stack that
 * is elsewhere cannot refer to one that the app defines.
 *
 * @internal
 */
export function keyProblems(scope: IConstruct, key: kms.IKey | undefined): Problem[] {
  return key === undefined ? [] : [...aliasProblems(key), ...placeProblems(Stack.of(scope), key)];
}

/** IAM takes the ARN of an alias for no key, and grants nothing. */
function aliasProblems(key: kms.IKey): Problem[] {
  const isAlias = 'aliasName' in key || /:alias\//.test(key.keyArn);
  const must = 'a key itself, because policies that name its alias allow nothing';
  return isAlias
    ? [{ path: PATH, must, got: key.keyArn, remedy: 'use kms.Key.fromLookup, or the ARN of the key' }]
    : [];
}

function placeProblems(stack: Stack, key: kms.IKey): Problem[] {
  const { region } = key.env;
  if (!Token.isUnresolved(region) && !Token.isUnresolved(stack.region) && region !== stack.region) {
    const must = `a key in ${stack.region}, because AWS encrypts with none of another region`;
    return [{ path: PATH, must, got: region, remedy: 'use a key of that region, or a replica of a multi-region key' }];
  }
  const isDefined = key.node.defaultChild instanceof kms.CfnKey;
  const [here, there] = [stack.environment, Stack.of(key).environment];
  const must = `a key of a stack with the same account and region, ${here}`;
  const remedy = "give both stacks the same 'env', or import the key by its ARN";
  return isDefined && here !== there ? [{ path: PATH, must, got: there, remedy }] : [];
}
