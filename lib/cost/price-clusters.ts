import type { Pricer } from './charge';
import { type TemplateResource, at, listAt, numberAt, textAt } from './template-reader';

/** The plain x86 family that does the work of a Graviton one. */
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

/** Units of a fleet's capacity at work. */
interface Fleet {
  readonly service: string;
  readonly item: string;
  readonly type: InstanceChoice;
  readonly units: number;
  readonly hours: number;
  readonly spot: boolean;
}

/** The instance type of a fleet that is cheapest for its weight. */
interface InstanceChoice {
  readonly name: string;
  readonly plain: string;
  readonly weight: number;
  readonly diskGigabytes: number;
}

/**
 * An EMR cluster of instance fleets: EC2, EMR's own charge and disks. Task capacity above the least runs for a share of
 * the hours when scaling is managed, On-Demand up to its limit and Spot above it.
 */
export function priceCluster({ id, properties }: TemplateResource, pricer: Pricer): void {
  const instances = at(properties, 'Instances');
  const { hoursPerMonth: hours, taskDuty } = pricer.assumed;
  const fleets: Fleet[] = [];
  const add = (item: string, fleet: unknown, parts: Pick<Fleet, 'units' | 'hours' | 'spot'>): void => {
    const type = cheapestType(fleet, pricer);
    if (type !== undefined && parts.units > 0) {
      fleets.push({ service: 'EMR', item: `${id} ${item}`, type, ...parts });
    }
  };
  const primary = at(instances, 'MasterInstanceFleet');
  const core = at(instances, 'CoreInstanceFleet');
  if (primary === undefined) {
    pricer.unpriced.add(`${id}: AWS::EMR::Cluster without instance fleets`);
    return;
  }
  add('primary', primary, { units: targetOf(primary, 'TargetOnDemandCapacity'), hours, spot: false });
  add('core', core, { units: targetOf(core, 'TargetOnDemandCapacity'), hours, spot: false });
  const task = at(instances, 'TaskInstanceFleets', 0);
  const limits = at(properties, 'ManagedScalingPolicy', 'ComputeLimits');
  if (task !== undefined) {
    const scaled = scaledTask(limits);
    const busy = limits === undefined ? hours : hours * taskDuty;
    add('task On-Demand', task, {
      units: scaled?.onDemand ?? targetOf(task, 'TargetOnDemandCapacity'),
      hours: busy,
      spot: false,
    });
    add('task Spot', task, { units: scaled?.spot ?? targetOf(task, 'TargetSpotCapacity'), hours: busy, spot: true });
  }
  fleets.forEach((fleet) => priceFleet(fleet, pricer));
  pricer.scaling += fleets.reduce((sum, fleet) => sum + idleCost(fleet, pricer), 0);
}

function targetOf(fleet: unknown, member: string): number {
  return numberAt(fleet, member) ?? 0;
}

/** The task units that scaling may add: On-Demand first, Spot above. */
function scaledTask(limits: unknown): { readonly onDemand: number; readonly spot: number } | undefined {
  const [most, least] = [numberAt(limits, 'MaximumCapacityUnits'), numberAt(limits, 'MinimumCapacityUnits')];
  if (most === undefined || least === undefined) {
    return undefined;
  }
  const core = numberAt(limits, 'MaximumCoreCapacityUnits') ?? least;
  const onDemand = Math.min(most, numberAt(limits, 'MaximumOnDemandCapacityUnits') ?? most) - core;
  return { onDemand: Math.max(0, onDemand), spot: most - core - Math.max(0, onDemand) };
}

function cheapestType(fleet: unknown, pricer: Pricer): InstanceChoice | undefined {
  const configured = listAt(fleet, 'InstanceTypeConfigs');
  const choices = configured.flatMap((config): InstanceChoice[] => {
    const name = textAt(config, 'InstanceType');
    if (name === undefined || pricer.prices.find(`ec2.${name}`) === undefined) {
      return [];
    }
    const [family = '', size] = name.split('.');
    const disks = listAt(config, 'EbsConfiguration', 'EbsBlockDeviceConfigs');
    return [
      {
        name,
        plain: `${PLAIN_FAMILY[family] ?? family}.${size}`,
        weight: numberAt(config, 'WeightedCapacity') ?? 1,
        diskGigabytes: disks.reduce<number>(
          (sum, disk) =>
            sum +
            (numberAt(disk, 'VolumeSpecification', 'SizeInGB') ?? 0) * (numberAt(disk, 'VolumesPerInstance') ?? 1),
          0,
        ),
      },
    ];
  });
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

function priceFleet({ service, item, type, units, hours, spot }: Fleet, pricer: Pricer): void {
  const { spotDiscount, spotRework, hoursPerMonth } = pricer.assumed;
  const instances = units / type.weight;
  const useful = instances * hours;
  const quantity = useful * (spot ? 1 + spotRework : 1);
  for (const [kind, label] of [
    ['ec2', `${type.name} instances`],
    ['emr', 'EMR charge'],
  ] as const) {
    const amount = pricer.amount(`${kind}.${type.name}`);
    const discount = spot && kind === 'ec2' ? spotDiscount : 0;
    const savings = {
      Graviton: useful * (pricer.amount(`${kind}.${type.plain}`, amount) - amount),
      Spot: useful * amount - quantity * amount * (1 - discount),
    };
    pricer.add({
      service: kind === 'ec2' ? 'EC2' : service,
      item: `${item}: ${label}`,
      price: `${kind}.${type.name}`,
      quantity,
      discount,
      savings,
    });
  }
  const gigabytes = (type.diskGigabytes * quantity) / hoursPerMonth;
  const rework = (type.diskGigabytes * (useful - quantity)) / hoursPerMonth;
  pricer.add({
    service: 'EBS',
    item: `${item}: disks`,
    price: 'ebs.gp3',
    quantity: gigabytes,
    savings: { Spot: rework * pricer.amount('ebs.gp3') },
  });
}

/** What the fleet would cost in the hours it does not run, plainly: On-Demand and x86. */
function idleCost({ type, units, hours }: Fleet, pricer: Pricer): number {
  const idle = pricer.assumed.hoursPerMonth - hours;
  const plain = (kind: string): number => pricer.amount(`${kind}.${type.plain}`, pricer.amount(`${kind}.${type.name}`));
  return (units / type.weight) * idle * (plain('ec2') + plain('emr'));
}

/** An EMR Serverless application. */
export function priceServerless({ id, properties }: TemplateResource, pricer: Pricer): void {
  const architecture = textAt(properties, 'Architecture') === 'ARM64' ? 'arm64' : 'x86_64';
  const vcpuHours = pricer.assumed.serverlessVcpuHours;
  for (const [part, quantity] of [
    ['vcpu', vcpuHours],
    ['memory', vcpuHours * 4],
  ] as const) {
    const price = `emr-serverless.${architecture}.${part}`;
    const plain = pricer.amount(`emr-serverless.x86_64.${part}`);
    const savings = { Graviton: quantity * (plain - pricer.amount(price)) };
    pricer.add({ service: 'EMR Serverless', item: `${id} ${part}`, price, quantity, savings });
  }
}
