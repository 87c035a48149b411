import { emrScalingUnits } from '../../../lib/compliance/rules/emr-scaling-units';
import { type Fixture, describeRule, resources } from './fixtures';

const cluster = (Instances: unknown, UnitType: string): Fixture =>
  resources({
    Cluster: {
      Type: 'AWS::EMR::Cluster',
      Properties: { Instances, ManagedScalingPolicy: { ComputeLimits: { UnitType } } },
    },
  });
const FLEETS = { MasterInstanceFleet: { TargetOnDemandCapacity: 1 } };
const GROUPS = { MasterInstanceGroup: { InstanceCount: 1 } };
const UNIT = 'Cluster Properties.ManagedScalingPolicy.ComputeLimits.UnitType';

describeRule(emrScalingUnits, {
  compliant: {
    'units of fleets for fleets': cluster(FLEETS, 'InstanceFleetUnits'),
    'processors for groups': cluster(GROUPS, 'VCPU'),
  },
  nonCompliant: {
    'instances for fleets': [cluster(FLEETS, 'Instances'), UNIT],
    'units of fleets for groups': [cluster(GROUPS, 'InstanceFleetUnits'), UNIT],
  },
});
