import type { DataContract } from '../../lib/contracts';
import type { ColumnRules, Comparison, ContractRules, QueryRule } from '../../lib/contracts/contract-rules';
import { sqlCondition, sqlLiteral, sqlName } from './sql';

/**
 * The ruleset of AWS Glue Data Quality for a dataset, as text.
 *
 * To know of the language: a null fails every rule on values, so rules of optional columns leave nulls out by `where`;
 * `between` leaves its bounds out, so ranges are two rules; a rule on a query compares one number, and knows the table
 * as `primary`; a quoted text stands on one line, takes `\"` and leaves every other backslash alone.
 *
 * @see https://docs.aws.amazon.com/glue/latest/dg/dqdl.html
 * @see https://docs.aws.amazon.com/glue/latest/dg/dqdl-rule-types-ColumnValues.html
 */
export function dqdl(contract: DataContract): string {
  const rules = [
    ...ofTable(contract),
    ...contract._rules.columns.flatMap(ofColumn),
    ...contract._rules.queries.flatMap(ofQuery),
  ];
  const header = `# Written from ${contract.file} by \`lakehouse generate\`; a test fails when the two differ.`;
  return `${header}\nRules = [\n${rules.map((rule) => `    ${rule}`).join(',\n')}\n]\n`;
}

function ofTable({ keyColumns, freshnessSeconds, _rules: rules }: DataContract): string[] {
  return [
    ...(rules.rowCounts.length === 0 ? ['RowCount > 0'] : []),
    ...rules.rowCounts.flatMap((expected) => compared('RowCount', expected)),
    ...(keyColumns.length === 0 ? [] : [`IsPrimaryKey ${keyColumns.map(quoted).join(' ')}`]),
    ...rules.uniques.map(unique),
    ...ofRelationships(rules),
    ...(freshnessSeconds === undefined ? [] : [fresh(freshnessSeconds)]),
  ];
}

/** The rule type for freshness wants every row to be new; a contract promises that the newest one is. */
function fresh(seconds: number): string {
  const since = `current_timestamp() - interval ${seconds} seconds`;
  return `CustomSql ${quoted(`select count(*) from primary where _extracted_at >= ${since}`)} > 0`;
}

/** Unique rows by one column are a rule of their own; by several, a query. */
function unique(columns: readonly string[]): string {
  const [only] = columns;
  const names = columns.map(sqlName).join(', ');
  const doubled = `select count(*) from (select 1 from primary group by ${names} having count(*) > 1)`;
  return columns.length === 1 && only !== undefined ? `IsUnique ${quoted(only)}` : `CustomSql ${quoted(doubled)} = 0`;
}

/**
 * The other dataset is an additional data source of the run, under its own name as alias. The rule type for it knows no
 * `where`, and a null is nowhere: what may be null is looked for by a query.
 */
function ofRelationships({ relationships, columns }: ContractRules): string[] {
  const present = new Set(columns.filter((column) => column.present).map(({ name }) => name));
  return relationships.map((each) => {
    if (each.columns.every((name) => present.has(name))) {
      const there = `${each.dataset}.{${each.references.join(',')}}`;
      return `ReferentialIntegrity ${quoted(each.columns.join(','))} ${quoted(there)} = 1.0`;
    }
    const same = each.columns.map(
      (name, index) => `one.${sqlName(name)} = other.${sqlName(each.references[index] ?? '')}`,
    );
    const orphans = `from primary one left anti join ${sqlName(each.dataset)} other on ${same.join(' and ')}`;
    const where = each.columns.map((name) => `one.${isPresent(name)}`).join(' and ');
    return `CustomSql ${quoted(`select count(*) ${orphans} where ${where}`)} = 0`;
  });
}

function ofColumn(column: ColumnRules): string[] {
  const { name, present } = column;
  const where = present ? '' : ` where ${quoted(isPresent(name))}`;
  const values = (condition: string): string => `ColumnValues ${quoted(name)} ${condition}${where}`;
  const lengths = (condition: string): string => `ColumnLength ${quoted(name)} ${condition}${where}`;
  return [
    ...(present ? [`IsComplete ${quoted(name)}`] : []),
    ...limits(column).map(([operator, limit]) =>
      typeof limit === 'number' && !column.type.kind.startsWith('decimal')
        ? values(`${operator} ${limit}`)
        : noneThat(`not ${sqlName(name)} ${operator} ${sqlLiteral(limit)}`),
    ),
    ...(column.minLength === undefined ? [] : [lengths(`>= ${column.minLength}`)]),
    ...(column.maxLength === undefined ? [] : [lengths(`<= ${column.maxLength}`)]),
    ...(column.pattern === undefined ? [] : [values(`matches ${quoted(column.pattern)}`)]),
    ...oneOf(column, values),
  ];
}

function limits(column: ColumnRules): [string, number | string][] {
  const given = [
    ['>=', column.minimum],
    ['>', column.exclusiveMinimum],
    ['<=', column.maximum],
    ['<', column.exclusiveMaximum],
  ] as const;
  return given.flatMap(([operator, limit]): [string, number | string][] =>
    limit === undefined ? [] : [[operator, limit]],
  );
}

function oneOf({ name, type, validValues }: ColumnRules, values: (condition: string) => string): string[] {
  if (validValues === undefined) {
    return [];
  }
  return type.kind.startsWith('decimal')
    ? [noneThat(`${sqlName(name)} not in (${validValues.map(sqlLiteral).join(', ')})`)]
    : [values(`in [${validValues.map(literal).join(', ')}]`)];
}

/**
 * A moment is no number and need not be a whole day, and the rules on numbers take a decimal for a double: rows that break
 * such a rule are counted by a query.
 */
function noneThat(condition: string): string {
  return `CustomSql ${quoted(`select count(*) from primary where ${condition}`)} = 0`;
}

function ofQuery({ query, expected }: QueryRule): string[] {
  // a line break is left in the texts of a query alone, where Spark takes one by its name
  const line = query.replaceAll('${table}', 'primary').replaceAll('\n', String.raw`\n`);
  return compared(`CustomSql ${quoted(line)}`, expected);
}

/** A rule on a number; the bounds of a range are allowed values, so what lies outside is left out by two rules. */
function compared(rule: string, expected: Comparison): string[] {
  const [low, high] = expected.operands;
  switch (expected.operator) {
    case 'between':
      return [`${rule} >= ${low}`, `${rule} <= ${high}`];
    case 'not between':
      return [`(${rule} < ${low}) or (${rule} > ${high})`];
    default:
      return [`${rule} ${sqlCondition(expected)}`];
  }
}

function isPresent(name: string): string {
  return `${sqlName(name)} is not null`;
}

function literal(value: unknown): string {
  return typeof value === 'number' ? String(value) : quoted(String(value));
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '\\"')}"`;
}
