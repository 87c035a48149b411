import { didYouMean, fail } from '../private';

/**
 * A zone of the lake: one bucket each, and for the zones that hold tables one Glue database each.
 *
 * The zones are listed in the order data travels.
 */
export class Zone {
  /** Raw extracts and events as they arrived, immutable Parquet or JSON files. */
  public static readonly LANDING = new Zone('landing', false, 'raw extracts as they arrived, immutable');

  /** Every version of every row ever read, append only, as tables. */
  public static readonly BRONZE = new Zone('bronze', true, 'every version of every row as it was read, append only');

  /** The newest valid version of every row, as tables. */
  public static readonly SILVER = new Zone('silver', true, 'the newest valid version of every row');

  /** Facts, dimensions and aggregates ready for consumers, as tables. */
  public static readonly GOLD = new Zone('gold', true, 'facts, dimensions and aggregates ready for consumers');

  /** What must be kept and is hardly read. */
  public static readonly ARCHIVE = new Zone('archive', false, 'what must be kept and is hardly read');

  /** All zones, in the order data travels. */
  public static all(): Zone[] {
    return [Zone.LANDING, Zone.BRONZE, Zone.SILVER, Zone.GOLD, Zone.ARCHIVE];
  }

  /** The zones that hold tables, in the order data travels. */
  public static withTables(): Zone[] {
    return Zone.all().filter((zone) => zone.holdsTables);
  }

  /**
   * The zone of that name.
   *
   * Fails when there is none.
   */
  public static of(name: string): Zone {
    const names = Zone.all().map((zone) => zone.name);
    return (
      Zone.all().find((zone) => zone.name === name) ??
      fail({ path: 'zone', must: 'a zone of the lake', got: name, remedy: didYouMean(name, names) })
    );
  }

  private constructor(
    /** The name: lower case, as in bucket roles, database names and contract folders. */
    public readonly name: string,
    /** Whether the zone holds Iceberg tables, and so has a Glue database. */
    public readonly holdsTables: boolean,
    /** What the zone holds, in a few words. */
    public readonly description: string,
  ) {}

  /** The zone's name. */
  public toString(): string {
    return this.name;
  }
}
