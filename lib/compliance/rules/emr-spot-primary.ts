import { eachResource, type Rule } from '../rule';
import { dig, numberOf } from '../values';

/** The whole cluster ends with its primary node. */
export const emrSpotPrimary: Rule = {
  id: 'emr-spot-primary',
  severity: 'error',
  wrong: 'The primary node of a cluster is a Spot instance: when it is taken away the cluster and its work are gone.',
  remedy: 'Run the primary node On-Demand and only task nodes on Spot.',
  source: 'https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-instances-guidelines.html',
  places: eachResource(['AWS::EMR::Cluster'], ({ properties }) => {
    const fleet = dig(properties, 'Instances', 'MasterInstanceFleet');
    const group = dig(properties, 'Instances', 'MasterInstanceGroup');
    return [
      ...((numberOf(dig(fleet, 'TargetSpotCapacity')) ?? 0) > 0 ? ['Instances.MasterInstanceFleet'] : []),
      ...(dig(group, 'Market') === 'SPOT' || dig(group, 'BidPrice') !== undefined
        ? ['Instances.MasterInstanceGroup']
        : []),
    ];
  }),
};
