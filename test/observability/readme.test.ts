import * as fs from 'node:fs';
import * as path from 'node:path';
import type { WatchAlarm } from '../../lib/observability';
import { Watched } from './watched';

const README = path.resolve(__dirname, '..', '..', 'lib', 'observability', 'README.md');

/** What the fixture calls the things it watches, and what a reader calls them. */
const NAMES: [RegExp, string][] = [
  [/Broker\d+/, 'Broker<n>'],
  [/^FlightEventsLoader/, '<Topic><Group>'],
  [/^Ingest/, '<Pipeline>'],
  [/^Landing/, '<Zone>'],
  [/^Flights(Stopped|Restarting)/, '<Job>$1'],
  [/^Nightly/, '<Flow>'],
  [/^(Airlines|Airports|FlightEvents|Flights|Planes|Weather)/, '<Dataset>'],
];

/** The row of an alarm in the table. */
function rowOf(factory: string, { id, meaning, severity, missingData, group, cause }: WatchAlarm): string {
  const name = NAMES.reduce((text, [pattern, word]) => text.replace(pattern, word), id);
  const marks = `${group === undefined ? '' : ' *'}${cause === true ? ' †' : ''}`;
  const said = [...new Set(['airlines', 'airports', 'flight_events', 'flights', 'planes', 'weather'])].reduce(
    (text, dataset) => text.replace(` ${dataset} `, ' `<dataset>` '),
    meaning,
  );
  const on = said
    .replace(/broker \d+/, 'a broker')
    .replace(/for (15 minutes|1 day|7 days.*)$/, 'for as long as its contract promises')
    .replace('of ingest', 'of the pipeline');
  return `| \`${name}\`${marks} | \`${factory}\` | ${on} | ${severity} | ${missingData.because} |`;
}

test('The README lists every alarm, with what the code says of it', () => {
  const watched = new Watched();
  const rows = Object.entries(watched.all()).flatMap(([factory, watch]) =>
    watched.asked(watch).map((alarm) => rowOf(factory, alarm)),
  );
  const table = fs
    .readFileSync(README, 'utf8')
    .split('\n')
    .filter((line) => / \| (critical|warning) \| /.test(line));
  expect(table).toEqual([...new Set(rows)]);
});
