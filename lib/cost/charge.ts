import type { Assumed } from './assumptions';
import type { Price, PriceTable } from './prices';

/** What makes the lake cheaper than a plain one. */
export type Lever = 'Spot' | 'Graviton' | 'managed scaling' | 'storage tiering';

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
interface Item {
  readonly service: string;
  readonly item: string;
  readonly price: string;
  readonly quantity: number;
  /** How much less than the price is paid, 0 to 1. */
  readonly discount?: number;
  /** What it costs in the plain lake, where that is something else. */
  readonly savings?: Charge['savings'];
}

/** Prices things by the table, and notes what the table lacks. */
export class Pricer {
  readonly charges: Charge[] = [];
  readonly unpriced = new Set<string>();
  /** What a fixed cluster of the largest size would cost more; not a saving over a plain cluster with the same hours. */
  scaling = 0;

  constructor(
    readonly assumed: Assumed,
    readonly prices: PriceTable,
  ) {}

  /** Adds a charge; nothing when the quantity is nothing. */
  add({ service, item, price: name, quantity, discount = 0, savings = {} }: Item): void {
    const price = this.prices.find(name);
    if (price === undefined) {
      this.unpriced.add(`${item}: no price '${name}'`);
    } else if (quantity !== 0) {
      const paid = { ...price, amount: price.amount * (1 - discount) };
      this.charges.push({ service, item, quantity, price: paid, monthly: quantity * paid.amount, savings });
    }
  }

  /** The amount of a price, or of another when there is none. */
  amount(name: string, otherwise = 0): number {
    return this.prices.find(name)?.amount ?? otherwise;
  }
}
