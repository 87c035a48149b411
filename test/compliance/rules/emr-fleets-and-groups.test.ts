import { emrFleetsAndGroups } from '../../../lib/compliance/rules/emr-fleets-and-groups';
import { type Fixture, describeRule, ref } from './fixtures';

const FLEET = { TargetOnDemandCapacity: 1 };
const GROUP = { InstanceCount: 1 };
const cluster = (Instances: unknown, more: Fixture['Resources'] = {}): Fixture => ({
  Resources: { Cluster: { Type: 'AWS::EMR::Cluster', Properties: { Instances } }, ...more },
});

describeRule(emrFleetsAndGroups, {
  compliant: {
    fleets: cluster({ MasterInstanceFleet: FLEET, CoreInstanceFleet: FLEET }),
    groups: cluster({ MasterInstanceGroup: GROUP, CoreInstanceGroup: GROUP }),
  },
  nonCompliant: {
    both: [cluster({ MasterInstanceFleet: FLEET, CoreInstanceGroup: GROUP }), 'Cluster Properties.Instances'],
    'a group beside a cluster of fleets': [
      cluster(
        { MasterInstanceFleet: FLEET },
        {
          Tasks: { Type: 'AWS::EMR::InstanceGroupConfig', Properties: { JobFlowId: ref('Cluster') } },
        },
      ),
      'Cluster Properties.Instances',
    ],
  },
});
