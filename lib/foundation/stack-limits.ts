import { Annotations, CfnElement, CfnOutput, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib/core';
import { problem } from '../private';

/** From what share of a limit on there is a warning. */
const NEARLY = 0.8;

/** Something of which CloudFormation takes only so much. */
interface Limit {
  readonly what: string;
  readonly most: number;
  /** Where it is counted. */
  readonly within: string;
  readonly remedy: string;
  /** Whether an element counts. */
  readonly counts: (element: CfnElement) => boolean;
}

const IN_A_STACK = {
  within: 'a stack',
  remedy: 'put some of it into a nested stack, or into a stack of its own',
};

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const OF_STACK: Limit[] = [
  { what: 'resources', most: 500, counts: (element) => CfnResource.isCfnResource(element), ...IN_A_STACK },
  { what: 'parameters', most: 200, counts: (element) => element instanceof CfnParameter, ...IN_A_STACK },
  { what: 'outputs', most: 200, counts: (element) => element instanceof CfnOutput, ...IN_A_STACK },
];

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
const OF_OPERATION: Limit = {
  what: 'resources of all stacks',
  most: 2500,
  within: 'one operation on a stack and those nested in it',
  remedy:
    'split the lake by domains: a LakehouseStack for each part, with an environment and a directory of contracts of its own; ' +
    "tables with 'maintenance: job' have no optimizers, which are three resources each",
  counts: (element) => CfnResource.isCfnResource(element),
};

/**
 * Refuses at synthesis what CloudFormation would refuse at deployment because it is too much, in a stack and in those nested
 * in it, and warns from 80 percent on. The size of templates is left to CDK, which warns of it.
 *
 * @internal
 */
export function guardLimits(stack: Stack): void {
  // at validation, because references between stacks have become parameters and outputs by then
  stack.node.addValidation({ validate: () => tooMuch(stack) });
}

function tooMuch(stack: Stack): string[] {
  const byStack = elementsIn(stack);
  return [
    ...[...byStack].flatMap(([each, elements]) => OF_STACK.flatMap((limit) => judge(each, limit, elements))),
    ...judge(stack, OF_OPERATION, [...byStack.values()].flat()),
  ];
}

/** What the stack and each stack nested in it is made of. */
function elementsIn(stack: Stack): Map<Stack, CfnElement[]> {
  const byStack = new Map<Stack, CfnElement[]>();
  for (const element of stack.node.findAll().filter((each) => CfnElement.isCfnElement(each))) {
    const home = Stack.of(element);
    const others = byStack.get(home) ?? [];
    others.push(element);
    byStack.set(home, others);
  }
  return new Map([...byStack].filter(([each]) => each === stack || each.nestedStackParent !== undefined));
}

function judge(stack: Stack, { what, most, within, remedy, counts }: Limit, elements: CfnElement[]): string[] {
  const got = elements.filter(counts).length;
  if (got > most) {
    return [problem({ path: `${what} of ${stack.node.path}`, must: `at most ${most} in ${within}`, got, remedy })];
  }
  if (got >= most * NEARLY) {
    const text = `${got} ${what}, and CloudFormation takes ${most} in ${within}; before it is full, ${remedy}`;
    Annotations.of(stack).addWarningV2(`cdk-lakehouse:nearLimit:${what.replaceAll(' ', '-')}`, text);
  }
  return [];
}
