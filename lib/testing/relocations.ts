import { stackOf } from './finding-rules';
import type { FlatResource } from './flat-template';
import { at } from './json';
import { same } from './create-only';

/** The properties that name a resource, whatever its type. */
const NAMES = [
  'Name',
  'BucketName',
  'TableName',
  'TopicName',
  'ClusterName',
  'LogGroupName',
  'QueueName',
  'DatabaseName',
];

type Likeness = (before: FlatResource, after: FlatResource) => boolean;

/** What tells that two resources are one, the strongest sign first. */
const SIGNS: Likeness[] = [
  (before, after) => before.logicalId === after.logicalId && same(before.properties, after.properties),
  (before, after) => before.logicalId === after.logicalId,
  (before, after) => same(before.properties, after.properties),
  sameName,
];

/** Of resources that went and resources that came, those that are the same at another place. */
export function relocations(gone: FlatResource[], come: FlatResource[]): Map<FlatResource, FlatResource> {
  const pairs = new Map<FlatResource, FlatResource>();
  const free = new Set(come);
  for (const alike of [...SIGNS, theOnlyOnes(gone, come)]) {
    for (const before of gone.filter((resource) => !pairs.has(resource))) {
      const after = [...free].find((candidate) => candidate.type === before.type && alike(before, candidate));
      if (after !== undefined) {
        pairs.set(before, after);
        free.delete(after);
      }
    }
  }
  return pairs;
}

/** Where one of a type went and one came, in the same stack, it is taken for the same. */
function theOnlyOnes(gone: FlatResource[], come: FlatResource[]): Likeness {
  return (before, after) => stackOf(before) === stackOf(after) && isAlone(before, gone) && isAlone(after, come);
}

function isAlone(resource: FlatResource, among: FlatResource[]): boolean {
  return among.filter(({ type }) => type === resource.type).length === 1;
}

function sameName(before: FlatResource, after: FlatResource): boolean {
  const names = NAMES.filter((name) => at(before.properties, name) !== undefined);
  return names.length > 0 && names.every((name) => same(at(before.properties, name), at(after.properties, name)));
}
