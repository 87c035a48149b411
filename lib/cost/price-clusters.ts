import type { Pricer } from './charge';
import { type TemplateResource, at, listAt, numberAt, textAt } from './template-reader';

/** The plain x86 family that does the work of a Graviton one: Intel of the same shape. */
const PLAIN_FAMILY: { [family: string]: string } = {
  m6g: 'm5',
  m6gd: 'm5',
  m7g: 'm5',
  m7gd: 'm5',
  r6g: 'r5',
  r6gd: 'r5',
  r7g: 'r5',
  r7gd: 'r5',
};

/** Gigabytes of the disk every instance starts from, when the cluster does not say. */
const ROOT_GIGABYTES = 15;

/** Gigabytes that EMR attaches to an xlarge without disks of its own, when the fleet does not say; larger ones get more. */
const DEFAULT_GIGABYTES = 64;

/** The fleets of a cluster, from a template or from a request that starts one. */
export interface ClusterShape {
  readonly name: string;
  readonly primary: unknown;
  readonly core: unknown;
  readonly task: unknown;
  /** The limits of managed scaling. */
  readonly limits: unknown;
  readonly rootGigabytes?: number;
}

/** How many hours a cluster is there, and the share of them in which all it may scale to is at work. */
export interface ClusterUse {
  readonly hours: number;
  readonly duty: number;
}

/** Units of a fleet's capacity at work. */
interface Fleet {
  readonly item: string;
  readonly type: InstanceChoice;
  readonly units: number;
  readonly hours: number;
  /** Hours in which the cluster is there and these units are not. */
  readonly idle: number;
  readonly spot: boolean;
}

/** The instance type of a fleet that is cheapest for its weight. */
interface InstanceChoice {
  readonly name: string;
  readonly plain: string;
  readonly weight: number;
  readonly diskGigabytes: number;
}

/** A cluster that stands all month. */
export function priceCluster({ name, properties }: TemplateResource, pricer: Pricer): void {
  const shape = {
    name,
    primary: at(properties, 'Instances', 'MasterInstanceFleet'),
    core: at(properties, 'Instances', 'CoreInstanceFleet'),
    task: at(properties, 'Instances', 'TaskInstanceFleets', 0),
    limits: at(properties, 'ManagedScalingPolicy', 'ComputeLimits'),
    rootGigabytes: numberAt(properties, 'EbsRootVolumeSize'),
  };
  priceShape(shape, { hours: pricer.assumed.hoursPerMonth, duty: pricer.assumed.taskDuty }, pricer);
}

/**
 * The instances of a cluster: EC2, EMR's own charge and disks. Capacity above the least runs for a share of the hours when
 * scaling is managed: core and task On-Demand up to their limit, and Spot above it.
 */
export function priceShape(shape: ClusterShape, use: ClusterUse, pricer: Pricer): void {
  if (shape.primary === undefined) {
    pricer.unpriced.add(`${shape.name}: a cluster without instance fleets`);
    return;
  }
  const fleets = fleetsOf(shape, use, pricer);
  fleets.forEach((fleet) => priceFleet(fleet, pricer));
  pricer.scaling += fleets.reduce((sum, fleet) => sum + idleCost(fleet, pricer), 0);
}

function fleetsOf(shape: ClusterShape, { hours, duty }: ClusterUse, pricer: Pricer): Fleet[] {
  const { primary, core, task, limits } = shape;
  const fleet = (item: string, of: unknown, units: number, scaled = false, spot = false): Fleet[] => {
    const type = units > 0 ? cheapestType(of, shape, pricer) : undefined;
    const busy = scaled ? hours * duty : hours;
    return type === undefined
      ? []
      : [{ item: `${shape.name} ${item}`, type, units, hours: busy, idle: hours - busy, spot }];
  };
  const coreUnits = targetOf(core, 'TargetOnDemandCapacity');
  const scaled = scaledUnits(limits, task !== undefined);
  return [
    ...fleet('primary', primary, targetOf(primary, 'TargetOnDemandCapacity')),
    ...fleet('core', core, coreUnits),
    ...fleet('core, scaled', core, Math.max(0, (scaled?.core ?? 0) - coreUnits), true),
    ...(scaled === undefined
      ? [
          ...fleet('task On-Demand', task, targetOf(task, 'TargetOnDemandCapacity')),
          ...fleet('task Spot', task, targetOf(task, 'TargetSpotCapacity'), false, true),
        ]
      : [
          ...fleet('task On-Demand', task, scaled.onDemand, true),
          ...fleet('task Spot', task, scaled.spot, true, true),
        ]),
  ];
}

function targetOf(fleet: unknown, member: string): number {
  return numberAt(fleet, member) ?? 0;
}

/** What scaling may grow to: the core, and task units On-Demand first and Spot above. */
function scaledUnits(
  limits: unknown,
  hasTask: boolean,
): { readonly core: number; readonly onDemand: number; readonly spot: number } | undefined {
  const [most, least] = [numberAt(limits, 'MaximumCapacityUnits'), numberAt(limits, 'MinimumCapacityUnits')];
  if (most === undefined || least === undefined) {
    return undefined;
  }
  const core = Math.min(most, numberAt(limits, 'MaximumCoreCapacityUnits') ?? (hasTask ? least : most));
  const steady = Math.min(most, numberAt(limits, 'MaximumOnDemandCapacityUnits') ?? most);
  const onDemand = hasTask ? Math.max(0, steady - core) : 0;
  return { core, onDemand, spot: hasTask ? most - core - onDemand : 0 };
}

function cheapestType(fleet: unknown, shape: ClusterShape, pricer: Pricer): InstanceChoice | undefined {
  const configured = listAt(fleet, 'InstanceTypeConfigs');
  const choices = configured.flatMap((config) => choiceOf(config, shape, pricer));
  if (choices.length === 0) {
    const names = configured.map((config) => textAt(config, 'InstanceType')).join(', ');
    pricer.unpriced.add(`instance types without a price: ${names}`);
  }
  const unitPrice = ({ name, weight }: InstanceChoice): number => pricer.amount(`ec2.${name}`) / weight;
  return choices.reduce<InstanceChoice | undefined>(
    (best, choice) => (best === undefined || unitPrice(choice) < unitPrice(best) ? choice : best),
    undefined,
  );
}

function choiceOf(config: unknown, { rootGigabytes = ROOT_GIGABYTES }: ClusterShape, pricer: Pricer): InstanceChoice[] {
  const name = textAt(config, 'InstanceType');
  if (name === undefined || pricer.prices.find(`ec2.${name}`) === undefined) {
    return [];
  }
  const [family = '', size = ''] = name.split('.');
  return [
    {
      name,
      plain: `${PLAIN_FAMILY[family] ?? family}.${size}`,
      weight: numberAt(config, 'WeightedCapacity') ?? 1,
      diskGigabytes: rootGigabytes + dataGigabytes(config, family, size),
    },
  ];
}

/**
 * The disks of an instance beside the first.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/emr-plan-storage.html
 */
function dataGigabytes(config: unknown, family: string, size: string): number {
  const disks = listAt(config, 'EbsConfiguration', 'EbsBlockDeviceConfigs');
  const hasDisks = /^[a-z]+\d+[a-z]*d/.test(family);
  if (disks.length === 0) {
    return hasDisks ? 0 : DEFAULT_GIGABYTES * Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 1);
  }
  return disks.reduce<number>((sum, disk) => {
    const each = numberAt(disk, 'VolumeSpecification', 'SizeInGB') ?? 0;
    return sum + each * (numberAt(disk, 'VolumesPerInstance') ?? 1);
  }, 0);
}

function priceFleet({ item, type, units, hours, spot }: Fleet, pricer: Pricer): void {
  const { spotDiscount, spotRework, hoursPerMonth } = pricer.assumed;
  const useful = (units / type.weight) * hours;
  const quantity = useful * (spot ? 1 + spotRework : 1);
  for (const [kind, service, label] of [
    ['ec2', 'EC2', `${type.name} instances`],
    ['emr', 'EMR', 'EMR charge'],
  ] as const) {
    const amount = pricer.amount(`${kind}.${type.name}`);
    const discount = spot && kind === 'ec2' ? spotDiscount : 0;
    const savings = {
      Graviton: useful * (pricer.amount(`${kind}.${type.plain}`, amount) - amount),
      Spot: useful * amount - quantity * amount * (1 - discount),
    };
    pricer.add({ service, item: `${item}: ${label}`, price: `${kind}.${type.name}`, quantity, discount, savings });
  }
  const rework = (type.diskGigabytes * (useful - quantity)) / hoursPerMonth;
  pricer.add({
    service: 'EBS',
    item: `${item}: disks`,
    price: 'ebs.gp3',
    quantity: (type.diskGigabytes * quantity) / hoursPerMonth,
    savings: { Spot: rework * pricer.amount('ebs.gp3') },
  });
}

/** What the fleet would cost in the hours it does not run, plainly: On-Demand and x86. */
function idleCost({ type, units, idle }: Fleet, pricer: Pricer): number {
  const plain = (kind: string): number => pricer.amount(`${kind}.${type.plain}`, pricer.amount(`${kind}.${type.name}`));
  return (units / type.weight) * idle * (plain('ec2') + plain('emr'));
}

/** An EMR Serverless application: what its jobs use; memory is four gigabytes for each vCPU. */
export function priceServerless({ name, properties }: TemplateResource, pricer: Pricer): void {
  const architecture = textAt(properties, 'Architecture') === 'ARM64' ? 'arm64' : 'x86_64';
  const vcpuHours = pricer.assumed.serverlessVcpuHours;
  for (const [part, quantity] of [
    ['vcpu', vcpuHours],
    ['memory', vcpuHours * 4],
  ] as const) {
    const price = `emr-serverless.${architecture}.${part}`;
    const plain = pricer.amount(`emr-serverless.x86_64.${part}`);
    const savings = { Graviton: quantity * (plain - pricer.amount(price)) };
    pricer.add({ service: 'EMR Serverless', item: `${name} ${part}`, price, quantity, savings });
  }
  if (listAt(properties, 'InitialCapacity').length > 0) {
    pricer.unpriced.add(`${name}: capacity that is there before a job asks for it`);
  }
}
