import { emrSpotPrimary } from '../../../lib/compliance/rules/emr-spot-primary';
import { type Fixture, describeRule, resources } from './fixtures';

const cluster = (Instances: unknown): Fixture =>
  resources({ Cluster: { Type: 'AWS::EMR::Cluster', Properties: { Instances } } });

describeRule(emrSpotPrimary, {
  compliant: {
    'Spot on task nodes alone': cluster({
      MasterInstanceFleet: { TargetOnDemandCapacity: 1, TargetSpotCapacity: 0 },
      TaskInstanceFleets: [{ TargetSpotCapacity: 10 }],
    }),
    'an On-Demand group': cluster({ MasterInstanceGroup: { Market: 'ON_DEMAND' } }),
  },
  nonCompliant: {
    'a fleet on Spot': [
      cluster({ MasterInstanceFleet: { TargetSpotCapacity: 1 } }),
      'Cluster Properties.Instances.MasterInstanceFleet',
    ],
    'a group on Spot': [
      cluster({ MasterInstanceGroup: { Market: 'SPOT' } }),
      'Cluster Properties.Instances.MasterInstanceGroup',
    ],
  },
});
