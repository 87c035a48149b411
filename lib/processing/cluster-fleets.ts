import * as ec2 from 'aws-cdk-lib/aws-ec2';
import type * as emr from 'aws-cdk-lib/aws-emr';
import { Duration, Size, Token } from 'aws-cdk-lib/core';
import { type Problem } from '../private';
import type { SpotFleetOptions } from './cluster-options';
import { InstanceArchitecture } from './instance-architecture';

/** vCPUs of one capacity unit: an xlarge. */
const VCPUS_PER_UNIT = 4;

/** How many types a fleet with an allocation strategy can have. */
const MAXIMUM_TYPES = 30;

/** How many types a Spot fleet must have, so that it finds capacity. */
const MINIMUM_SPOT_TYPES = 10;

/** Local disk of a worker for shuffle and HDFS. */
const WORKER_VOLUME = Size.gibibytes(64);

/** The On-Demand fleets of a cluster with all defaults resolved. One unit is 4 vCPUs. */
export interface SteadyPlan {
  readonly architecture: InstanceArchitecture;
  readonly steadyTypes: ec2.InstanceType[];
  readonly coreUnits: number;
}

/** Those and the task fleet, where alone Spot is. */
export interface FleetPlan extends SteadyPlan {
  readonly taskTypes: ec2.InstanceType[];
  readonly maxTaskUnits: number;
  readonly onDemandTaskUnits: number;
  readonly spotTimeout: Duration;
}

/** The plan that the options of a cluster stand for. */
export function planOf(options: SpotFleetOptions, architecture = InstanceArchitecture.X86_64): FleetPlan {
  return {
    architecture,
    steadyTypes: options.steadyInstanceTypes ?? architecture.steadyInstanceTypes(),
    taskTypes: options.taskInstanceTypes ?? architecture.taskInstanceTypes(),
    coreUnits: options.coreUnits ?? 1,
    maxTaskUnits: options.maxTaskUnits ?? 2,
    onDemandTaskUnits: options.onDemandTaskUnits ?? 0,
    spotTimeout: options.spotTimeout ?? Duration.minutes(10),
  };
}

/** The primary and core instances of a cluster, networks and groups aside. */
export function renderSteadyFleets(plan: SteadyPlan): emr.CfnCluster.JobFlowInstancesConfigProperty {
  return {
    masterInstanceFleet: {
      name: 'Primary',
      targetOnDemandCapacity: 1,
      instanceTypeConfigs: plan.steadyTypes.map((type) => ({ instanceType: type.toString(), weightedCapacity: 1 })),
      launchSpecifications: { onDemandSpecification: { allocationStrategy: 'lowest-price' } },
    },
    coreInstanceFleet: {
      name: 'Core',
      targetOnDemandCapacity: plan.coreUnits,
      instanceTypeConfigs: plan.steadyTypes.map(workerType),
      launchSpecifications: { onDemandSpecification: { allocationStrategy: 'lowest-price' } },
    },
  };
}

/** All instances of a cluster with task nodes. */
export function renderFleets(plan: FleetPlan): emr.CfnCluster.JobFlowInstancesConfigProperty {
  const timeoutDurationMinutes = plan.spotTimeout.toMinutes();
  return {
    ...renderSteadyFleets(plan),
    taskInstanceFleets: [
      {
        name: 'Task',
        // EMR wants a fleet to start with something; managed scaling takes it away when there is no work.
        targetSpotCapacity: 1,
        instanceTypeConfigs: plan.taskTypes.map(workerType),
        launchSpecifications: {
          spotSpecification: {
            allocationStrategy: 'price-capacity-optimized',
            timeoutAction: 'SWITCH_TO_ON_DEMAND',
            timeoutDurationMinutes,
          },
        },
        // The fallback above is for the first provisioning only; growth later gives up after this time and tries again.
        resizeSpecifications: {
          spotResizeSpecification: { allocationStrategy: 'price-capacity-optimized', timeoutDurationMinutes },
        },
      },
    ],
  };
}

/**
 * Scaling from the core alone to the core and all task units. Up to the On-Demand limit managed scaling takes On-Demand
 * first and Spot only above it, so the limit is the core and the task units that shall not depend on Spot, and no more.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/managed-scaling-allocation-strategy.html
 */
export function renderScaling(plan: FleetPlan): emr.CfnCluster.ManagedScalingPolicyProperty {
  return {
    computeLimits: {
      unitType: 'InstanceFleetUnits',
      minimumCapacityUnits: plan.coreUnits,
      maximumCapacityUnits: plan.coreUnits + plan.maxTaskUnits,
      maximumCoreCapacityUnits: plan.coreUnits,
      maximumOnDemandCapacityUnits: plan.coreUnits + plan.onDemandTaskUnits,
    },
  };
}

/**
 * Scaling of the core between its least and most units, all of it On-Demand.
 *
 * @see https://docs.aws.amazon.com/emr/latest/ManagementGuide/managed-scaling-allocation-strategy.html
 */
export function renderSteadyScaling(coreUnits: number, maxUnits: number): emr.CfnCluster.ManagedScalingPolicyProperty {
  return {
    computeLimits: {
      unitType: 'InstanceFleetUnits',
      minimumCapacityUnits: coreUnits,
      maximumCapacityUnits: maxUnits,
      maximumCoreCapacityUnits: maxUnits,
      maximumOnDemandCapacityUnits: maxUnits,
    },
  };
}

function workerType(type: ec2.InstanceType): emr.CfnCluster.InstanceTypeConfigProperty {
  return {
    instanceType: type.toString(),
    weightedCapacity: unitsOf(type),
    ebsConfiguration: {
      ebsBlockDeviceConfigs: [
        {
          volumeSpecification: { volumeType: 'gp3', sizeInGb: WORKER_VOLUME.toGibibytes() },
          volumesPerInstance: unitsOf(type),
        },
      ],
    },
  };
}

/** Capacity units of an instance type, by its size: xlarge 1, 2xlarge 2, 4xlarge 4 …; 0 for smaller ones. */
function unitsOf(type: ec2.InstanceType): number {
  const size = type.toString().split('.')[1] ?? '';
  return size === 'xlarge' ? 1 : Number(/^(\d+)xlarge$/.exec(size)?.[1] ?? 0);
}

/** All that is impossible in a plan. */
export function fleetProblems(plan: FleetPlan): Problem[] {
  return [
    ...typeProblems('steadyInstanceTypes', plan.steadyTypes, plan, 1),
    ...typeProblems('taskInstanceTypes', plan.taskTypes, plan, MINIMUM_SPOT_TYPES),
    ...atLeast('coreUnits', plan.coreUnits, 1),
    ...atLeast('maxTaskUnits', plan.maxTaskUnits, 1),
    ...onDemandProblems(plan),
    ...timeoutProblems(plan.spotTimeout),
  ];
}

/** All that is impossible in a plan without task nodes. */
export function steadyProblems(plan: SteadyPlan, maxUnits: number): Problem[] {
  const isRoom = Number.isInteger(maxUnits) && maxUnits >= plan.coreUnits;
  return [
    ...typeProblems('instanceTypes', plan.steadyTypes, plan, 1),
    ...atLeast('coreUnits', plan.coreUnits, 1),
    ...(isRoom
      ? []
      : [
          {
            path: 'maxUnits',
            must: `a whole number of at least coreUnits (${plan.coreUnits})`,
            got: maxUnits,
            remedy: 'it is the core and all that scaling may add; use coreUnits to never scale',
          },
        ]),
  ];
}

/** What is wrong with the number of steps that run at once. */
export function concurrencyProblems(steps: number, remedy: string): Problem[] {
  return Token.isUnresolved(steps) || (Number.isInteger(steps) && steps >= 1 && steps <= 256)
    ? []
    : [{ path: 'stepConcurrency', must: 'between 1 and 256', got: steps, remedy }];
}

function typeProblems(path: string, types: ec2.InstanceType[], plan: SteadyPlan, minimum: number): Problem[] {
  const problems: Problem[] = [];
  const names = types.map(String);
  const unreadable = names.filter((name) => !/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/.test(name));
  if (unreadable.length > 0) {
    return [{ path, must: 'instance types', got: unreadable, remedy: "use names such as 'm7g.xlarge'" }];
  }
  if (new Set(names).size < minimum || names.length > MAXIMUM_TYPES) {
    problems.push({
      path,
      must: `${minimum} to ${MAXIMUM_TYPES} different instance types`,
      got: names,
      remedy: 'add types of other families and sizes: the more pools, the more seldom all of them are empty',
    });
  }
  const wanted = plan.architecture.name === 'arm64' ? ec2.InstanceArchitecture.ARM_64 : ec2.InstanceArchitecture.X86_64;
  const foreign = types.filter((type) => type.architecture !== wanted).map(String);
  if (foreign.length > 0) {
    problems.push({
      path,
      must: `types of one architecture, ${plan.architecture.name}`,
      got: foreign,
      remedy: 'leave them out, or choose the other architecture for the whole cluster',
    });
  }
  const small = types.filter((type) => unitsOf(type) === 0).map(String);
  if (small.length > 0) {
    problems.push({
      path,
      must: `of size xlarge or larger, because one unit is ${VCPUS_PER_UNIT} vCPUs`,
      got: small,
      remedy: 'use xlarge instances',
    });
  }
  return problems;
}

function atLeast(path: string, value: number, minimum: number): Problem[] {
  return Number.isInteger(value) && value >= minimum
    ? []
    : [{ path, must: `a whole number of at least ${minimum}`, got: value, remedy: `use ${minimum} or more` }];
}

function onDemandProblems(plan: FleetPlan): Problem[] {
  const { onDemandTaskUnits: units, maxTaskUnits } = plan;
  return Number.isInteger(units) && units >= 0 && units <= maxTaskUnits
    ? []
    : [
        {
          path: 'onDemandTaskUnits',
          must: `between 0 and maxTaskUnits (${maxTaskUnits})`,
          got: units,
          remedy: 'it is how many of the task units are On-Demand, which no Spot shortage can take away',
        },
      ];
}

function timeoutProblems(timeout: Duration): Problem[] {
  const minutes = timeout.toMinutes({ integral: false });
  return Number.isInteger(minutes) && minutes >= 5 && minutes <= 1440
    ? []
    : [
        {
          path: 'spotTimeout',
          must: 'between 5 and 1,440 whole minutes',
          got: `${minutes} minutes`,
          remedy: 'use Duration.minutes(10)',
        },
      ];
}
