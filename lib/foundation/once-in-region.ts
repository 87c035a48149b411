import { Stack, Token } from 'aws-cdk-lib/core';
import type { IConstruct } from 'constructs';
import { Claims, type Problem } from '../private';

/** A name as somebody gave it. */
interface GivenName {
  /** The property that has it, which also tells names of one kind from those of others. */
  readonly path: string;
  readonly got: string;
  readonly remedy?: string;
}

/** The names: by app where account and region are known, else by stack or stage. */
const NAMES = new Claims();

/**
 * What is wrong with a name that AWS has once in an account and region: another construct has it, and the second of the two would
 * fail half-way through its deployment.
 *
 * @param together what goes to one place where account or region are those of whoever deploys: a stack by itself, because another
 * may be deployed by others
 *
 * @internal
 */
export function onceInRegion(
  construct: IConstruct,
  { path, got, remedy = 'rename one of the two' }: GivenName,
  together: IConstruct = outermost(Stack.of(construct)),
): Problem[] {
  const { account, region, environment: place } = Stack.of(construct);
  const isKnown = !Token.isUnresolved(account) && !Token.isUnresolved(region);
  const within = isKnown ? construct.node.root : together;
  const owner = NAMES.take(within, `${place}/${path}/${got}`, construct);
  const must = `another name than that of '${owner ?? ''}', which is in the same account and region`;
  return owner === undefined ? [] : [{ path, must, got, remedy }];
}

function outermost(stack: Stack): Stack {
  return stack.nestedStackParent === undefined ? stack : outermost(stack.nestedStackParent);
}
