import { failAll, problem, sorted } from '../private';
import { type Charge, type Lever, Pricer } from './charge';
import { assumed, assumptionProblems } from './assumptions';
import type { CostAssumptions } from './cost-assumptions';
import { costTable } from './cost-table';
import { bucketsByName, priceBucket } from './price-buckets';
import { priceCluster, priceServerless } from './price-clusters';
import { PLATFORM, type ResourcePricer, priceUse } from './price-platform';
import { PriceTable } from './prices';
import { resourcesOf, templatesIn } from './template-reader';

/** What one thing costs in a month. */
export interface CostLine {
  /** The AWS service on the bill. */
  readonly service: string;

  /** What it is. */
  readonly item: string;

  /** How much of it, in units. */
  readonly quantity: number;

  /** What is counted. */
  readonly unit: string;

  /** USD for one unit, discounts taken off. */
  readonly unitPrice: number;

  /** USD in a month. */
  readonly monthly: number;

  /** USD in a month in the plain lake that does the same work. */
  readonly plainMonthly: number;

  /** Whether an output of AWS's own price list backs the price. */
  readonly verified: boolean;

  /** Where the price is from. */
  readonly source: string;

  /** When it was so. */
  readonly asOf: string;
}

/** What a lever saves in a month. */
export interface CostSaving {
  /** The lever: Spot, Graviton, managed scaling or storage tiering. */
  readonly lever: string;

  /** USD in a month; negative when the lever costs more than it saves. */
  readonly monthly: number;

  /** Whether it is a part of the difference to the plain lake; not what only waste in the plain lake would create. */
  readonly counted: boolean;
}

/** The pricers of single resources by type; buckets are priced together, by name. */
const PRICERS: { readonly [type: string]: ResourcePricer } = {
  ...PLATFORM,
  'AWS::EMR::Cluster': priceCluster,
  'AWS::EMRServerless::Application': priceServerless,
};

/** Types that cost nothing by themselves, or whose use is in another line. */
const FREE =
  /^AWS::(IAM|CloudFormation|CDK|LakeFormation|Budgets|Events|Athena|Logs|S3|SSM|SNS|Lambda::LayerVersion)::|^AWS::EC2::(?!Instance|Volume|TransitGateway|VPNGateway|ClientVpn)|^AWS::EMR::(SecurityConfiguration|Step|Studio)|^AWS::MSK::(Configuration|Topic|ClusterPolicy)|^AWS::Glue::(Database|Table|Registry|Schema|DataQualityRuleset)$|^AWS::KMS::Alias$|^AWS::CloudWatch::AnomalyDetector$|^AWS::SecretsManager::(ResourcePolicy|RotationSchedule)/;

/**
 * What synthesized templates cost in a month, and what a plain lake that does the same work would: every instance
 * On-Demand and x86, every object in Standard, for the same hours.
 *
 * An estimate by list prices of us-east-1, without free tiers, taxes, data transfer or discounts of the account. Every
 * price says where it is from and when it was so; each can be overridden, as can what is assumed about use.
 */
export class CostEstimate {
  /**
   * Estimates a cloud assembly: all templates in a folder, for example `cdk.out`.
   *
   * Fails when there is none, or when an assumption is not possible.
   */
  public static fromDirectory(directory: string, assumptions: CostAssumptions = {}): CostEstimate {
    return CostEstimate.fromTemplates(templatesIn(directory), assumptions);
  }

  /**
   * Estimates templates.
   *
   * @param templates CloudFormation templates in JSON, those of nested stacks too
   */
  public static fromTemplates(templates: string[], assumptions: CostAssumptions = {}): CostEstimate {
    const resources = resourcesOf(templates);
    const buckets = bucketsByName(resources);
    failAll('the assumptions of the estimate', assumptionProblems(assumptions, [...buckets.keys()]).map(problem));
    const known = assumed(assumptions);
    const pricer = new Pricer(known, new PriceTable(known.prices));
    for (const [name, bucket] of buckets) {
      priceBucket(name, bucket, pricer);
    }
    for (const resource of resources) {
      const price = PRICERS[resource.type];
      price?.(resource, pricer);
      if (price === undefined && !FREE.test(resource.type)) {
        pricer.unpriced.add(`${resource.id}: ${resource.type}`);
      }
    }
    priceUse(resources, pricer);
    return new CostEstimate(pricer);
  }

  /** What is paid for, by service and item. */
  public readonly lines: CostLine[];

  /** What each lever saves. */
  public readonly savings: CostSaving[];

  /** What the templates hold and the estimate leaves out. */
  public readonly notEstimated: string[];

  /** What was assumed, as JSON. */
  public readonly assumptions: string;

  private constructor(pricer: Pricer) {
    this.lines = sorted(merged(pricer.charges.map(lineOf)), ({ service, item }) => `${service} ${item}`);
    const saved = (lever: Lever): number => pricer.charges.reduce((sum, { savings }) => sum + (savings[lever] ?? 0), 0);
    this.savings = [
      ...(['Spot', 'Graviton', 'storage tiering'] as const).map((lever) => ({
        lever,
        monthly: saved(lever),
        counted: true,
      })),
      { lever: 'managed scaling', monthly: pricer.scaling, counted: false },
    ];
    this.notEstimated = sorted(pricer.unpriced, (text) => text);
    this.assumptions = JSON.stringify(pricer.assumed);
  }

  /** USD in a month. */
  public get monthly(): number {
    return this.lines.reduce((sum, line) => sum + line.monthly, 0);
  }

  /** USD in a month for the plain lake. */
  public get plainMonthly(): number {
    return this.lines.reduce((sum, line) => sum + line.plainMonthly, 0);
  }

  /** The share of the plain lake's cost that is saved, 0 to 1. */
  public get savedShare(): number {
    return this.plainMonthly === 0 ? 0 : 1 - this.monthly / this.plainMonthly;
  }

  /** A table for people: each service with its items, the savings, and what to know about the figures. */
  public toTable(): string {
    return costTable(this);
  }

  /** All figures as JSON, for programs. */
  public toJson(): string {
    const { monthly, plainMonthly, savedShare, savings, lines, notEstimated } = this;
    const assumptions: unknown = JSON.parse(this.assumptions);
    const figures = { monthly, plainMonthly, savedShare, savings, lines, notEstimated, assumptions };
    return JSON.stringify({ currency: 'USD', ...figures }, undefined, 2);
  }
}

/** Lines of the same thing, for example of every NAT gateway, as one. */
function merged(lines: CostLine[]): CostLine[] {
  const byItem = new Map<string, CostLine>();
  for (const line of lines) {
    const key = `${line.service} ${line.item}`;
    const before = byItem.get(key) ?? { quantity: 0, monthly: 0, plainMonthly: 0 };
    byItem.set(key, {
      ...line,
      quantity: before.quantity + line.quantity,
      monthly: before.monthly + line.monthly,
      plainMonthly: before.plainMonthly + line.plainMonthly,
    });
  }
  return [...byItem.values()];
}

function lineOf({ service, item, quantity, price, monthly, savings }: Charge): CostLine {
  const saved = Object.values(savings).reduce((sum, each) => sum + each, 0);
  const { amount, unit, verified, source, asOf } = price;
  return {
    service,
    item,
    quantity,
    unit,
    unitPrice: amount,
    monthly,
    plainMonthly: monthly + saved,
    verified,
    source,
    asOf,
  };
}
