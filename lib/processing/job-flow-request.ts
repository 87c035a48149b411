import type { ClusterProps } from './cluster-ground';

/** Members of the API whose names are not just CloudFormation's with a capital letter. */
const OTHER_NAMES: { [name: string]: string } = { configurationProperties: 'Properties', sizeInGb: 'SizeInGB' };

/** Members that are maps, whose keys are data. */
const MAPS = new Set(['configurationProperties']);

/**
 * The parameters of RunJobFlow for a cluster: the same words, except that CloudFormation names the fleets apart where the
 * API has one list with a type each.
 *
 * @see https://docs.aws.amazon.com/emr/latest/APIReference/API_RunJobFlow.html
 */
export function runJobFlowRequest(props: ClusterProps): { [name: string]: unknown } {
  const { masterInstanceFleet, coreInstanceFleet, taskInstanceFleets, ...instances } = props.instances;
  const fleets = [
    { instanceFleetType: 'MASTER', ...masterInstanceFleet },
    { instanceFleetType: 'CORE', ...coreInstanceFleet },
    ...(Array.isArray(taskInstanceFleets) ? taskInstanceFleets : []).map((fleet) =>
      Object.assign({ instanceFleetType: 'TASK' }, fleet),
    ),
  ];
  const request = translated({ ...props, instances: { ...instances, instanceFleets: fleets } });
  return Object.fromEntries(Object.entries(request ?? {}));
}

function translated(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(translated);
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .map(([name, member]) => [
        OTHER_NAMES[name] ?? name.charAt(0).toUpperCase() + name.slice(1),
        MAPS.has(name) ? member : translated(member),
      ]),
  );
}
