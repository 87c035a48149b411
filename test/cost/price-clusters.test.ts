import { CostEstimate } from '../../lib/cost';
import { type Declared, cluster, costOf, estimate, fleet, lineOf, notCounted, saved } from './estimates';

describe('a cluster', () => {
  // 100 hours; the task units run 20 of them; Spot at half price, nothing done twice
  const known = { hoursPerMonth: 100, taskDuty: 0.2, spotDiscount: 0.5, spotRework: 0 };
  const made = estimate({ Cluster: cluster() }, known);

  test('costs its cheapest instance types, On-Demand at list price and Spot below it', () => {
    expect(lineOf(made, 'Cluster primary: m6g.xlarge instances')).toMatchObject({ quantity: 100, unitPrice: 0.154 });
    expect(lineOf(made, 'Cluster core: m6g.xlarge instances').monthly).toBeCloseTo(15.4, 6);
    // 2 units x 20 h x 0.154, and 8 units x 20 h x 0.077
    expect(lineOf(made, 'Cluster task On-Demand: m6g.xlarge instances').monthly).toBeCloseTo(6.16, 6);
    expect(lineOf(made, 'Cluster task Spot: m6g.xlarge instances').monthly).toBeCloseTo(12.32, 6);
  });

  test("costs EMR's charge in full, on Spot too", () => {
    // (100 + 100 + 40 + 160) h x 0.0385
    const charges = made.lines.filter(({ service }) => service === 'EMR');
    expect(charges.reduce((sum, { monthly }) => sum + monthly, 0)).toBeCloseTo(15.4, 6);
  });

  test('costs its disks for the hours they are there', () => {
    // the whole month: primary 15 to start from and 64 by default, core 15 + 100; for a fifth of it 10 task nodes as the core
    const disks = made.lines.filter(({ service }) => service === 'EBS');
    expect(disks.reduce((sum, { quantity }) => sum + quantity, 0)).toBeCloseTo(79 + 115 + 10 * 115 * 0.2, 6);
    expect(costOf(made, 'EBS')).toBeCloseTo(424 * 0.08, 6);
  });

  test('is compared with On-Demand x86 for the same hours', () => {
    // 400 h of m5.xlarge: 0.192 and 0.048 an hour; disks as they are
    expect(made.plainMonthly).toBeCloseTo(400 * 0.24 + 424 * 0.08, 6);
    expect(saved(made, 'Graviton')).toBeCloseTo(400 * (0.24 - 0.1925), 6);
    expect(saved(made, 'Spot')).toBeCloseTo(160 * 0.077, 6);
    expect(made.plainMonthly - made.monthly).toBeCloseTo(saved(made, 'Graviton') + saved(made, 'Spot'), 6);
  });

  test('saves nothing by scaling, because a plain one runs the same hours, and shows what a fixed one would waste', () => {
    // 10 units x 80 idle h x 0.24
    expect(saved(made, 'managed scaling')).toBe(0);
    expect(notCounted(made, 'managed scaling')).toBeCloseTo(192, 6);
    expect(notCounted(made, 'Spot')).toBe(0);
  });

  test('that repeats work after interruptions saves less on Spot', () => {
    const repeated = estimate({ Cluster: cluster() }, { ...known, spotRework: 0.1 });
    // 16 h more: 0.077 of EC2, 0.0385 of EMR, and disks of 115 GB for 16 of 100 h at 0.08
    expect(saved(made, 'Spot') - saved(repeated, 'Spot')).toBeCloseTo(16 * (0.077 + 0.0385) + 0.16 * 115 * 0.08, 6);
    expect(repeated.plainMonthly).toBeCloseTo(made.plainMonthly, 6);
  });

  test('without scaling runs the whole month', () => {
    const fixed = estimate({ Cluster: cluster(false) }, known);
    expect(lineOf(fixed, 'Cluster task Spot: m6g.xlarge instances').quantity).toBe(400);
    expect(notCounted(fixed, 'managed scaling')).toBe(0);
  });

  test('on x86 saves nothing by Graviton', () => {
    const text = JSON.stringify({ Resources: { Cluster: cluster() } })
      .replaceAll('m6g.', 'm5.')
      .replaceAll('r6g.', 'r5.');
    const plain = CostEstimate.fromTemplates([text], known);
    expect(saved(plain, 'Graviton')).toBeCloseTo(0, 9);
    expect(saved(plain, 'Spot')).toBeCloseTo(160 * 0.096, 6);
  });

  test('of types without a price is named, and priced when the user knows it', () => {
    const odd = JSON.parse(JSON.stringify(cluster()).replaceAll('m6g.', 'x9z.').replaceAll('r6g.', 'x9z.')) as Declared;
    expect(estimate({ Odd: odd }, known).notEstimated).toContain('instance types without a price: x9z.xlarge');
    const prices = { 'ec2.x9z.xlarge': 1, 'emr.x9z.xlarge': 0.25 };
    const priced = estimate({ Odd: odd }, { ...known, prices });
    expect(lineOf(priced, 'Odd core: x9z.xlarge instances')).toMatchObject({ monthly: 100, source: 'given' });
    expect(saved(priced, 'Graviton')).toBe(0);
  });

  test('of instances with disks of their own has no more than the first one from EBS, of the size it says', () => {
    const primary = { TargetOnDemandCapacity: 1, InstanceTypeConfigs: [{ InstanceType: 'm6gd.xlarge' }] };
    const Properties = { Instances: { MasterInstanceFleet: primary }, EbsRootVolumeSize: 30 };
    const prices = { 'ec2.m6gd.xlarge': 0.18, 'emr.m6gd.xlarge': 0.045 };
    const local = estimate({ Cluster: { Type: 'AWS::EMR::Cluster', Properties } }, { prices });
    expect(lineOf(local, 'Cluster primary: disks').quantity).toBeCloseTo(30, 6);
  });

  test('without instance fleets is named', () => {
    const Properties = { Instances: { MasterInstanceGroup: { InstanceType: 'm6g.xlarge' } } };
    expect(estimate({ Old: { Type: 'AWS::EMR::Cluster', Properties } }).notEstimated).toEqual([
      'Old: a cluster without instance fleets',
    ]);
  });
});

describe('a cluster for streams', () => {
  const streaming: Declared = {
    Type: 'AWS::EMR::Cluster',
    Properties: {
      Instances: {
        MasterInstanceFleet: fleet({ TargetOnDemandCapacity: 1 }, 'm6g.xlarge'),
        CoreInstanceFleet: fleet({ TargetOnDemandCapacity: 2 }, 'm6g.xlarge'),
      },
      ManagedScalingPolicy: {
        ComputeLimits: {
          MinimumCapacityUnits: 2,
          MaximumCapacityUnits: 8,
          MaximumCoreCapacityUnits: 8,
          MaximumOnDemandCapacityUnits: 8,
        },
      },
    },
  };
  const made = estimate({ Streams: streaming }, { hoursPerMonth: 100, taskDuty: 0.25 });

  test('costs its core all month and what scaling adds for a share of it, On-Demand', () => {
    // 1 primary, 2 core: 300 h; 6 more for 25 h: 150 h; 0.154 of EC2 and 0.0385 of EMR
    expect(lineOf(made, 'Streams core, scaled: m6g.xlarge instances')).toMatchObject({
      quantity: 150,
      unitPrice: 0.154,
    });
    expect(costOf(made, 'EC2')).toBeCloseTo(450 * 0.154, 6);
    expect(costOf(made, 'EMR')).toBeCloseTo(450 * 0.0385, 6);
  });

  test('saves by Graviton and not by Spot', () => {
    expect(saved(made, 'Graviton')).toBeCloseTo(450 * (0.24 - 0.1925), 6);
    expect(saved(made, 'Spot')).toBe(0);
    // 6 units x 75 idle h x 0.24
    expect(notCounted(made, 'managed scaling')).toBeCloseTo(108, 6);
  });
});

describe('an EMR Serverless application', () => {
  test('has 4 GB for each vCPU', () => {
    const made = estimate(
      { App: { Type: 'AWS::EMRServerless::Application', Properties: { Architecture: 'ARM64' } } },
      { serverlessVcpuHours: 100 },
    );
    expect(made.monthly).toBeCloseTo(100 * 0.042094 + 400 * 0.004628, 6);
    expect(made.plainMonthly).toBeCloseTo(100 * 0.052624 + 400 * 0.0057785, 6);
  });

  test('with capacity that waits for jobs says that it costs more', () => {
    const Properties = { InitialCapacity: [{ Key: 'Driver', Value: { WorkerCount: 1 } }] };
    const made = estimate({ App: { Type: 'AWS::EMRServerless::Application', Properties } });
    expect(made.notEstimated).toEqual(['App: capacity that is there before a job asks for it']);
  });
});
