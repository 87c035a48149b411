import type * as emr from 'aws-cdk-lib/aws-emr';
import type { Construct } from 'constructs';
import { renderedProperties } from '../foundation';
import { type Problem, problem } from '../private';

/** A standing cluster as the template will have it, as far as the rules look. */
interface Rendered {
  readonly AutoTerminationPolicy?: unknown;
  readonly ManagedScalingPolicy?: { readonly ComputeLimits?: Limits };
  readonly Instances?: {
    readonly MasterInstanceFleet?: Fleet;
    readonly CoreInstanceFleet?: Fleet;
    readonly TaskInstanceFleets?: unknown[];
  };
}

interface Fleet {
  readonly TargetSpotCapacity?: number;
}

interface Limits {
  readonly MaximumCapacityUnits?: number;
  readonly MaximumOnDemandCapacityUnits?: number;
}

/** What a rule sees wrong in a cluster. */
type Rule = (cluster: Rendered) => Problem[];

/** One that ends by itself breaks the next deployment. */
export const stands: Rule = ({ AutoTerminationPolicy }) =>
  AutoTerminationPolicy === undefined
    ? []
    : [
        {
          path: 'autoTerminationPolicy',
          must: 'left out of a standing cluster, because one that ends by itself breaks the next deployment',
          got: AutoTerminationPolicy,
          remedy: 'managed scaling already shrinks an idle cluster to its core',
        },
      ];

/** The loss of the primary node ends the cluster, and the loss of core nodes ends what HDFS holds. */
export const coreIsOnDemand: Rule = ({ Instances: { MasterInstanceFleet, CoreInstanceFleet } = {} }) =>
  Object.entries({ masterInstanceFleet: MasterInstanceFleet, coreInstanceFleet: CoreInstanceFleet })
    .filter(([, fleet]) => (fleet?.TargetSpotCapacity ?? 0) !== 0)
    .map(([fleet, rendered]) => ({
      path: `instances.${fleet}.targetSpotCapacity`,
      must: 'left out, because the loss of a primary or core node ends the work of the cluster',
      got: rendered?.TargetSpotCapacity,
      remedy: 'leave it On-Demand; only task nodes may be on Spot',
    }));

/** A stream that loses its nodes starts again from its checkpoint, and its readers wait. */
export const allIsOnDemand: Rule = ({ Instances = {}, ManagedScalingPolicy }) => {
  const { MaximumCapacityUnits: most, MaximumOnDemandCapacityUnits: onDemand } =
    ManagedScalingPolicy?.ComputeLimits ?? {};
  const remedy = 'leave it to maxUnits; batch work on Spot belongs on a BatchCluster';
  return [
    ...((Instances.TaskInstanceFleets ?? []).length === 0
      ? []
      : [{ path: 'instances.taskInstanceFleets', must: 'left out of a streaming cluster', got: 'task nodes', remedy }]),
    ...(onDemand === most
      ? []
      : [
          {
            path: 'managedScalingPolicy.computeLimits.maximumOnDemandCapacityUnits',
            must: `the maximum of all units (${most}), because what is above it is Spot`,
            got: onDemand,
            remedy,
          },
        ]),
  ];
};

/** Nothing in the props can break these rules, but an escape hatch or an aspect can. */
export function enforce(scope: Construct, cluster: emr.CfnCluster, rules: Rule[]): void {
  scope.node.addValidation({
    validate: () => {
      const rendered = renderedProperties<Rendered>(cluster);
      return rules.flatMap((rule) => rule(rendered)).map(problem);
    },
  });
}
