import * as iam from 'aws-cdk-lib/aws-iam';
import { Tags } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { Problem } from '../private';
import type { LakehouseConfig } from './lakehouse-config';
import { unless } from './problems';

/** What all services take in the name and in the value of a tag. */
const TEXT = /^[\p{L}\p{N} _.:/=+\-@]*$/u;

/**
 * Tags that a service would refuse, half-way through a deployment.
 *
 * @see https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
 * @internal
 */
export function tagRules({ tags = {} }: LakehouseConfig): Problem[] {
  const names = Object.keys(tags);
  // IAM takes names that differ only in case for the same.
  const folded = ['environment', ...names.map((name) => name.toLowerCase())];
  const remedy = 'use letters, digits, spaces and _.:/=+-@';
  return [
    ...names
      .filter((name) => name.length < 1 || name.length > 128 || !TEXT.test(name) || /^aws:/i.test(name))
      .map((got) => ({ path: 'tags', must: "names of 1 to 128 characters, none beginning with 'aws:'", got, remedy })),
    ...Object.entries(tags)
      .filter(([, value]) => value.length > 256 || !TEXT.test(value))
      .map(([name, got]) => ({ path: `tags.${name}`, must: 'at most 256 characters', got, remedy })),
    ...unless(new Set(folded).size === folded.length, {
      path: 'tags',
      must: "names that differ in more than case, from 'environment' too",
      got: names,
      remedy: "leave 'environment' out: it is set to the environment's name, which budgets go by",
    }),
  ];
}

/**
 * What goes on everything: tags, and the boundary of every role.
 *
 * @internal
 */
export function markAll(scope: Construct, { environment, tags, permissionsBoundary }: LakehouseConfig): void {
  for (const [name, value] of Object.entries({ environment, ...tags })) {
    Tags.of(scope).add(name, value);
  }
  if (permissionsBoundary !== undefined) {
    const policy = iam.ManagedPolicy.fromManagedPolicyArn(scope, 'Boundary', permissionsBoundary);
    iam.PermissionsBoundary.of(scope).apply(policy);
  }
}
