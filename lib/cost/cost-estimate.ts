import { failAll, problem, sorted } from '../private';
import { assumed, assumptionProblems } from './assumptions';
import { type Charge, type Lever, Pricer } from './charge';
import type { CostAssumptions } from './cost-assumptions';
import { costTable } from './cost-table';
import { whyFree } from './free-types';
import { bucketsByName, priceBucket } from './price-buckets';
import { PRICERS, priceUse } from './price-platform';
import { priceTelemetry } from './price-watching';
import { PRICE_REGION, PriceTable } from './prices';
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

  /** Whether AWS's own price list backs the price, or several independent tables agree. */
  readonly verified: boolean;

  /** Where the price is from. */
  readonly source: string;

  /** When it was so. */
  readonly asOf: string;
}

/** What a service costs in a month. */
export interface CostOfService {
  /** The AWS service on the bill. */
  readonly service: string;

  /** USD in a month. */
  readonly monthly: number;

  /** USD in a month in the plain lake that does the same work. */
  readonly plainMonthly: number;
}

/** What a lever saves in a month. */
export interface CostSaving {
  /** The lever: Spot, Graviton, storage tiering or managed scaling. */
  readonly lever: string;

  /** USD in a month, as a part of the difference to the plain lake; negative when the lever costs more than it saves. */
  readonly monthly: number;

  /** USD in a month that only waste in the plain lake would add, and that is thus no part of the difference. */
  readonly notCounted: number;
}

/** Resources that cost nothing by themselves. */
export interface FreeResources {
  /** The type in CloudFormation. */
  readonly resourceType: string;

  /** How many there are. */
  readonly count: number;

  /** Why they are free, or where their use is counted. */
  readonly reason: string;
}

/** Services on which a lever can act: what computes and what stores. */
const REACHED = new Set(['EBS', 'EC2', 'EMR', 'EMR Serverless', 'MSK', 'S3']);

/**
 * What synthesized templates cost in a month, and what a plain lake that does the same work would: every instance
 * On-Demand and x86, every object in Standard, for the same hours.
 *
 * Because the hours are the same, managed scaling saves nothing here: a plain cluster can be there only while there is work,
 * too. What clusters fixed at their largest size would cost more is told apart.
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
    const pricer = new Pricer(known, new PriceTable(known.prices), resources);
    for (const [name, bucket] of buckets) {
      priceBucket(name, bucket, pricer);
    }
    for (const resource of resources) {
      const price = PRICERS[resource.type];
      price?.(resource, pricer);
      if (price === undefined && whyFree(resource.type) === undefined) {
        pricer.unpriced.add(`${resource.id}: ${resource.type}`);
      }
    }
    priceUse(pricer);
    priceTelemetry(pricer);
    return new CostEstimate(pricer);
  }

  /** What is paid for, by service and item. */
  public readonly lines: CostLine[];

  /** What each service costs. */
  public readonly services: CostOfService[];

  /** What each lever saves. */
  public readonly savings: CostSaving[];

  /** What costs nothing by itself. */
  public readonly free: FreeResources[];

  /** What the templates hold and the estimate leaves out. */
  public readonly notEstimated: string[];

  /** What was assumed, as JSON. */
  public readonly assumptions: string;

  private constructor(pricer: Pricer) {
    this.lines = sorted(merged(pricer.charges.map(lineOf)), ({ service, item }) => `${service} ${item}`);
    this.services = servicesOf(this.lines);
    this.savings = savingsOf(pricer);
    this.free = freeOf(pricer);
    this.notEstimated = sorted(pricer.unpriced, (text) => text);
    this.assumptions = JSON.stringify(pricer.assumed);
  }

  /** USD in a month. */
  public get monthly(): number {
    return total(this.services, 'monthly');
  }

  /** USD in a month for the plain lake. */
  public get plainMonthly(): number {
    return total(this.services, 'plainMonthly');
  }

  /** The share of the plain lake's cost that is saved, 0 to 1. */
  public get savedShare(): number {
    return shareOf(this.services);
  }

  /** The share that is saved of what computes and stores, 0 to 1: of the services on which the levers can act at all. */
  public get savedShareOfComputeAndStorage(): number {
    return shareOf(this.services.filter(({ service }) => REACHED.has(service)));
  }

  /** A table for people: each service with its items, the savings, and what to know about the figures. */
  public toTable(): string {
    return costTable(this);
  }

  /** All figures as JSON, for programs. */
  public toJson(): string {
    const {
      monthly,
      plainMonthly,
      savedShare,
      savedShareOfComputeAndStorage,
      services,
      savings,
      lines,
      free,
      notEstimated,
    } = this;
    const totals = {
      currency: 'USD',
      region: PRICE_REGION,
      monthly,
      plainMonthly,
      savedShare,
      savedShareOfComputeAndStorage,
    };
    const assumptions: unknown = JSON.parse(this.assumptions);
    return JSON.stringify({ ...totals, services, savings, lines, free, notEstimated, assumptions }, undefined, 2);
  }
}

function total(services: CostOfService[], member: 'monthly' | 'plainMonthly'): number {
  return services.reduce((sum, service) => sum + service[member], 0);
}

function shareOf(services: CostOfService[]): number {
  const plain = total(services, 'plainMonthly');
  return plain === 0 ? 0 : 1 - total(services, 'monthly') / plain;
}

function servicesOf(lines: CostLine[]): CostOfService[] {
  const services = new Map<string, CostOfService>();
  for (const { service, monthly, plainMonthly } of lines) {
    const before = services.get(service) ?? { monthly: 0, plainMonthly: 0 };
    services.set(service, {
      service,
      monthly: before.monthly + monthly,
      plainMonthly: before.plainMonthly + plainMonthly,
    });
  }
  return [...services.values()];
}

/** The three levers that work in the same hours, and managed scaling, which only shortens them. */
function savingsOf({ charges, scaling }: Pricer): CostSaving[] {
  const levers: Lever[] = ['Spot', 'Graviton', 'storage tiering'];
  const saved = (lever: Lever): number => charges.reduce((sum, { savings }) => sum + (savings[lever] ?? 0), 0);
  return [
    ...levers.map((lever) => ({ lever, monthly: saved(lever), notCounted: 0 })),
    { lever: 'managed scaling', monthly: 0, notCounted: scaling },
  ];
}

function freeOf({ resources }: Pricer): FreeResources[] {
  const free = new Map<string, FreeResources>();
  for (const { type } of resources) {
    const reason = PRICERS[type] === undefined ? whyFree(type) : undefined;
    if (reason !== undefined) {
      free.set(type, { resourceType: type, count: (free.get(type)?.count ?? 0) + 1, reason });
    }
  }
  return sorted(free.values(), ({ resourceType }) => resourceType);
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
