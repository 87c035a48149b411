import { Certainty, type Replacement, replacementsOf } from './create-only';
import { lossesOf } from './data-loss';
import { FindingKind } from './finding';
import type { FlatResource } from './flat-template';
import { at, brief, plain } from './json';
import { type Neighbours, refusedUpdates } from './refused-updates';

/** What was found about a resource, without what is known of the resource itself. */
export interface Observation {
  readonly kind: FindingKind;
  readonly property?: string;
  readonly reason: string;
  readonly remedy: string;
}

/** How much a policy keeps. */
const KEPT: { readonly [policy: string]: number } = { Delete: 0, Snapshot: 1, RetainExceptOnCreate: 2, Retain: 2 };

const OR_ACKNOWLEDGE = 'or copy what it holds first and acknowledge it';

const LOCKED =
  'the old one is protected against termination, so CloudFormation cannot end it: it runs on, and is paid for';
const UNLOCK =
  'or let its work end, take its protection off (aws emr modify-cluster-attributes --no-termination-protected) and acknowledge it';

/** What else than keeping the value there is, where copying by hand is no way. */
const INSTEAD: { readonly [type: string]: string } = {
  'AWS::MSK::Cluster':
    'or build the new cluster beside it under another id, let MSK Replicator copy the topics, move producers and consumers, and acknowledge it',
  'AWS::MSK::Topic':
    'or add a topic of another name beside it, move the producers, let the consumers read the old one to its end, and acknowledge it',
};

/** What a change from one resource to the other, at the same place, loses. */
export function observations(before: FlatResource, after: FlatResource, neighbours: Neighbours): Observation[] {
  if (before.type !== after.type) {
    const reason = `the type ${after.type} instead, which CloudFormation refuses`;
    const remedy = `give the new resource another id, ${OR_ACKNOWLEDGE}`;
    return [{ kind: FindingKind.TYPE_CHANGED, reason, remedy }];
  }
  const replacements = replacementsOf(before, after, neighbours.replaced);
  // what is replaced is made, not updated
  const isUpdated = replacements.every(({ certainty }) => certainty !== Certainty.YES);
  const refused = isUpdated ? refusedUpdates(before, after, neighbours) : [];
  return [
    ...replacements.map((replacement) => replacementOf(before, after, replacement)),
    ...refused.map(({ property, reason, remedy }) => ({ kind: FindingKind.UPDATE_REFUSED, property, reason, remedy })),
    ...conditionChanges(before, after),
    ...weakened(before, after),
    ...lossesOf(before, after, neighbours.properties).map(({ property, reason, remedy }) => ({
      kind: FindingKind.DATA_LOST,
      property,
      reason: `${property} that ${reason}`,
      remedy,
    })),
  ];
}

/** What taking a resource out of the template loses. */
export function removal(before: FlatResource): Observation {
  const effect = {
    Delete: 'which deletes it',
    Snapshot: 'which deletes it after a snapshot',
    Retain: 'which leaves it in the account, where no stack manages it',
  }[withoutException(deletionPolicyOf(before))];
  return isLocked(before)
    ? { kind: FindingKind.REMOVED, reason: `its removal; ${LOCKED}`, remedy: `put it back, ${UNLOCK}` }
    : {
        kind: FindingKind.REMOVED,
        reason: `its removal, ${effect ?? 'which may delete it'} (DeletionPolicy ${deletionPolicyOf(before)})`,
        remedy: `put it back, ${OR_ACKNOWLEDGE}`,
      };
}

/** What another place for a resource loses: another logical id, or another nested stack. */
export function relocation(before: FlatResource, after: FlatResource): Observation {
  const isMove = stackOf(before) !== stackOf(after);
  const fate = deletionPolicyOf(before) === 'Delete' ? 'deletes it' : 'leaves it without a stack';
  const effect = `which ${fate} and creates an empty one`;
  return isMove
    ? {
        kind: FindingKind.MOVED,
        reason: `the new place '${after.address}', ${effect}`,
        remedy: `leave it in its stack, move it with 'cdk refactor', ${OR_ACKNOWLEDGE}`,
      }
    : {
        kind: FindingKind.RENAMED,
        reason: `the new logical id '${after.logicalId}', ${effect}`,
        remedy: `keep the ids of its construct and those around it, call overrideLogicalId('${before.logicalId}') on it, ${OR_ACKNOWLEDGE}`,
      };
}

/**
 * Whether it is an EMR cluster that is protected against termination, which CloudFormation does not take off.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/UsingEMR_TerminationProtection.html
 */
function isLocked({ type, properties, deletionPolicy }: FlatResource): boolean {
  return (
    type === 'AWS::EMR::Cluster' &&
    (deletionPolicy ?? 'Delete') === 'Delete' &&
    plain(at(properties, 'Instances', 'TerminationProtected')) === 'true'
  );
}

function replacementOf(
  before: FlatResource,
  after: FlatResource,
  { property, certainty, through, ...values }: Replacement,
): Observation {
  const surely = certainty === Certainty.YES;
  const effect = `which ${surely ? 'replaces' : 'may replace'} it`;
  const reason =
    through === undefined
      ? `another ${property} (${brief(values.before)} becomes ${brief(values.after)}), ${effect}`
      : `another ${property}, because '${through}' that it refers to is replaced, ${effect}`;
  const kept = withoutException(after.updateReplacePolicy ?? 'Delete') === 'Retain';
  const locked = !kept && isLocked(before);
  const deleted = locked ? LOCKED : 'the old one is deleted';
  const fate = kept ? 'the old one stays in the account, with what it holds' : deleted;
  return {
    kind: surely ? FindingKind.REPLACED : FindingKind.MAY_BE_REPLACED,
    property,
    reason: `${reason}; ${fate}`,
    remedy: `keep the value${through === undefined ? '' : ` and '${through}'`}, ${locked ? UNLOCK : (INSTEAD[after.type] ?? OR_ACKNOWLEDGE)}`,
  };
}

function conditionChanges(before: FlatResource, after: FlatResource): Observation[] {
  if (after.condition === undefined || JSON.stringify(before.condition) === JSON.stringify(after.condition)) {
    return [];
  }
  return [
    {
      kind: FindingKind.MAY_BE_REPLACED,
      property: 'Condition',
      reason: `another condition (${brief(before.condition)} becomes ${brief(after.condition)}), which removes it where it is false`,
      remedy: `keep the condition, ${OR_ACKNOWLEDGE}`,
    },
  ];
}

function weakened(before: FlatResource, after: FlatResource): Observation[] {
  const policies = [
    { property: 'DeletionPolicy', old: deletionPolicyOf(before), new_: deletionPolicyOf(after) },
    {
      property: 'UpdateReplacePolicy',
      old: before.updateReplacePolicy ?? 'Delete',
      new_: after.updateReplacePolicy ?? 'Delete',
    },
  ];
  return policies
    .filter(({ old, new_ }) => (KEPT[new_] ?? 0) < (KEPT[old] ?? 0))
    .map(({ property, old, new_ }) => ({
      kind: FindingKind.PROTECTION_WEAKENED,
      property,
      reason: `${property} ${new_} instead of ${old}, which lets a later change delete it`,
      remedy: `keep its removal policy, or acknowledge it when what it holds is not needed`,
    }));
}

/** @see https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html */
function deletionPolicyOf({ type, deletionPolicy, properties }: FlatResource): string {
  const snapshots =
    type === 'AWS::RDS::DBCluster' || (type === 'AWS::RDS::DBInstance' && properties.DBClusterIdentifier === undefined);
  return deletionPolicy ?? (snapshots ? 'Snapshot' : 'Delete');
}

/** Once a resource is there, the two policies are one. */
function withoutException(policy: string): string {
  return policy === 'RetainExceptOnCreate' ? 'Retain' : policy;
}

/** The address of the nested stack a resource is in; empty for the outer stack. */
export function stackOf({ address, logicalId }: FlatResource): string {
  return address.slice(0, address.length - logicalId.length);
}
