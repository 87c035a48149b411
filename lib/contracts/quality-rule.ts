import { didYouMean } from '../private';
import type { ContractFile } from './contract-file';
import type { DocumentPath } from './yaml-places';
import type { Comparison, QueryRule } from './contract-rules';
import { OPERATORS, QUALITY, QUALITY_KEYS, type QualityItem } from './quality-schema';
import { readBy, refuseUnknownKeys } from './schema-check';

/** A quality rule of the standard's library: what is counted, and what the count must be. */
export interface MetricRule {
  readonly path: DocumentPath;
  readonly metric: string;
  readonly arguments: NonNullable<QualityItem['arguments']>;
  readonly expected: Comparison;
}

/** The rules listed at one place. */
export interface QualityRules {
  readonly metrics: MetricRule[];
  readonly queries: QueryRule[];
}

/** Where a list of rules stands and what it may hold. */
export interface QualityPlace {
  readonly path: DocumentPath;
  /** The column the rules are about; undefined where they are about the dataset. */
  readonly column?: string;
  /** The metrics that have a meaning there. */
  readonly metrics: string[];
  /** What to do with a metric that is known and has none there. */
  readonly elsewhere: { readonly [metric: string]: string };
}

/**
 * Reads a list of quality rules; notes what is wrong with them.
 *
 * Rules in words (`text`) and those of another engine (`custom`) are for others to read.
 */
export function readQuality(file: ContractFile, place: QualityPlace): QualityRules {
  const rules: QualityRules = { metrics: [], queries: [] };
  const listed = file.valueAt(place.path);
  for (const index of Array.isArray(listed) ? listed.keys() : []) {
    const path = [...place.path, index];
    const known = refuseUnknownKeys(file, path, QUALITY_KEYS);
    const item = readBy(file, path, QUALITY);
    if (!known || item === undefined || item.type === 'text' || item.type === 'custom') {
      continue;
    }
    const expected = readComparison(file, path, item);
    if (item.type === 'sql') {
      const query = readQuery(file, path, item, place.column);
      rules.queries.push(...(query === undefined || expected === undefined ? [] : [{ ...query, expected }]));
    } else {
      const metric = readMetric(file, path, item, place);
      const given = { path, arguments: item.arguments ?? {} };
      rules.metrics.push(...(metric === undefined || expected === undefined ? [] : [{ ...given, metric, expected }]));
    }
  }
  return rules;
}

/** Notes a metric that counts broken rows and allows some: such a row is refused, so none can be there. */
export function requireNone(file: ContractFile, { path, metric, expected }: MetricRule): void {
  if (expected.operator !== '=' || expected.operands[0] !== 0) {
    file.report(path, `mustBe: 0 for ${metric}`, 'each row is judged alone, and none is let through');
  }
}

function readMetric(file: ContractFile, path: DocumentPath, item: QualityItem, place: QualityPlace) {
  const { metric } = item;
  if (metric !== undefined && place.metrics.includes(metric)) {
    return metric;
  }
  const must = `one of ${place.metrics.join(', ')}`;
  const elsewhere = Object.hasOwn(place.elsewhere, metric ?? '') ? place.elsewhere[metric ?? ''] : undefined;
  file.report([...path, 'metric'], must, elsewhere ?? didYouMean(metric ?? '', place.metrics));
  return undefined;
}

/** A rule has one operator. */
function readComparison(file: ContractFile, path: DocumentPath, item: QualityItem): Comparison | undefined {
  const given = Object.entries(OPERATORS).filter(([key]) => item[key] !== undefined);
  const [first] = given;
  if (first === undefined || given.length > 1) {
    const known = Object.keys(OPERATORS);
    file.report(path, `a rule with one of ${known.join(', ')}`, 'say what the number must be, once');
    return undefined;
  }
  const [key, operator] = first;
  const value = item[key];
  const operands = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === 'number');
  if (operands.length === 0) {
    file.report([...path, key], 'a number', 'write it without quotes');
    return undefined;
  }
  const [low = 0, high = low] = operands;
  if (low > high) {
    file.report([...path, key], 'the smaller number first', 'swap the two');
  }
  return { operator, operands };
}

/** A comment, as Spark reads it: others may stand in it, up to a depth. A hint is none. */
function comment(depth: number): string {
  const inner = depth > 1 ? `${comment(depth - 1)}|` : '';
  return String.raw`\/\*(?!\+)(?:${inner}(?!\/\*(?!\+)|\*\/).)*\*\/`;
}

/**
 * What may stand on one line of a query, or must stay as it is: texts and names in quotes, as Spark reads them, and what
 * parts words, comments among it.
 */
function pieces(query: string): RegExp {
  const quoted = /\br'[^']*'|\br"[^"]*"|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|`[^`]*`/.source;
  const comments = comment(query.split('/*').length - 1);
  return new RegExp(String.raw`${quoted}|(?:\s|--(?:\\\n|[^\n])*|${comments})+`, 'gis');
}

/** A query on one line, without its comments: one of them would take all that follows. */
function onOneLine(query: string): string {
  return query.replace(pieces(query), (piece) => (/^(?:\s|--|\/)/.test(piece) ? ' ' : piece)).trim();
}

/** A query is one statement that reads: it is made part of others. */
function readQuery(file: ContractFile, path: DocumentPath, item: QualityItem, column: string | undefined) {
  const query = item.query === undefined ? undefined : onOneLine(item.query);
  if (query === undefined || !/^(select|with)\b/i.test(query) || item.query?.includes(';')) {
    file.report([...path, 'query'], 'one SELECT without a semicolon', 'write a query that gives one number');
    return undefined;
  }
  const named = query.replaceAll('${object}', '${table}');
  const resolved = column === undefined ? named : named.replace(/\$\{(property|column)\}/g, column);
  const unknown = /\$\{(?!table\})[^}]*\}?/.exec(resolved)?.[0];
  if (unknown !== undefined || !resolved.includes('${table}')) {
    const remedy = 'name the dataset by ${table}; the rules of a column also know ${column}';
    file.report([...path, 'query'], 'a query of ${table}', remedy);
  }
  return { name: item.name ?? item.description?.trim() ?? resolved, query: resolved };
}
