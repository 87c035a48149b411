import { type CostAssumptions, CostEstimate, type CostLine } from '../../lib/cost';

/** A resource of a template. */
export interface Declared {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
}

/** Nothing is used, so that only what is asked for costs. */
const IDLE: CostAssumptions = {
  writeRequests: 0,
  readRequests: 0,
  keyRequests: 0,
  natGigabytes: 0,
  logGigabytes: 0,
  queriedLogGigabytes: 0,
  alerts: 0,
};

/** The estimate of a template with nothing used but what is said. */
export function estimate(resources: { [id: string]: Declared }, assumptions: CostAssumptions = {}): CostEstimate {
  return CostEstimate.fromTemplates([JSON.stringify({ Resources: resources })], { ...IDLE, ...assumptions });
}

/** The line of an item, which must be there. */
export function lineOf(made: CostEstimate, item: string): CostLine {
  const found = made.lines.find((line) => line.item === item);
  if (found === undefined) {
    throw new Error(`no line '${item}' among ${made.lines.map((line) => line.item).join(', ')}`);
  }
  return found;
}

/** What a lever saves. */
export function saved(made: CostEstimate, lever: string): number {
  return made.savings.find((saving) => saving.lever === lever)?.monthly ?? Number.NaN;
}

/** What is cheaper or dearer than in the plain lake only because clusters do not scale there. */
export function notCounted(made: CostEstimate, lever: string): number {
  return made.savings.find((saving) => saving.lever === lever)?.notCounted ?? Number.NaN;
}

/** What a service costs, all lines together. */
export function costOf(made: CostEstimate, service: string): number {
  return made.services.find((each) => each.service === service)?.monthly ?? 0;
}

/** A fleet of instance types with 100 gigabytes each. */
export function fleet(targets: object, ...types: string[]): object {
  return {
    ...targets,
    InstanceTypeConfigs: types.map((InstanceType) => ({
      InstanceType,
      WeightedCapacity: InstanceType.endsWith('2xlarge') ? 2 : 1,
      EbsConfiguration: { EbsBlockDeviceConfigs: [{ VolumeSpecification: { SizeInGB: 100 } }] },
    })),
  };
}

const PRIMARY = {
  TargetOnDemandCapacity: 1,
  InstanceTypeConfigs: [{ InstanceType: 'm6g.xlarge', WeightedCapacity: 1 }],
};

/** One core unit, and up to 10 task units of which 2 are On-Demand. */
export function cluster(scaling = true): Declared {
  return {
    Type: 'AWS::EMR::Cluster',
    Properties: {
      Instances: {
        MasterInstanceFleet: PRIMARY,
        CoreInstanceFleet: fleet({ TargetOnDemandCapacity: 1 }, 'm6g.xlarge'),
        TaskInstanceFleets: [fleet({ TargetSpotCapacity: 4 }, 'r6g.xlarge', 'm6g.xlarge')],
      },
      ...(scaling && {
        ManagedScalingPolicy: {
          ComputeLimits: {
            MinimumCapacityUnits: 1,
            MaximumCapacityUnits: 11,
            MaximumCoreCapacityUnits: 1,
            MaximumOnDemandCapacityUnits: 3,
          },
        },
      }),
    },
  };
}

/** A bucket that logs under its name. */
export function bucket(lifecycle: object[] = [], prefix = 'landing/'): Declared {
  return {
    Type: 'AWS::S3::Bucket',
    Properties: {
      LoggingConfiguration: { LogFilePrefix: prefix, DestinationBucketName: { Ref: 'Logs' } },
      LifecycleConfiguration: { Rules: lifecycle },
    },
  };
}
