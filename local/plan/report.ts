import { z } from 'zod';
import { Zone } from '../../lib/contracts/zone';
import type { TableName } from './table-name';
import { STATUSES, type Status, type Verdict } from './verdict';
import { plannedWords } from './words';

/** What a plan says in JSON. Later versions may add members. */
export const planShape = z.object({
  version: z.literal(1),
  environment: z.string(),
  endpoint: z.string().optional().describe('undefined for AWS'),
  exitCode: z.union([z.literal(0), z.literal(2), z.literal(3)]),
  counts: z.partialRecord(z.enum(STATUSES), z.int()),
  tables: z.array(
    z.object({
      table: z.string().describe('zone and name, or database and name'),
      database: z.string(),
      name: z.string(),
      region: z.string(),
      status: z.enum(STATUSES),
      changes: z
        .array(
          z.object({
            kind: z.string(),
            subject: z.string().describe('the column, partition field or property'),
            id: z.int().optional().describe('the id of the column or partition field'),
            before: z.string().optional(),
            after: z.string().optional(),
            text: z.string(),
          }),
        )
        .describe('what a deployment would change'),
      drift: z.array(z.string()).describe('what was changed outside of deployments'),
      problems: z.array(z.string()).describe('what would be refused or lost, with the remedy'),
      note: z.string().optional(),
    }),
  ),
  refused: z
    .array(z.object({ resource: z.string().describe('the stack and the logical id'), problem: z.string() }))
    .describe('changes of other resources that their service would refuse, with the remedy'),
});

/** A plan, as JSON has it. */
export type Plan = z.infer<typeof planShape>;

type PlannedTable = Plan['tables'][number];

/** A change of something else than a table that its service would refuse. */
export type RefusedChange = Plan['refused'][number];

/** A table with what was found of it. */
export interface Judged extends TableName {
  readonly label: string;
  readonly region: string;
  readonly verdict: Verdict;
}

/** What stops a pipeline. */
const STOPS = new Set<Status>(['drifted', 'illegal', 'import']);
const SILENT = new Set<Status>(['no change', 'unmanaged']);

const COLOURS: Record<Status, number> = {
  create: 32,
  import: 35,
  evolve: 33,
  release: 33,
  'no change': 90,
  drifted: 31,
  illegal: 31,
  unmanaged: 90,
};

/** Puts a plan together. */
export function planOf(about: Pick<Plan, 'environment' | 'endpoint' | 'refused'>, judged: readonly Judged[]): Plan {
  const tables = judged.map(({ label, database, name, region, verdict }): PlannedTable => {
    const { status, changes, drift, problems, note } = verdict;
    const told = changes.map((change) => Object.assign({ text: plannedWords(change) }, change));
    return { table: label, database, name, region, status, changes: told, drift, problems, note };
  });
  const used = STATUSES.filter((status) => tables.some((table) => table.status === status));
  const counts = Object.fromEntries(
    used.map((status) => [status, tables.filter((one) => one.status === status).length]),
  );
  const stops = about.refused.length > 0 || used.some((status) => STOPS.has(status));
  const exitCode = stops ? 3 : used.some((status) => !SILENT.has(status)) ? 2 : 0;
  return { version: 1, ...about, exitCode, counts, tables };
}

/** A table as people say it: zone and name where its database is one of a zone. */
export function labelOf({ database, name }: TableName): string {
  const zone = Zone.withTables().find((one) => database.endsWith(`_${one.name}`));
  return `${zone?.name ?? database}.${name}`;
}

/** A plan for people: a line for each table that is not as it should be, and one that sums up. */
export function planText(plan: Plan, colours: boolean): string {
  const shown = plan.tables.filter(({ status }) => !SILENT.has(status));
  const width = Math.max(0, ...shown.map(({ table }) => table.length));
  const paint = (status: Status, text: string) => (colours ? `\u001b[${COLOURS[status]}m${text}\u001b[39m` : text);
  const lines = shown.map(({ table, status, ...said }) =>
    `${table.padEnd(width)}  ${paint(status, status.padEnd(8))} ${sentences(said).join('   ')}`.trimEnd(),
  );
  const refused = plan.refused.map(
    ({ resource, problem }) => `${resource}  ${paint('illegal', 'refused')}  ${problem}`,
  );
  return [...lines, ...refused, ...unmanagedLine(plan), summaryOf(plan)].join('\n');
}

function sentences({ changes, drift, problems, note }: Pick<PlannedTable, 'changes' | 'drift' | 'problems' | 'note'>) {
  return [...problems, ...drift, ...changes.map(({ text }) => text), ...(note === undefined ? [] : [note])];
}

function unmanagedLine({ tables }: Plan): string[] {
  const names = tables.filter(({ status }) => status === 'unmanaged').map(({ table }) => table);
  return names.length === 0 ? [] : [`${names.length} of no template, left alone: ${names.join(', ')}`];
}

function summaryOf({ tables, counts }: Plan): string {
  const said = Object.entries({
    create: 'to create',
    import: 'to import',
    evolve: 'to evolve',
    release: 'to release',
    drifted: 'drifted',
    illegal: 'illegal',
  }).flatMap(([status, words]) => {
    const count = tables.filter((table) => table.status === status).length;
    return count === 0 ? [] : [`${count} ${words}`];
  });
  const same = counts['no change'] ?? 0;
  const dropped = tables.flatMap(({ changes }) => changes.filter(({ kind }) => kind === 'column dropped')).length;
  if (said.length === 0) {
    return `no change: ${same} table${same === 1 ? ' is' : 's are'} as declared`;
  }
  const lost =
    dropped === 0 ? 'no column would be dropped' : `${dropped} column${dropped === 1 ? '' : 's'} would be dropped`;
  return `${said.join(', ')}, ${same} as declared; ${lost}`;
}
