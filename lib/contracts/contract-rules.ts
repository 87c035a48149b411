import type { IcebergType } from './iceberg-type';

/** How a number is held against what a rule says; bounds of `between` are allowed values. */
export interface Comparison {
  readonly operator: '=' | '!=' | '>' | '>=' | '<' | '<=' | 'between' | 'not between';
  /** One number, or two for the ranges. */
  readonly operands: readonly number[];
}

/** What the values of a column must be, each alone. */
export interface ColumnRules {
  readonly name: string;
  readonly type: IcebergType;
  /** Never null: a required column, or one whose rows are refused without a value. */
  readonly present: boolean;
  readonly minimum?: number | string;
  readonly maximum?: number | string;
  readonly exclusiveMinimum?: number | string;
  readonly exclusiveMaximum?: number | string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly validValues?: readonly unknown[];
}

/** Columns whose values are found in those of another dataset of the zone; rows with a null among them refer to nothing. */
export interface Relationship {
  readonly columns: readonly string[];
  readonly dataset: string;
  readonly references: readonly string[];
  /** Where it is declared, as `file:line:column`. */
  readonly declaredAt: string;
}

/** A query of the contract's own that gives one number; `${table}` in it stands for the dataset. */
export interface QueryRule {
  readonly name: string;
  readonly query: string;
  readonly expected: Comparison;
}

/** Everything a contract says of the quality of its rows. */
export interface ContractRules {
  readonly columns: readonly ColumnRules[];
  /** Groups of columns that no two rows have the same values in, beside the primary key. */
  readonly uniques: readonly (readonly string[])[];
  readonly rowCounts: readonly Comparison[];
  readonly relationships: readonly Relationship[];
  readonly queries: readonly QueryRule[];
}
