import { eachResource, type Rule } from '../rule';
import { dig, listOf } from '../values';

const FLEETS = ['MasterInstanceFleet', 'CoreInstanceFleet', 'TaskInstanceFleets'];
const GROUPS = ['MasterInstanceGroup', 'CoreInstanceGroup', 'TaskInstanceGroups'];

/** EMR refuses the cluster, minutes into the deployment. */
export const emrFleetsAndGroups: Rule = {
  id: 'emr-fleets-and-groups',
  severity: 'error',
  wrong: 'A cluster has instance fleets and instance groups; EMR takes one kind for all nodes.',
  remedy: 'Use fleets for primary, core and task nodes, or groups for all of them.',
  source: 'https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-instance-group-configuration.html',
  places: eachResource(['AWS::EMR::Cluster'], (cluster, templates) => {
    const has = (names: string[], type: string): boolean =>
      names.some((name) => listOf(dig(cluster.properties, 'Instances', name)).length > 0) ||
      templates
        .ofType(type)
        .some(({ properties }) => templates.referredBy(properties.JobFlowId ?? properties.ClusterId) === cluster);
    return has(FLEETS, 'AWS::EMR::InstanceFleetConfig') && has(GROUPS, 'AWS::EMR::InstanceGroupConfig')
      ? ['Instances']
      : [];
  }),
};
