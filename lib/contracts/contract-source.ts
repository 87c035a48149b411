/** Where a dataset comes from. */
export interface ContractSource {
  /** The source's name, as in the configuration and the runtime parameter. */
  readonly name: string;

  /** The database schema. */
  readonly schema: string;

  /** The table. */
  readonly table: string;

  /** The column that tells what changed since the last run. */
  readonly watermarkColumn: string;
}
