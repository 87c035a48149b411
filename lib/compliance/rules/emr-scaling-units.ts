import { eachResource, type Rule } from '../rule';
import { dig, isLiteral, listOf, textOf } from '../values';

/** The limits are counted in what the nodes are asked for in. */
export const emrScalingUnits: Rule = {
  id: 'emr-scaling-units',
  severity: 'error',
  wrong: 'The limits of managed scaling are in units that the cluster does not have: fleets count units of their own.',
  remedy: 'Set UnitType to InstanceFleetUnits for fleets, to Instances or VCPU for groups.',
  source: 'https://docs.aws.amazon.com/emr/latest/APIReference/API_ComputeLimits.html',
  places: eachResource(['AWS::EMR::Cluster'], ({ properties }) => {
    const unit = textOf(dig(properties, 'ManagedScalingPolicy', 'ComputeLimits', 'UnitType'));
    const hasFleets = listOf(dig(properties, 'Instances', 'MasterInstanceFleet')).length > 0;
    const isWrong = unit !== undefined && isLiteral(unit) && (unit === 'InstanceFleetUnits') !== hasFleets;
    return isWrong ? ['ManagedScalingPolicy.ComputeLimits.UnitType'] : [];
  }),
};
