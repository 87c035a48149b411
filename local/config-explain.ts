import { environments } from '../config';
import { validateConfig } from '../lib/config';
import { type Shape, configShape } from '../lib/config/shape';
import { LakehouseError, didYouMean, problem } from '../lib/private/errors';

/** What the verb is asked. */
export interface ExplainOptions {
  /** Only this section or setting, for example `kafka` or `kafka.storageGib`. */
  readonly setting?: string;
  readonly json?: boolean;
}

/** One setting of an environment. */
interface Explained {
  /** Its path in the config, for example `kafka.storageGib`. */
  readonly setting: string;
  /** What holds: the value, or the default in words. */
  readonly value: unknown;
  /** Where it comes from. */
  readonly from: 'config' | 'default' | 'left out';
  readonly meaning: string;
  readonly known?: string[];
}

/** What every setting of an environment is, where it comes from and what it means. */
export function explainConfig(environment: string, { setting, json }: ExplainOptions = {}): string {
  const config = environments.load(environment);
  validateConfig(config);
  const all = membersOf('', config, configShape());
  const shown = setting === undefined ? all : all.filter((one) => isWithin(one.setting, setting));
  if (shown.length === 0) {
    const known = all.map((one) => one.setting);
    const remedy = didYouMean(setting ?? '', known);
    throw new LakehouseError(problem({ path: 'setting', must: 'a setting of the config', got: setting, remedy }));
  }
  return json === true ? JSON.stringify(shown, undefined, 2) : table(environment, shown);
}

function isWithin(path: string, setting: string): boolean {
  return path === setting || path.startsWith(`${setting}.`);
}

function membersOf(prefix: string, values: object, shape: Shape): Explained[] {
  const given: { [member: string]: unknown } = Object.fromEntries(Object.entries(values));
  const found: Explained[] = [];
  for (const [name, member] of Object.entries(shape.properties ?? {})) {
    const setting = `${prefix}${name}`;
    const value = given[name];
    found.push({ ...explained(setting, value, member), known: member.enum });
    // The defaults of a section hold where the section is left out and its room is built all the same.
    if (member.properties !== undefined && (typeof value === 'object' || hasDefaults(member))) {
      found.push(...membersOf(`${setting}.`, typeof value === 'object' && value !== null ? value : {}, member));
    }
  }
  return found;
}

function explained(setting: string, value: unknown, shape: Shape & { readonly $comment?: string }): Explained {
  const meaning = shape.description ?? '';
  if (value !== undefined) {
    return { setting, value: shape.properties === undefined ? value : undefined, from: 'config', meaning };
  }
  const words = shape.$comment?.replace(/^default: /, '');
  return shape.properties === undefined || hasDefaults(shape)
    ? { setting, value: shape.default ?? words, from: 'default', meaning }
    : { setting, value: words, from: setting.includes('.') ? 'default' : 'left out', meaning };
}

/** Whether a section that is left out has the defaults of its members; of any other, the room is not built. */
function hasDefaults({ $comment = '' }: Shape & { readonly $comment?: string }): boolean {
  return /defaults of its members/.test($comment);
}

/** The width of the longest cell of a column at most, in characters. */
const WIDEST = 44;

function table(environment: string, rows: Explained[]): string {
  const cells = rows.map(({ setting, value, from, meaning }) => [setting, text(value), from, meaning]);
  const widths = [0, 1, 2].map((column) => Math.min(WIDEST, Math.max(...cells.map((row) => row[column]?.length ?? 0))));
  const lines = cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  return [`environment '${environment}': setting, value, where it comes from, what it means`, '', ...lines].join('\n');
}

function text(value: unknown): string {
  const shown = value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > WIDEST ? `${shown.slice(0, WIDEST - 1)}…` : shown;
}
