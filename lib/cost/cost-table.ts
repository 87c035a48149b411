import { sorted } from '../private';
import type { CostEstimate, CostLine } from './cost-estimate';
import { PRICE_REGION } from './prices';

/** Width of the columns of the table, in characters. */
const WIDTH = { item: 58, quantity: 24, unitPrice: 11, amount: 10 };

/** An estimate as a table of plain text. */
export function costTable(estimate: CostEstimate): string {
  const services = new Map<string, CostLine[]>();
  for (const line of estimate.lines) {
    services.set(line.service, [...(services.get(line.service) ?? []), line]);
  }
  return [
    row('', 'quantity', 'USD each', 'USD/month', 'plain'),
    ...[...services].map(([service, lines]) => serviceRows(service, lines).join('\n')),
    row('total', '', '', dollars(estimate.monthly), dollars(estimate.plainMonthly)),
    '',
    ...savings(estimate),
    '',
    ...notes(estimate),
    '',
  ].join('\n');
}

function serviceRows(service: string, lines: CostLine[]): string[] {
  const heading = row(service, '', '', dollars(total(lines, 'monthly')), dollars(total(lines, 'plainMonthly')));
  return [heading, ...lines.map(lineRow)];
}

function lineRow({ item, quantity, unit, unitPrice, monthly, plainMonthly, verified }: CostLine): string {
  const amount = `${Number(quantity.toFixed(quantity < 10 ? 2 : 0)).toLocaleString('en-US')} ${unit}`;
  const each = `${Number(unitPrice.toPrecision(4))}${verified ? ' ' : '?'}`;
  return row(`  ${item}`, amount, each, dollars(monthly), dollars(plainMonthly));
}

function row(item: string, quantity: string, unitPrice: string, monthly: string, plain: string): string {
  const cut = item.length > WIDTH.item ? `${item.slice(0, WIDTH.item - 1)}…` : item;
  return [
    cut.padEnd(WIDTH.item),
    quantity.padStart(WIDTH.quantity),
    unitPrice.padStart(WIDTH.unitPrice),
    monthly.padStart(WIDTH.amount),
    plain.padStart(WIDTH.amount),
  ]
    .join(' ')
    .trimEnd();
}

function savings({ savings: levers, monthly, plainMonthly, savedShare }: CostEstimate): string[] {
  const counted = levers.filter((lever) => lever.counted);
  const others = levers.filter((lever) => !lever.counted && lever.monthly > 0);
  return [
    `saved against a plain lake with the same work and hours: ${dollars(plainMonthly - monthly)} (${percent(savedShare)})`,
    ...counted.map((lever) => `  ${lever.lever.padEnd(18)}${dollars(lever.monthly).padStart(WIDTH.amount)}`),
    ...others.map(
      (lever) =>
        `  ${lever.lever}: ${dollars(lever.monthly)} less than a cluster fixed at its largest size; not counted, because a plain one can run the same hours`,
    ),
  ];
}

function notes({ lines, notEstimated, assumptions }: CostEstimate): string[] {
  const dates = sorted(new Set(lines.map(({ asOf }) => asOf).filter((date) => date !== 'given')), (date) => date);
  const doubtful = lines.filter(({ verified }) => !verified).reduce((sum, { monthly }) => sum + monthly, 0);
  return [
    `prices: ${PRICE_REGION}, of ${dates[0] ?? 'the user'} to ${dates.at(-1) ?? 'the user'}; '?' marks those that AWS's price list does not back (${dollars(doubtful)} of the total)`,
    'left out: free tiers, taxes, data transfer between zones and to the internet, discounts of the account',
    ...(notEstimated.length === 0 ? [] : ['not estimated:', ...notEstimated.map((text) => `  ${text}`)]),
    `assumed: ${assumptions}`,
  ];
}

function total(lines: CostLine[], member: 'monthly' | 'plainMonthly'): number {
  return lines.reduce((sum, line) => sum + line[member], 0);
}

function dollars(amount: number): string {
  return amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
