import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import type { Lake, RowOptions, TableRows } from '../support/lake';

/** The moment that a load begins at: nothing was reported later before. */
const BEGINS = '2013-03-01T00:00:00+00:00';

const sentShape = z.object({ events: z.number(), duplicates: z.number(), corrupt: z.number() });
const payloadShape = z.looseObject({ reported_at: z.string(), distance: z.number().optional() });

/** The distance of each event, as records of the topic have it and as silver serves it. */
export interface Distances {
  readonly sent: Map<string, number | undefined>;
  readonly served: Map<string, unknown>;
}

/** The load of the stream of flight_events: what was reported in one quarter of an hour after the other, each few seconds. */
export class Load {
  /** Events that were sent; a few of them come twice, and a few records are broken. */
  sent = 0;
  records = 0;
  /** The file of the contract that says which columns are sent; that of the repository when undefined. */
  contract: string | undefined;
  /** Up to when what was reported is sent, or is being sent now. */
  until = BEGINS;
  private ends = false;
  private running = Promise.resolve();

  constructor(private readonly lake: Lake) {}

  start(): void {
    this.running = this.run();
    // told by end, which may be called much later
    this.running.catch(() => undefined);
  }

  async end(): Promise<void> {
    this.ends = true;
    await this.running;
  }

  /** What of the load has arrived: events in silver, records in bronze and the dead letters, and their different places. */
  async arrived(what: 'events' | 'records' | 'places'): Promise<number> {
    if (what === 'events') {
      return (await this.silver('reported_at')).length;
    }
    const columns = ['_kafka_partition', '_kafka_offset'];
    const read = await Promise.all([this.read('', columns), this.read('__dlq', columns)]);
    const places = read.flat().map((row) => JSON.stringify(row));
    return what === 'records' ? places.length : new Set(places).size;
  }

  /** Whether any event has a distance in silver. */
  async hasDistances(): Promise<boolean> {
    return (await this.silver('distance')).some(({ distance }) => distance !== null);
  }

  /** The version of the contract that the newest batch was judged by, as its snapshot of bronze says. */
  async version(): Promise<string | undefined> {
    const { summary } = await this.table('bronze', 'flight_events', { columns: ['_run_id'] });
    return summary['lakehouse.contract-version'];
  }

  /** The distances of what was reported after a moment. */
  async distances(since: string): Promise<Distances> {
    const where = `reported_at > '${since}'`;
    const [records, events] = await Promise.all([
      this.read('', ['_payload']),
      this.table('silver', 'flight_events', { columns: ['distance', ...EVENT], where }),
    ]);
    const payloads = records.map(({ _payload }) => payloadShape.parse(JSON.parse(String(_payload))));
    const reported = payloads.filter(({ reported_at }) => Date.parse(reported_at) > Date.parse(since));
    return {
      sent: new Map(reported.map((payload) => [eventOf(payload), payload.distance])),
      served: new Map(events.rows.map((row) => [eventOf(row), row.distance])),
    };
  }

  private async run(): Promise<void> {
    for (let since = Date.parse(BEGINS); !this.ends; since += 15 * 60_000) {
      this.until = momentOf(since + 15 * 60_000);
      const sent = await this.lake.sendEvents(momentOf(since), this.until, this.contract);
      const { events, duplicates, corrupt } = sentShape.parse(sent);
      this.sent += events;
      this.records += events + duplicates + corrupt;
      // more often than the stream reads; without a pause the machine would do little else
      await delay(2_000);
    }
  }

  private async silver(column: string): Promise<Record<string, unknown>[]> {
    const where = `reported_at > '${BEGINS}'`;
    return (await this.table('silver', 'flight_events', { columns: [column], where })).rows;
  }

  private async read(suffix: '' | '__dlq', columns: string[]): Promise<Record<string, unknown>[]> {
    const where = `_kafka_timestamp > '${BEGINS}'`;
    return (await this.table('bronze', `flight_events${suffix}`, { columns, where })).rows;
  }

  private async table(zone: 'bronze' | 'silver', name: string, options: RowOptions): Promise<TableRows> {
    const { [zone]: database = '' } = (await this.lake.runtime()).databases;
    return this.lake.rows(database, name, options);
  }
}

/** As pyiceberg's filters take it. */
function momentOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', '+00:00');
}

const EVENT = ['event_type', 'time_hour', 'carrier', 'flight', 'origin'];

/** The key of an event, whose moment JSON and pyiceberg write each in their own way. */
function eventOf(row: Record<string, unknown>): string {
  const values = EVENT.map((name) => String(row[name]));
  return values.map((value, index) => (EVENT[index] === 'time_hour' ? Date.parse(value) : value)).join('|');
}
