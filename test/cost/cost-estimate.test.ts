import * as fs from 'node:fs';
import * as path from 'node:path';
import { CostEstimate } from '../../lib/cost';
import { PRICERS } from '../../lib/cost/price-platform';
import { resourcesOf } from '../../lib/cost/template-reader';
import { temporaryDirectory } from '../support/temporary';
import { bucket, cluster, estimate, lineOf } from './estimates';

describe('CostEstimate', () => {
  test('names what it leaves out, and not what is free', () => {
    const made = estimate(
      {
        Cache: { Type: 'AWS::ElastiCache::CacheCluster' },
        Role: { Type: 'AWS::IAM::Role' },
        Gateway: { Type: 'AWS::EC2::VPCEndpoint', Properties: { VpcEndpointType: 'Gateway' } },
        Large: { Type: 'AWS::MWAA::Environment', Properties: { EnvironmentClass: 'mw1.2xlarge' } },
      },
      { airflowMetadataGigabytes: 0, airflowMetrics: 0 },
    );
    expect(made.notEstimated).toEqual([
      'Cache: AWS::ElastiCache::CacheCluster',
      "Large mw1.2xlarge: no price 'mwaa.mw1.2xlarge'",
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
    expect(table).toMatch(/^total +98\.60 +129\.92$/m);
    expect(table).toContain('same work and hours: 31.32 (24 %; 24 % of what computes and stores)');
    expect(table).toMatch(/^ {2}Spot +12\.32$/m);
    expect(table).toMatch(/^ {2}Graviton +19\.00$/m);
    expect(table).toMatch(/^ {2}storage tiering +0\.00$/m);
    expect(table).toMatch(/^ {2}managed scaling +0\.00 {2}not counted: 192\.00 that only clusters fixed at/m);
    expect(table).toMatch(/^free, or in another line: 0 resources of 0 types/m);
    expect(table).toMatch(/^ {2}hoursPerMonth 100 · taskDuty 0\.2 · /m);
    expect(table).toMatch(/storedGigabytes\.landing \d+/);
    const assumed = table.slice(table.indexOf('assumed')).split('\n');
    expect(assumed.filter((line) => line.length > 120)).toEqual([]);
  });

  test('calls things as people know them, and shows small quantities', () => {
    const Fleet = { TargetOnDemandCapacity: 1, InstanceTypeConfigs: [{ InstanceType: 'm6g.xlarge' }] };
    const Properties = { Instances: { MasterInstanceFleet: Fleet } };
    const made = estimate(
      { BatchClusterA79F2586: { Type: 'AWS::EMR::Cluster', Properties }, Topic: { Type: 'AWS::SNS::Topic' } },
      { alerts: 1000 },
    );
    expect(lineOf(made, 'BatchCluster primary: m6g.xlarge instances').quantity).toBe(730);
    expect(made.toTable()).toMatch(/^ {2}alerts +0\.001 1,000,000 requests/m);
  });

  test('gives the same figures as JSON, always under the same names and in the same order', () => {
    const made = estimate({ Cluster: cluster(), Role: { Type: 'AWS::IAM::Role' } });
    const json = JSON.parse(made.toJson()) as { [member: string]: unknown };
    expect(Object.keys(json)).toEqual([
      'currency',
      'region',
      'monthly',
      'plainMonthly',
      'savedShare',
      'savedShareOfComputeAndStorage',
      'services',
      'savings',
      'lines',
      'free',
      'notEstimated',
      'assumptions',
    ]);
    expect(json).toMatchObject({ currency: 'USD', region: 'us-east-1', monthly: made.monthly });
    expect(json).toMatchObject({ assumptions: { taskDuty: 0.25 } });
    expect(json['free']).toEqual([
      { resourceType: 'AWS::IAM::Role', count: 1, reason: 'identities and policies are free' },
    ]);
    expect(made.toJson()).toBe(estimate({ Cluster: cluster(), Role: { Type: 'AWS::IAM::Role' } }).toJson());
  });

  test('adds up: lines to services, services to the total, levers to what is saved', () => {
    const made = estimate({ Cluster: cluster(), Landing: bucket(), Key: { Type: 'AWS::KMS::Key' } });
    for (const member of ['monthly', 'plainMonthly'] as const) {
      const sum = (each: { [name in typeof member]: number }[]): number =>
        each.reduce((all, one) => all + one[member], 0);
      expect(sum(made.lines)).toBeCloseTo(made[member], 9);
      expect(sum(made.services)).toBeCloseTo(made[member], 9);
    }
    expect(made.savings.map(({ lever }) => lever)).toEqual(['Spot', 'Graviton', 'storage tiering', 'managed scaling']);
    const counted = made.savings.reduce((sum, { monthly }) => sum + monthly, 0);
    expect(made.plainMonthly - made.monthly).toBeCloseTo(counted, 9);
  });

  test('tells what is saved of what computes and stores apart from what nothing can make cheaper', () => {
    const alone = estimate({ Cluster: cluster() });
    const among = estimate({ Cluster: cluster(), Nat: { Type: 'AWS::EC2::NatGateway' } });
    expect(among.savedShareOfComputeAndStorage).toBeCloseTo(alone.savedShare, 9);
    expect(among.savedShare).toBeLessThan(alone.savedShare);
    expect(estimate({}).savedShareOfComputeAndStorage).toBe(0);
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

  test('fails when a number stands where there is one for each name', () => {
    const wrong: object = { storedGigabytes: 500, prices: 2 };
    expect(() => estimate({ Landing: bucket() }, wrong)).toThrow(
      [
        "  - 'storedGigabytes' must be numbers by name, got 500; correct it or leave it out",
        "  - 'prices' must be numbers by name, got 2; correct it or leave it out",
      ].join('\n'),
    );
  });
});

describe.each(['dev', 'staging', 'prod'])('the estimate of %s', (environment) => {
  const baselines = path.join(__dirname, '..', 'stack', 'baselines');
  const ours = new RegExp(`^Lakehouse-?${environment}.*template\\.json$`);
  const files = fs.readdirSync(baselines).filter((name) => ours.test(name));
  const templates = files.map((name) => fs.readFileSync(path.join(baselines, name), 'utf8'));
  const made = CostEstimate.fromTemplates(templates);
  const types = resourcesOf(templates).map(({ type }) => type);

  test('leaves nothing out, and knows of every type what it costs or why it costs nothing', () => {
    expect(made.notEstimated).toEqual([]);
    const free = new Map(made.free.map(({ resourceType, count }) => [resourceType, count]));
    for (const type of new Set(types)) {
      expect([type, PRICERS[type] !== undefined, free.has(type)]).toEqual([type, !free.has(type), free.has(type)]);
    }
    const priced = types.filter((type) => PRICERS[type] !== undefined).length;
    expect(priced + made.free.reduce((sum, { count }) => sum + count, 0)).toBe(types.length);
  });

  test('has no line without a price that says where it is from', () => {
    expect(made.lines.length).toBeGreaterThan(20);
    for (const { unit, source, asOf } of made.lines) {
      expect([unit.length > 1, source.length > 5, /^\d{4}(-\d{2})?$/.test(asOf)]).toEqual([true, true, true]);
    }
  });

  test('has what the lake costs to watch', () => {
    const watched = made.lines.filter(({ service }) => service === 'CloudWatch').map(({ item }) => item);
    expect(watched).toEqual(
      expect.arrayContaining(['alarms', 'custom metrics', 'dashboards', 'logs kept', 'logs written']),
    );
  });

  test('counts no saving but those of Spot, Graviton and tiering', () => {
    const saving = Object.fromEntries(made.savings.map(({ lever, monthly }) => [lever, monthly]));
    expect(saving['managed scaling']).toBe(0);
    expect(saving['Spot']).toBeGreaterThan(0);
    expect(saving['storage tiering']).toBeGreaterThan(0);
    const counted = Object.values(saving).reduce((sum, monthly) => sum + monthly, 0);
    expect(made.plainMonthly - made.monthly).toBeCloseTo(counted, 6);
  });
});

test('a type that nobody knows is named, in an environment too', () => {
  const made = estimate({
    Lake: { Type: 'AWS::LakeFormation::Tag' },
    Filter: { Type: 'AWS::LakeFormation::DataCellsFilter' },
  });
  expect(made.notEstimated).toEqual(['Filter: AWS::LakeFormation::DataCellsFilter']);
});
