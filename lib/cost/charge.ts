import type { Assumed } from './assumptions';
import type { Price, PriceTable } from './prices';
import type { TemplateResource } from './template-reader';

/** What makes the lake cheaper than a plain one in the same hours. */
export type Lever = 'Spot' | 'Graviton' | 'storage tiering';

/** What one thing costs in a month, and what each lever takes off the price of doing the same plainly. */
export interface Charge {
  readonly service: string;
  readonly item: string;
  readonly quantity: number;
  readonly price: Price;
  readonly monthly: number;
  readonly savings: { readonly [lever in Lever]?: number };
}

/** The part of a charge that is its own. */
export interface Item {
  readonly service: string;
  readonly item: string;
  readonly price: string;
  readonly quantity: number;
  /** How much less than the price is paid, 0 to 1. */
  readonly discount?: number;
  /** What it costs in the plain lake, where that is something else. */
  readonly savings?: Charge['savings'];
}

/** Adds the charges of one resource. */
export type ResourcePricer = (resource: TemplateResource, pricer: Pricer) => void;

/** Prices things by the table, and notes what the table lacks. */
export class Pricer {
  readonly charges: Charge[] = [];
  readonly unpriced = new Set<string>();
  /** What clusters fixed at their largest size would cost more; not a saving over plain clusters with the same hours. */
  scaling = 0;

  constructor(
    readonly assumed: Assumed,
    readonly prices: PriceTable,
    /** All resources there are, for what costs by how many of another kind there are. */
    readonly resources: TemplateResource[],
  ) {}

  /** Adds a charge; nothing when the quantity is nothing. */
  add({ service, item, price: name, quantity, discount = 0, savings = {} }: Item): void {
    const price = this.prices.find(name);
    if (quantity === 0) {
      return;
    }
    if (price === undefined) {
      this.unpriced.add(`${item}: no price '${name}'`);
      return;
    }
    const paid = { ...price, amount: price.amount * (1 - discount) };
    this.charges.push({ service, item, quantity, price: paid, monthly: quantity * paid.amount, savings });
  }

  /** The amount of a price, or of another when there is none. */
  amount(name: string, otherwise = 0): number {
    return this.prices.find(name)?.amount ?? otherwise;
  }

  /** The resources of a type. */
  ofType(type: string): TemplateResource[] {
    return this.resources.filter((resource) => resource.type === type);
  }
}
