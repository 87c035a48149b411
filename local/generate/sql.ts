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
