import { sorted } from '../private';
import type { CostEstimate, CostLine } from './cost-estimate';
import { PRICE_REGION } from './prices';

/** Width of the columns of the table, in characters. */
const WIDTH = { item: 58, quantity: 24, unitPrice: 11, amount: 10 };

/** The longest line of assumptions, in characters. */
const LINE = 116;

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
  const amount = `${rounded(quantity)} ${unit}`;
  const each = `${Number(unitPrice.toPrecision(4))}${verified ? ' ' : '?'}`;
  return row(`  ${item}`, amount, each, dollars(monthly), dollars(plainMonthly));
}

/** As many digits as say something. */
function rounded(quantity: number): string {
  const digits = quantity < 0.01 ? quantity.toPrecision(2) : quantity.toFixed(quantity < 10 ? 2 : 0);
  return Number(digits).toLocaleString('en-US', { maximumFractionDigits: 9 });
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

function savings({
  savings: levers,
  monthly,
  plainMonthly,
  savedShare,
  savedShareOfComputeAndStorage,
}: CostEstimate): string[] {
  const figures = levers.map(({ lever, monthly: saved, notCounted }) =>
    [
      `  ${lever.padEnd(18)}${dollars(saved).padStart(WIDTH.amount)}`,
      ...(notCounted === 0
        ? []
        : [`  not counted: ${dollars(notCounted)} that only clusters fixed at their largest size would waste`]),
    ].join(''),
  );
  return [
    `saved against a plain lake with the same work and hours: ${dollars(plainMonthly - monthly)} (${percent(savedShare)}; ${percent(savedShareOfComputeAndStorage)} of what computes and stores)`,
    ...figures,
  ];
}

function notes({ lines, free, notEstimated, assumptions }: CostEstimate): string[] {
  const dates = sorted(new Set(lines.map(({ asOf }) => asOf).filter((date) => date !== 'given')), (date) => date);
  const doubtful = lines.filter(({ verified }) => !verified).reduce((sum, { monthly }) => sum + monthly, 0);
  return [
    `prices: ${PRICE_REGION}, of ${dates[0] ?? 'the user'} to ${dates.at(-1) ?? 'the user'}; '?' marks those that neither AWS's price list nor several tables back (${dollars(doubtful)} of the total)`,
    'left out: free tiers, taxes, data transfer between zones and to the internet, discounts of the account',
    `free, or in another line: ${free.reduce((sum, { count }) => sum + count, 0)} resources of ${free.length} types; --json says why`,
    ...(notEstimated.length === 0 ? [] : ['not estimated:', ...notEstimated.map((text) => `  ${text}`)]),
    'assumed (--assume changes it):',
    ...wrapped(assumedIn(JSON.parse(assumptions))),
  ];
}

/** Each assumption with its value; those of zones under their zone. */
function assumedIn(assumptions: { [name: string]: number | { [name: string]: number } }): string[] {
  return Object.entries(assumptions).flatMap(([name, value]) =>
    typeof value === 'number'
      ? [`${name} ${value}`]
      : Object.entries(value).map(([member, inner]) => `${name}.${member} ${inner}`),
  );
}

/** As many on a line as fit. */
function wrapped(words: string[]): string[] {
  const lines: string[] = [];
  for (const word of words) {
    const longer = `${lines.at(-1) ?? ''} · ${word}`;
    if (lines.length > 0 && longer.length <= LINE) {
      lines[lines.length - 1] = longer;
    } else {
      lines.push(`  ${word}`);
    }
  }
  return lines;
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
