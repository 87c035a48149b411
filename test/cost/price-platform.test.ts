import type { CostAssumptions } from '../../lib/cost';
import { type Declared, estimate, lineOf } from './estimates';

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
  ['alerts', { A: { Type: 'AWS::SNS::Topic' } }, { alerts: 2_000_000 }, 1],
  [
    'emails',
    {
      A: { Type: 'AWS::SNS::Subscription', Properties: { Protocol: 'email' } },
      B: { Type: 'AWS::SNS::Subscription', Properties: { Protocol: 'email' } },
      C: { Type: 'AWS::SNS::Subscription', Properties: { Protocol: 'sqs' } },
    },
    { alerts: 10_000 },
    0.4,
  ],
  ['logs queried', { A: { Type: 'AWS::Logs::LogGroup' } }, { queriedLogGigabytes: 100 }, 0.5],
  [
    'functions',
    { A: { Type: 'AWS::Lambda::Function', Properties: { MemorySize: 512 } } },
    { functionSeconds: 1000 },
    500 * 0.000_016_666_7,
  ],
  [
    'functions',
    { A: { Type: 'AWS::Lambda::Function', Properties: { Architectures: ['arm64'] } } },
    { functionSeconds: 8000 },
    1000 * 0.000_013_333_4,
  ],
])('%s', (item, resources, assumptions, monthly) => {
  test(`cost ${monthly} a month, as in the plain lake`, () => {
    const line = lineOf(estimate(resources, assumptions), item);
    expect(line.monthly).toBeCloseTo(monthly, 6);
    expect(line.plainMonthly).toBeCloseTo(monthly, 6);
  });
});
