import * as fs from 'node:fs';
import * as path from 'node:path';
import { type CostAssumptions, CostEstimate, type CostLine } from '../../lib/cost';
import { temporaryDirectory } from '../support/temporary';

interface Declared {
  readonly Type: string;
  readonly Properties?: { readonly [name: string]: unknown };
}

/** Nothing is used, so that only what is asked for costs. */
const IDLE: CostAssumptions = { writeRequests: 0, readRequests: 0, keyRequests: 0, natGigabytes: 0, logGigabytes: 0 };

function estimate(resources: { [id: string]: Declared }, assumptions: CostAssumptions = {}): CostEstimate {
  return CostEstimate.fromTemplates([JSON.stringify({ Resources: resources })], { ...IDLE, ...assumptions });
}

function lineOf(made: CostEstimate, item: string): CostLine {
  const found = made.lines.find((line) => line.item === item);
  if (found === undefined) {
    throw new Error(`no line '${item}' among ${made.lines.map((line) => line.item).join(', ')}`);
  }
  return found;
}

function saved(made: CostEstimate, lever: string): number {
  return made.savings.find((saving) => saving.lever === lever)?.monthly ?? Number.NaN;
}

function fleet(targets: object, ...types: string[]): object {
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
function cluster(scaling = true): Declared {
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

function bucket(lifecycle: object[] = [], prefix = 'landing/'): Declared {
  return {
    Type: 'AWS::S3::Bucket',
    Properties: {
      LoggingConfiguration: { LogFilePrefix: prefix, DestinationBucketName: { Ref: 'Logs' } },
      LifecycleConfiguration: { Rules: lifecycle },
    },
  };
}

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
    // core 100 GB the whole month, task 10 x 100 GB for a fifth of it
    const disks = made.lines.filter(({ service }) => service === 'EBS');
    expect(disks.reduce((sum, { quantity }) => sum + quantity, 0)).toBeCloseTo(300, 6);
  });

  test('is compared with On-Demand x86 for the same hours', () => {
    // 400 h of m5.xlarge: 0.192 and 0.048 an hour; disks as they are
    expect(made.plainMonthly).toBeCloseTo(400 * 0.24 + 300 * 0.08, 6);
    expect(saved(made, 'Graviton')).toBeCloseTo(400 * (0.24 - 0.1925), 6);
    expect(saved(made, 'Spot')).toBeCloseTo(160 * 0.077, 6);
    expect(made.plainMonthly - made.monthly).toBeCloseTo(saved(made, 'Graviton') + saved(made, 'Spot'), 6);
  });

  test('shows what scaling saves over a cluster of its largest size, and does not count it', () => {
    const scaling = made.savings.find(({ lever }) => lever === 'managed scaling');
    // 10 units x 80 idle h x 0.24
    expect(scaling).toMatchObject({ counted: false });
    expect(scaling?.monthly).toBeCloseTo(192, 6);
  });

  test('that repeats work after interruptions saves less on Spot', () => {
    const repeated = estimate({ Cluster: cluster() }, { ...known, spotRework: 0.1 });
    // 16 h more: 0.077 of EC2, 0.0385 of EMR, and a disk of 100 GB for 16 of 100 h at 0.08
    expect(saved(made, 'Spot') - saved(repeated, 'Spot')).toBeCloseTo(16 * (0.077 + 0.0385) + 16 * 0.08, 6);
    expect(repeated.plainMonthly).toBeCloseTo(made.plainMonthly, 6);
  });

  test('without scaling runs the whole month', () => {
    const fixed = estimate({ Cluster: cluster(false) }, known);
    expect(lineOf(fixed, 'Cluster task Spot: m6g.xlarge instances').quantity).toBe(400);
    expect(saved(fixed, 'managed scaling')).toBe(0);
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
});

describe('a bucket', () => {
  const stored = { storedGigabytes: { landing: 1000 }, dataAgeDays: 100, objectMegabytes: 1024, coldReadShare: 0 };

  test('without lifecycle costs Standard, as in the plain lake', () => {
    const made = estimate({ Landing: bucket() }, stored);
    expect(made.monthly).toBeCloseTo(23, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
  });

  test('is spread over the tiers by age, and pays for moving', () => {
    const Transitions = [
      { StorageClass: 'GLACIER', TransitionInDays: 90 },
      { StorageClass: 'STANDARD_IA', TransitionInDays: 30 },
    ];
    const made = estimate({ Landing: bucket([{ Status: 'Enabled', Transitions }]) }, stored);
    expect(lineOf(made, 'landing Standard')).toMatchObject({ quantity: 300 });
    expect(lineOf(made, 'landing Standard-IA').monthly).toBeCloseTo(600 * 0.0125, 6);
    expect(lineOf(made, 'landing Glacier Flexible Retrieval').monthly).toBeCloseTo(100 * 0.0036, 6);
    // a month's arrivals, 304 objects of a gigabyte, move into each tier
    const moves = (1000 * (365 / 12 / 100)) / 1000;
    expect(lineOf(made, 'landing moves to Standard-IA').monthly).toBeCloseTo(moves * 0.01, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
    expect(saved(made, 'storage tiering')).toBeCloseTo(23 - made.monthly, 6);
  });

  test('pays for reading what is cold', () => {
    const rule = { Status: 'Enabled', Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 50 }] };
    const made = estimate({ Landing: bucket([rule]) }, { ...stored, coldReadShare: 0.2 });
    expect(lineOf(made, 'landing Standard-IA, read').monthly).toBeCloseTo(500 * 0.2 * 0.01, 6);
  });

  test('in Intelligent-Tiering saves on what is idle and pays for watching', () => {
    const rule = { Status: 'Enabled', Transitions: [{ StorageClass: 'INTELLIGENT_TIERING', TransitionInDays: 50 }] };
    const made = estimate({ Landing: bucket([rule]) }, { ...stored, idleShare: 0.4 });
    expect(lineOf(made, 'landing Intelligent-Tiering, read').quantity).toBeCloseTo(300, 6);
    expect(lineOf(made, 'landing Intelligent-Tiering, idle').monthly).toBeCloseTo(200 * 0.0125, 6);
    expect(lineOf(made, 'landing Intelligent-Tiering, monitoring').monthly).toBeCloseTo(0.5 * 0.0025, 9);
  });

  test('that expires keeps what it is said to store, none of it older', () => {
    const rule = {
      Status: 'Enabled',
      ExpirationInDays: 40,
      Transitions: [{ StorageClass: 'STANDARD_IA', TransitionInDays: 30 }],
    };
    const made = estimate({ Landing: bucket([rule]) }, stored);
    expect(lineOf(made, 'landing Standard').quantity).toBeCloseTo(750, 6);
    expect(made.plainMonthly).toBeCloseTo(23, 6);
  });

  test('that others write their logs to is the one of access logs', () => {
    const made = estimate(
      { Landing: bucket(), Logs: { Type: 'AWS::S3::Bucket' } },
      { ...stored, storedGigabytes: { landing: 0, accessLogs: 100 } },
    );
    expect(lineOf(made, 'accessLogs Standard').monthly).toBeCloseTo(2.3, 6);
  });

  test('is asked for things', () => {
    const made = estimate({ Landing: bucket() }, { writeRequests: 2_000_000, readRequests: 1_000_000 });
    expect(lineOf(made, 'requests that write').monthly).toBeCloseTo(10, 6);
    expect(lineOf(made, 'requests that read').monthly).toBeCloseTo(0.4, 6);
  });
});

const DASHBOARD = {
  'Fn::Join': [
    '',
    [
      '{"widgets":[{"type":"metric","properties":{"metrics":[["Lakehouse","RowsRead","Dataset","flights",{"label":"x"}],' +
        '["AWS/ElasticMapReduce","AppsFailed","JobFlowId","',
      { Ref: 'Cluster' },
      '"]]}}]}',
    ],
  ],
};

describe.each<[string, { [id: string]: Declared }, CostAssumptions, number]>([
  ['NAT gateways', { A: { Type: 'AWS::EC2::NatGateway' }, B: { Type: 'AWS::EC2::NatGateway' } }, {}, 2 * 730 * 0.045],
  ['data through NAT gateways', { A: { Type: 'AWS::EC2::NatGateway' } }, { natGigabytes: 100 }, 4.5],
  ['public addresses', { A: { Type: 'AWS::EC2::EIP' } }, {}, 3.65],
  [
    'interface endpoints',
    { A: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a', 'b'] } } },
    {},
    14.6,
  ],
  [
    'data through interface endpoints',
    { A: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Interface', SubnetIds: ['a'] } } },
    { endpointGigabytes: 10 },
    0.1,
  ],
  ['keys', { A: { Type: 'AWS::KMS::Key' } }, {}, 1],
  ['requests', { A: { Type: 'AWS::KMS::Key' } }, { keyRequests: 50_000 }, 0.15],
  ['alarms', { A: { Type: 'AWS::CloudWatch::Alarm', Properties: { Namespace: 'AWS/S3', Period: 300 } } }, {}, 0.1],
  ['high-resolution alarms', { A: { Type: 'AWS::CloudWatch::Alarm', Properties: { Period: 10 } } }, {}, 0.3],
  ['composite alarms', { A: { Type: 'AWS::CloudWatch::CompositeAlarm' } }, {}, 0.5],
  ['dashboards', { A: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: DASHBOARD } } }, {}, 3],
  ['custom metrics', { A: { Type: 'AWS::CloudWatch::Dashboard', Properties: { DashboardBody: DASHBOARD } } }, {}, 0.3],
  ['custom metrics', {}, { customMetrics: 7 }, 2.1],
  [
    'logs written',
    { A: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 73 } } },
    { logGigabytes: 10 },
    5,
  ],
  [
    'logs kept',
    { A: { Type: 'AWS::Logs::LogGroup', Properties: { RetentionInDays: 73 } } },
    { logGigabytes: 10 },
    0.72,
  ],
  ['scans', { A: { Type: 'AWS::Athena::WorkGroup' } }, { scannedTerabytes: 3 }, 15],
  ['table optimizers', { A: { Type: 'AWS::Glue::TableOptimizer' } }, { optimizerHours: 5 }, 2.2],
  ['secrets', { A: { Type: 'AWS::SecretsManager::Secret' } }, {}, 0.4],
  ['A mw1.small', { A: { Type: 'AWS::MWAA::Environment', Properties: { EnvironmentClass: 'mw1.small' } } }, {}, 357.7],
  [
    'A more workers and schedulers',
    {
      A: {
        Type: 'AWS::MWAA::Environment',
        Properties: { EnvironmentClass: 'mw1.medium', MinWorkers: 2, MaxWorkers: 12, Schedulers: 3 },
      },
    },
    { hoursPerMonth: 100, airflowDuty: 0.1 },
    // one worker more than the included one, a tenth of ten more, one scheduler more than two
    3 * 100 * 0.11,
  ],
])('%s', (item, resources, assumptions, monthly) => {
  test(`cost ${monthly} a month, as in the plain lake`, () => {
    const line = lineOf(estimate(resources, assumptions), item);
    expect(line.monthly).toBeCloseTo(monthly, 6);
    expect(line.plainMonthly).toBeCloseTo(monthly, 6);
  });
});

describe('brokers and serverless applications', () => {
  test('of Kafka on Graviton are compared with x86 brokers', () => {
    const made = estimate(
      {
        Kafka: {
          Type: 'AWS::MSK::Cluster',
          Properties: {
            NumberOfBrokerNodes: 3,
            BrokerNodeGroupInfo: {
              InstanceType: 'kafka.m7g.large',
              StorageInfo: { EBSStorageInfo: { VolumeSize: 100 } },
            },
          },
        },
      },
      { hoursPerMonth: 100 },
    );
    expect(made.monthly).toBeCloseTo(300 * 0.204 + 30, 6);
    expect(saved(made, 'Graviton')).toBeCloseTo(300 * 0.006, 6);
  });

  test('of EMR Serverless have 4 GB for each vCPU', () => {
    const made = estimate(
      { App: { Type: 'AWS::EMRServerless::Application', Properties: { Architecture: 'ARM64' } } },
      { serverlessVcpuHours: 100 },
    );
    expect(made.monthly).toBeCloseTo(100 * 0.042094 + 400 * 0.004628, 6);
    expect(made.plainMonthly).toBeCloseTo(100 * 0.052624 + 400 * 0.0057785, 6);
  });
});

describe('CostEstimate', () => {
  test('names what it leaves out, and not what is free', () => {
    const made = estimate({
      Cache: { Type: 'AWS::ElastiCache::CacheCluster' },
      Role: { Type: 'AWS::IAM::Role' },
      Gateway: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
      Micro: { Type: 'AWS::MWAA::Environment', Properties: { EnvironmentClass: 'mw1.micro' } },
    });
    expect(made.notEstimated).toEqual([
      'Cache: AWS::ElastiCache::CacheCluster',
      "Micro more workers and schedulers: no price 'mwaa-node.mw1.micro'",
      "Micro mw1.micro: no price 'mwaa.mw1.micro'",
    ]);
    expect(made.monthly).toBe(0);
    expect(made.savedShare).toBe(0);
  });

  test('says of every price where it is from, when it was so and whether it is backed', () => {
    const made = estimate({ Cluster: cluster(), Landing: bucket() });
    for (const { source, asOf } of made.lines) {
      expect(source.length).toBeGreaterThan(5);
      expect(asOf).toMatch(/^\d{4}(-\d{2})?$/);
    }
    expect(lineOf(made, 'landing Standard').verified).toBe(true);
    expect(lineOf(made, 'Cluster core: EMR charge').verified).toBe(false);
    expect(made.toTable()).toMatch(/Cluster core: EMR charge .* 0\.0385\? /);
  });

  test('prints services with their sums, the savings and what was assumed', () => {
    const table = estimate({ Cluster: cluster() }, { hoursPerMonth: 100, taskDuty: 0.2, spotRework: 0 }).toTable();
    expect(table).toMatch(/^EC2 +49\.28 +76\.80$/m);
    expect(table).toMatch(/^total +88\.68 +120\.00$/m);
    expect(table).toContain('saved against a plain lake with the same work and hours: 31.32 (26 %)');
    expect(table).toMatch(/^ {2}Graviton +19\.00$/m);
    expect(table).toMatch(/^ {2}managed scaling: 192\.00 less than .* not counted/m);
    expect(table).toContain('"taskDuty":0.2');
  });

  test('gives the same figures as JSON', () => {
    const made = estimate({ Cluster: cluster() });
    const json = JSON.parse(made.toJson()) as { monthly: number; currency: string; assumptions: { taskDuty: number } };
    expect(json).toMatchObject({ currency: 'USD', monthly: made.monthly, assumptions: { taskDuty: 0.25 } });
  });

  test('reads all templates of a folder, and fails when there is none', () => {
    const directory = temporaryDirectory();
    expect(() => CostEstimate.fromDirectory(directory)).toThrow(
      /^'directory' must be a folder with synthesized templates/,
    );
    for (const name of ['A.template.json', 'B.nested.template.json']) {
      const template = { Resources: { Key: { Type: 'AWS::KMS::Key' } } };
      fs.writeFileSync(path.join(directory, name), JSON.stringify(template));
    }
    expect(lineOf(CostEstimate.fromDirectory(directory), 'keys').quantity).toBe(2);
    expect(() => CostEstimate.fromTemplates(['not JSON'])).toThrow(
      '\'templates[0]\' must be a CloudFormation template in JSON, got "not JSON"; synthesize the app',
    );
  });

  test('fails, with every problem, when an assumption is impossible', () => {
    const wrong = {
      taskDuty: 1.5,
      dataAgeDays: 0,
      taskDutty: 0.5,
      storedGigabytes: { silver: 5, landing: -1 },
      prices: { 'ec2.m5.xlarge': -1, 's3.standart': 1 },
    };
    expect(() => estimate({ Landing: bucket() }, wrong)).toThrow(
      [
        '7 problems in the assumptions of the estimate:',
        "  - 'taskDuty' must be a share from 0 to 1, got 1.5; correct it or leave it out",
        "  - 'dataAgeDays' must be a number, more than 0, got 0; correct it or leave it out",
        "  - 'taskDutty' must be a known assumption, got 0.5; did you mean 'taskDuty'?",
        '  - \'storedGigabytes\' must be by buckets there are, got "silver"; known are landing',
        "  - 'storedGigabytes.landing' must be a number, 0 or more, got -1; correct it or leave it out",
        "  - 'prices.ec2.m5.xlarge' must be USD, 0 or more, got -1; look it up in the AWS price list",
        "  - 'prices' must be of known names, got \"s3.standart\"; did you mean 's3.standard'?",
      ].join('\n'),
    );
  });

  test('of production saves a third against the plain lake', () => {
    const baselines = path.join(__dirname, '..', 'stack', 'baselines');
    const files = fs.readdirSync(baselines).filter((name) => /prod.*template\.json$/.test(name));
    const made = CostEstimate.fromTemplates(files.map((name) => fs.readFileSync(path.join(baselines, name), 'utf8')));
    expect(made.notEstimated).toEqual([]);
    expect(made.savedShare).toBeGreaterThanOrEqual(0.3);
    const counted = made.savings.filter((saving) => saving.counted).reduce((sum, { monthly }) => sum + monthly, 0);
    expect(made.plainMonthly - made.monthly).toBeCloseTo(counted, 6);
  });
});
