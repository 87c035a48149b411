import type { Comparison } from '../../lib/contracts/contract-rules';

/** The condition a number must meet, as SQL writes it after the number's name. */
export function sqlCondition({ operator, operands }: Comparison): string {
  return `${operator} ${operands.join(' and ')}`;
}

/** A value of a contract as a literal of SQL. */
export function sqlLiteral(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : `'${String(value).replaceAll("'", "''")}'`;
}

/** A name of a contract in SQL of Spark, where it may be a word of the language, as `null`. */
export function sqlName(name: string): string {
  return `\`${name}\``;
}
