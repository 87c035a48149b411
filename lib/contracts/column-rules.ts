import type { ColumnEntry } from './contract-columns';
import type { ContractFile } from './contract-file';
import type { DocumentPath } from './yaml-places';
import type { ColumnRules, QueryRule } from './contract-rules';
import { OPTION_KEYS } from './contract-schema';
import { patternRemedy } from './pattern';
import { type MetricRule, readQuality, requireNone } from './quality-rule';
import { refuseUnknownKeys } from './schema-check';

/** What a contract says of the values of one column, and of their whole. */
export interface ReadColumnRules {
  readonly rules: ColumnRules;
  /** Whether no two rows have the same value. */
  readonly unique: boolean;
  readonly queries: QueryRule[];
}

const METRICS = ['nullValues', 'invalidValues', 'duplicateValues'];
const ELSEWHERE = {
  rowCount: 'it counts the rows of the dataset: move it to the quality of the schema',
  missingValues: 'use nullValues, or invalidValues with the accepted values',
};

/** Reads the rules of a column: its options and its quality; notes what is wrong with them. */
export function readColumnRules(file: ContractFile, entry: ColumnEntry): ReadColumnRules {
  const { path, property } = entry;
  checkOptions(file, entry);
  const place = { path: [...path, 'quality'], column: property.name, metrics: METRICS, elsewhere: ELSEWHERE };
  const { metrics, queries } = readQuality(file, place);
  metrics.forEach((rule) => requireNone(file, rule));
  const accepted = metrics.filter(({ metric }) => metric === 'invalidValues');
  accepted.forEach((rule) => checkAccepted(file, entry, rule));
  const has = (name: string) => metrics.some(({ metric }) => metric === name);
  const options = property.logicalTypeOptions ?? {};
  return {
    rules: {
      name: property.name,
      type: entry.type,
      present: property.required === true || property.primaryKey === true || has('nullValues'),
      ...limitsOf(options),
      pattern: options.pattern ?? only(file, accepted, 'pattern'),
      validValues: only(file, accepted, 'validValues'),
    },
    unique: property.unique === true || has('duplicateValues'),
    queries,
  };
}

type Options = NonNullable<ColumnEntry['property']['logicalTypeOptions']>;

function limitsOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength }: Options) {
  return { minimum, maximum, exclusiveMinimum, exclusiveMaximum, minLength, maxLength };
}

/** The one value that rules give an argument; a second is noted. */
function only<K extends 'pattern' | 'validValues'>(file: ContractFile, rules: MetricRule[], key: K) {
  const [first, second] = rules.filter((rule) => rule.arguments[key] !== undefined);
  if (second !== undefined) {
    file.report([...second.path, 'arguments', key], 'given once for a column', 'make one rule of the two');
  }
  return first?.arguments[key];
}

function checkOptions(file: ContractFile, { path, property, type }: ColumnEntry): void {
  const given = property.logicalTypeOptions ?? {};
  const options = [...path, 'logicalTypeOptions'];
  refuseUnknownKeys(file, options, OPTION_KEYS);
  const numeric = /^(int|long|float|double|decimal)/.test(type.kind);
  for (const key of ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] as const) {
    const limit = given[key];
    const bounded = numeric ? typeof limit === 'number' : typeof limit === 'string' && /^(date|time)/.test(type.kind);
    if (limit !== undefined && !bounded) {
      const must = numeric ? 'a number' : `absent for ${type.kind}`;
      file.report([...options, key], must, numeric ? 'write it without quotes' : 'drop it or use a pattern');
    } else if (type.kind.startsWith('decimal') && file.isRounded([...options, key])) {
      const remedy = 'write fewer digits, and what is finer as a query of quality';
      file.report([...options, key], 'a number that a double holds to its last digit', remedy);
    }
  }
  checkRange(file, options, given);
  for (const key of ['pattern', 'minLength', 'maxLength'] as const) {
    if (given[key] !== undefined && type.kind !== 'string') {
      file.report([...options, key], `absent for ${type.kind}`, 'drop it, only strings have one');
    }
  }
  checkPattern(file, [...options, 'pattern'], given.pattern);
}

function checkRange(file: ContractFile, options: DocumentPath, given: Options): void {
  const lowest = given.minimum ?? given.exclusiveMinimum;
  const highest = given.maximum ?? given.exclusiveMaximum;
  if (lowest !== undefined && highest !== undefined && lowest > highest) {
    const key = given.minimum === undefined ? 'exclusiveMinimum' : 'minimum';
    file.report([...options, key], `at most the maximum ${highest}`, 'swap the two');
  }
  if ((given.minLength ?? 0) > (given.maxLength ?? Number.POSITIVE_INFINITY)) {
    file.report([...options, 'minLength'], `at most the maxLength ${given.maxLength}`, 'swap the two');
  }
}

function checkAccepted(file: ContractFile, { property, type }: ColumnEntry, rule: MetricRule): void {
  const { pattern, validValues } = rule.arguments;
  const at = [...rule.path, 'arguments'];
  if (pattern === undefined && (validValues === undefined || validValues.length === 0)) {
    file.report([...at, 'validValues'], 'a list of at least one value', 'list the accepted values');
  }
  if (pattern !== undefined && (type.kind !== 'string' || property.logicalTypeOptions?.pattern !== undefined)) {
    const must = type.kind === 'string' ? 'absent beside logicalTypeOptions.pattern' : `absent for ${type.kind}`;
    file.report([...at, 'pattern'], must, 'drop it');
  }
  checkPattern(file, [...at, 'pattern'], pattern);
  const wanted = type.kind === 'string' ? 'string' : /^(int|long|float|double)$/.test(type.kind) ? 'number' : undefined;
  for (const [position, value] of (validValues ?? []).entries()) {
    if (wanted !== undefined && typeof value !== wanted) {
      const remedy = wanted === 'string' ? 'put it in quotes' : 'write it without quotes';
      file.report([...at, 'validValues', position], `a ${wanted} as the column's type ${type.kind}`, remedy);
    }
  }
}

function checkPattern(file: ContractFile, path: DocumentPath, pattern: string | undefined): void {
  const remedy = pattern === undefined ? undefined : patternRemedy(pattern);
  if (remedy !== undefined) {
    file.report(path, 'a regular expression that JavaScript and Java read alike', remedy);
  }
}
