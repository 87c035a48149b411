/**
 * What a user does, on this machine and for real: `npm start`, look at it, break it, change it, take it down.
 * The tests follow one another: each begins with the lake the one before has left.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { z } from 'zod';
import { updateLockFile } from '../../lib/contracts/update-lock-file';
import { readJson } from '../../local/json';
import { root } from '../../local/paths';
import { newRunId } from '../../local/pipeline';
import type { RunRecord } from '../../local/records';
import { RUN_MARKER } from '../../local/run-state';
import { processesWith } from '../../local/services/groups';
import { Load } from './load';
import { commandsOfTheBrief, runInPackage } from '../support/brief';
import { closeBrowser, lookAt, testInBrowser } from '../support/browser';
import { Lake, eventually } from '../support/lake';

const DATASETS = ['airlines', 'airports', 'flights', 'planes', 'weather'];

/** Tables that come from a topic, which the load of sources leaves alone. */
const STREAMS = ['departures_hourly', 'departures_hourly__late', 'flight_events'];

const summaryShape = z.object({
  stream: z.object({
    sent: z.object({ events: z.number() }).loose(),
    reconciliation: z.object({ days: z.array(z.object({ day: z.string(), agree: z.boolean() }).loose()) }).loose(),
  }),
  runs: z.array(z.object({ records: z.array(z.object({ dataset: z.string(), state: z.string() }).loose()) }).loose()),
  quality: z.array(z.object({ datasets: z.array(z.object({ outcome: z.string() }).loose()) }).loose()),
  gold: z.array(
    z.object({ unchanged: z.boolean(), tests: z.object({ passed: z.number(), failed: z.number() }) }).loose(),
  ),
  deployment: z.object({ resources: z.number(), properties: z.number() }).loose(),
});

const statusShape = z.tuple([
  z.looseObject({
    state: z.string(),
    restarts: z.number(),
    step: z.looseObject({ id: z.string() }),
    lastFailure: z.string().optional(),
  }),
]);

/** The version of the contract of flight_events that a column is added by. */
const WITH_DISTANCE = '1.1.0';

const swapShape = z.array(z.object({ outcome: z.string(), gapSeconds: z.number() }).loose());
const rerunShape = z.array(z.object({ dryRun: z.boolean() }).loose());

const lake = new Lake();

/** The record of a dataset. */
const recordOf = (records: RunRecord[], dataset: string): RunRecord => {
  const found = records.find((record) => record.dataset === dataset);
  if (found === undefined) throw new Error(`no record of ${dataset}`);
  return found;
};

const differences = async (): Promise<string[]> => {
  const [left, right] = await Promise.all([lake.runtime('dev'), lake.runtime('second')]);
  const compared = await lake.compare(left.databases.silver ?? '', right.databases.silver ?? '');
  expect(Object.keys(compared)).toEqual([...DATASETS, ...STREAMS].toSorted());
  return (
    Object.entries(compared)
      // nobody starts the streams of the second stack
      .filter(
        ([name, { rows, onlyLeft, onlyRight }]) => !STREAMS.includes(name) && (rows === 0 || onlyLeft + onlyRight > 0),
      )
      .map(([table, found]) => `${table}: ${JSON.stringify(found)}`)
  );
};

/** The newest metadata of every table of the dev lake. */
const commits = async (): Promise<string[]> => {
  const { databases } = await lake.runtime();
  const names = DATASETS.flatMap((name) => [
    [databases.bronze, name],
    [databases.bronze, `${name}__dlq`],
    [databases.silver, name],
  ]);
  return Promise.all(
    names.map(async ([database = '', table = '']) => String(await lake.metadataLocation(database, table))),
  );
};

let silver = '';
let bronze = '';

const load = new Load(lake);

/** What was reported after this moment has the column that a deploy gave the running stream. */
let columnArrived = '';

/** The contracts that the dev lake was deployed with last. */
let deployed = join(root, 'contracts');

/** The run of the stream: which one, whether it is what was deployed last, and whether it failed. */
const runOfStream = async (): Promise<Record<'step' | 'state' | 'failed', unknown>> => {
  const { stdout } = await lake.lakehouse('stream', 'status', 'dev', '--json');
  const [{ step, state, restarts, lastFailure }] = statusShape.parse(JSON.parse(stdout));
  return { step: step.id, state, failed: [restarts, lastFailure] };
};

/**
 * Makes of the stream that is deployed another version, as a deployment leaves it. It reads every other second, so that the
 * pause of a swap stands out, and nobody waits for it.
 */
const hurryStream = async (): Promise<void> => {
  const definition = await lake.streamDefinition('flight_events');
  const [before, after] = ['"flight_events",', '"--checkpoint"'];
  const hurried = definition.replace(before + after, `${before}"--trigger-seconds","2",${after}`);
  expect(hurried).not.toBe(definition);
  await lake.defineStream('flight_events', hurried);
};

describe('the lakehouse on one machine', () => {
  let pids: number[] = [];
  let ports: number[] = [];

  afterAll(async () => {
    await closeBrowser();
    // what went wrong with it, a test has told
    await load.end().catch(() => undefined);
    if (existsSync(lake.file('state.json'))) await lake.lakehouse('down');
    lake.remove();
  });

  test('comes up with one command, deploys the stack and runs the pipeline', async () => {
    const { code, stdout, stderr } = await lake.lakehouse('up', '--keep');
    expect({ code, said: code === 0 ? '' : stdout + stderr }).toEqual({ code: 0, said: '' });
    const summary = readJson(lake.file('summary.json'), summaryShape);
    expect(summary.runs).toHaveLength(3);
    expect(summary.runs[2]?.records.map(({ state }) => state)).toEqual(DATASETS.map(() => 'unchanged'));
    expect(summary.gold.map(({ unchanged, tests }) => [unchanged, tests.passed > 0, tests.failed])).toEqual([
      [false, true, 0],
      [false, true, 0],
      [true, false, 0],
    ]);
    const outcomes = summary.quality.map(({ datasets }) => datasets.map(({ outcome }) => outcome));
    expect(outcomes).toEqual([Array(5).fill('published'), Array(3).fill('published'), []]);
    expect(summary.deployment.properties).toBeGreaterThan(400);
    expect(summary.stream.sent.events).toBeGreaterThan(90_000);
    const { days } = summary.stream.reconciliation;
    expect([days.length, days[0]?.day, days.at(-1)?.day]).toEqual([56, '2013-01-01', '2013-02-25']);
    expect(days.every(({ agree }) => agree)).toBe(true);
    ({ silver = '', bronze = '' } = (await lake.runtime()).databases);
    pids = lake.state.services.map(({ pid }) => pid);
    ports = [
      Number(new URL(lake.endpoint).port),
      (await lake.sql('show port')).map(({ port }) => Number(port))[0] ?? 0,
    ];
  });

  test('holds in silver each flight once, in its newest state', async () => {
    const [source] = await lake.sql(
      'select count(*)::int as rows, sum(coalesce(dep_delay, 0))::int as delay from flights',
    );
    const { rows } = await lake.rows(silver, 'flights', { columns: ['carrier', 'dep_delay'] });
    const delay = rows.reduce((sum, row) => sum + Number(row.dep_delay ?? 0), 0);
    expect({ rows: rows.length, delay }).toEqual(source);
  });

  test('holds in gold each flight of silver, and every name an airport had', async () => {
    const { gold = '' } = (await lake.runtime()).databases;
    const [flights, facts, airports] = await Promise.all([
      lake.rows(silver, 'flights', { columns: ['carrier'] }),
      lake.rows(gold, 'fct_flights', { columns: ['carrier'] }),
      lake.rows(gold, 'airport_history', { columns: ['airport', 'airport_name', 'valid_to'] }),
    ]);
    expect(facts.rows).toHaveLength(flights.rows.length);
    const names = airports.rows.filter(({ airport }) => airport === 'LAS');
    expect(Object.fromEntries(names.map(({ airport_name, valid_to }) => [airport_name, valid_to === null]))).toEqual({
      'Mc Carran Intl': false,
      'Harry Reid International Airport': true,
    });
  });

  test('keeps real dirt in the dead-letter tables, with payload and reason', async () => {
    const weather = await lake.rows(bronze, 'weather__dlq');
    expect(weather.rows).toHaveLength(1);
    expect(JSON.parse(String(weather.rows[0]?._payload))).toMatchObject({ origin: 'EWR', wind_speed: 1048.36058 });
    expect(weather.rows[0]?._reasons).toEqual([expect.objectContaining({ column: 'wind_speed' })]);
    const airports = await lake.rows(bronze, 'airports__dlq');
    const rejected = airports.rows.map(({ _payload }) => (JSON.parse(String(_payload)) as { faa: string }).faa);
    // EEN was renamed in February, and still has no time zone
    expect(rejected.toSorted()).toEqual(['DVT', 'EEN', 'EEN', 'LRO', 'MYF', 'YAK']);
  });

  testInBrowser('shows a page that a browser opens without an error, with nothing from the network', async () => {
    const page = await lookAt(lake.file('summary.html'));
    expect(page.problems).toEqual([]);
    expect(page.requests).toEqual([]);
    expect(page.text).toContain('silver');
    expect(page.overflow).toBe(false);
  });

  test('leads to the documentation of the checks and of gold', () => {
    const links = [...readFileSync(lake.file('summary.html'), 'utf8').matchAll(/href="([^"#]+)"/g)];
    const files = links.map(([, link = '']) => lake.file(link));
    expect(files.length).toBeGreaterThan(1);
    expect(files.filter((file) => !existsSync(file))).toEqual([]);
  });

  test('says what is running, and reads it back again', async () => {
    const status = await lake.lakehouse('status');
    expect(status).toMatchObject({ code: 0, stdout: expect.stringContaining(lake.endpoint) as string });
    expect(await lake.lakehouse('verify')).toMatchObject({ code: 0 });
  });

  test.each(commandsOfTheBrief())('shows what the brief asks: %s', async (command) => {
    const [, verb] = /^npx lakehouse ((?:verify|plan|summary|lineage|stream)\b.*)$/.exec(command) ?? [];
    const ended = await (verb === undefined ? runInPackage(command) : lake.lakehouse(...verb.split(' ')));
    expect({ code: ended.code, said: ended.code === 0 ? '' : ended.stdout + ended.stderr }).toEqual({
      code: 0,
      said: '',
    });
  });

  test('gives a running stream a column by a deploy: no batch fails, and its values arrive', async () => {
    await hurryStream();
    expect(await lake.lakehouse('stream', 'deploy', 'dev')).toMatchObject({ code: 0 });
    load.start();
    await eventually('the load is read', async () => load.sent > 0 && (await load.arrived('events')) > 0, 180_000);
    const before = await runOfStream();
    expect(before).toMatchObject({ state: 'runs as deployed', failed: [0, undefined] });
    deployed = lake.copyContracts('distance', deployed);
    const contract = join(deployed, 'silver/flight_events.yaml');
    addColumn(contract, 'distance', 'integer');
    writeFileSync(contract, readFileSync(contract, 'utf8').replace('version: 1.0.0', `version: ${WITH_DISTANCE}`));
    updateLockFile(deployed);
    load.contract = contract;
    await lake.deploy({ contracts: deployed });
    await eventually('distances arrive', () => load.hasDistances(), 300_000);
    columnArrived = load.until;
    expect(await load.version()).toBe(WITH_DISTANCE);
    expect(await runOfStream()).toEqual({ ...before, state: 'runs another version' });
  });

  test('replaces the version of a stream under load, and neither loses nor doubles an event', async () => {
    await hurryStream();
    const { code, stdout, stderr } = await lake.lakehouse('stream', 'deploy', 'dev', '--json');
    await load.end();
    expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
    const [swapped] = swapShape.parse(JSON.parse(stdout));
    process.stdout.write(`gap between the commits of the two versions: ${swapped?.gapSeconds} s\n`);
    expect(swapped?.outcome).toBe('swapped');
    expect(swapped?.gapSeconds).toBeLessThan(60);
    // a batch is in bronze before it is in silver
    await eventually('all is read', async () => (await load.arrived('records')) === load.records, 180_000);
    await eventually('all is served', async () => (await load.arrived('events')) >= load.sent, 180_000);
    expect(await lake.lakehouse('stream', 'status', 'dev')).toMatchObject({ code: 0 });
    expect(await load.arrived('places')).toBe(load.records);
    expect(await load.arrived('events')).toBe(load.sent);
    const { sent, served } = await load.distances(columnArrived);
    expect(served).toEqual(sent);
    expect(sent.size).toBeGreaterThan(0);
  });

  test('drains a stream, and reads parts of it again beside it', async () => {
    const [replayed, redriven, drained] = await Promise.all([
      lake.lakehouse('replay', 'dev', '--from', '2013-03-01T00:00:00Z', '--to', 'latest', '--dry-run', '--json'),
      lake.lakehouse('redrive', 'dev', '--dlq', 'flight_events__dlq', '--where', 'true', '--dry-run', '--json'),
      lake.lakehouse('stream', 'drain', 'dev'),
    ]);
    const [replay] = rerunShape.parse(JSON.parse(replayed.stdout));
    expect(replay).toMatchObject({ dryRun: true, read: await load.arrived('records') });
    const [redrive] = rerunShape.parse(JSON.parse(redriven.stdout));
    expect(redrive).toMatchObject({ dryRun: true, judged: expect.any(Number) as number, valid: 0 });
    expect(drained).toMatchObject({ code: 0, stdout: expect.stringContaining('committed whole') as string });
    expect(await lake.lakehouse('stream', 'status', 'dev')).toMatchObject({ code: 3 });
  });

  test('looks after the tables of streams and of gold, and changes no row', async () => {
    const { gold = '' } = (await lake.runtime()).databases;
    const events = async (): Promise<unknown[]> => {
      const { rows } = await lake.rows(silver, 'flight_events', { columns: ['flight', 'time_hour', 'reported_at'] });
      return rows.map((row) => JSON.stringify(row)).toSorted();
    };
    const before = await events();
    const cared = await lake.maintain();
    expect(cared.filter(({ error }) => error !== null)).toEqual([]);
    const found = new Map(cared.map((record) => [record.table.replace('glue_catalog.', ''), record]));
    expect([...found.keys()]).toEqual(
      expect.arrayContaining([`${bronze}.flight_events`, `${silver}.departures_hourly__late`, `${gold}.fct_flights`]),
    );
    expect([...found.keys()]).not.toContain(`${silver}.flights`);
    const streamed = found.get(`${bronze}.flight_events`);
    expect(streamed?.filesWritten).toBeLessThan(streamed?.filesReplaced ?? 0);
    const made = found.get(`${gold}.agg_route`);
    expect(made?.snapshotsBefore).toBeGreaterThan(1);
    expect(made?.snapshotsAfter).toBe(1);
    expect(await events()).toEqual(before);
    const { rows } = await lake.rows(gold, 'agg_route', { columns: ['origin'] });
    expect(rows.length).toBeGreaterThan(0);
  });

  test('refuses a second run while one is up', async () => {
    const { code, stderr } = await lake.lakehouse('up');
    expect(code).toBe(1);
    expect(stderr).toMatch(/'run' must be the only one in this folder, got .*; stop it with 'npx lakehouse down'/);
  });

  test('equals a load of everything at once, made by a second stack beside the first', async () => {
    await lake.deploy({ environment: 'second', app: 'test/integ/second-app.ts' });
    await lake.putCredentials('second', await lake.sourceCredentials());
    await lake.ingest('second');
    expect(await differences()).toEqual([]);
  });

  test('leaves the watermark where it was when the source is down, and alarms', async () => {
    const before = await commits();
    const runtime = await lake.runtime();
    const messages = await subscribe(runtime.topics.critical ?? '');
    const credentials = await lake.sourceCredentials();
    // port 1 refuses connections, as a database does that is down
    await lake.putCredentials('dev', { ...credentials, port: 1 });
    await expect(lake.ingest()).rejects.toThrow(/FAILED/);
    await lake.putCredentials('dev', credentials);
    expect(await commits()).toEqual(before);
    await eventually(
      'an alarm arrives',
      async () => (await messages()).some((text) => text.includes('ALARM')),
      120_000,
    );
  });

  test('loses and doubles nothing when the job is killed between bronze and silver', async () => {
    await lake.advance('2013-04-01T00:00:00Z');
    const runId = newRunId();
    const [bronzeBefore, silverBefore] = await Promise.all([
      lake.metadataLocation(bronze, 'flights'),
      lake.metadataLocation(silver, 'flights'),
    ]);
    const outcome = lake.ingest('dev', runId).then(
      () => 'completed',
      () => 'failed',
    );
    await eventually(
      'bronze is committed',
      async () => (await lake.metadataLocation(bronze, 'flights')) !== bronzeBefore,
      180_000,
    );
    expect(lake.kill(runId)).toBeGreaterThan(0);
    expect(await outcome).toBe('failed');
    expect(await lake.metadataLocation(silver, 'flights')).toBe(silverBefore);

    const records = await lake.ingest();
    expect(recordOf(records, 'flights').rowsMerged).toBeGreaterThan(20_000);
    await lake.ingest('second');
    expect(await differences()).toEqual([]);
  });

  test('adds a column by a deploy: old rows read null, new rows carry it', async () => {
    deployed = lake.copyContracts('gate', deployed);
    addColumn(join(deployed, 'silver/flights.yaml'), 'gate', 'string');
    updateLockFile(deployed);
    await lake.sql('alter table flights add column gate text');
    await lake.sql(
      `update flights set gate = 'B22', updated_at = '2013-04-01T01:00:00Z' where time_hour >= '2013-03-31T20:00:00Z' and time_hour < '2013-03-31T21:00:00Z'`,
    );
    const [changed] = await lake.sql("select count(*)::int as rows from flights where gate = 'B22'");
    await lake.deploy({ contracts: deployed });
    await lake.readBack();
    await lake.ingest();
    const { columns, rows } = await lake.rows(silver, 'flights', { columns: ['gate', 'carrier'] });
    expect(columns).toContain('gate');
    expect(rows.filter(({ gate }) => gate === 'B22')).toHaveLength(Number(changed?.rows));
    expect(rows.filter(({ gate }) => gate === null).length).toBe(rows.length - Number(changed?.rows));
    expect(Number(changed?.rows)).toBeGreaterThan(0);
  });

  test('rolls a failed update back, with every table as it was', async () => {
    const contracts = lake.copyContracts('terminal', deployed);
    addColumn(join(contracts, 'silver/airlines.yaml'), 'terminal', 'string');
    updateLockFile(contracts);
    const before = await lake.rows(silver, 'airlines');
    const failing = lake.deploy({ contracts, edit: addTableWithoutDatabase });
    await expect(failing).rejects.toThrow(/could not be deployed/);
    expect(await lake.stackStatus()).toBe('UPDATE_ROLLBACK_COMPLETE');
    const after = await lake.rows(silver, 'airlines');
    expect({ columns: after.columns, rows: after.rows }).toEqual({ columns: before.columns, rows: before.rows });
    await lake.readBack();
  });

  test('is destroyed, once the buckets are empty and both keys are turned', async () => {
    await lake.destroy('second');
    await lake.deploy({ contracts: deployed });
    await lake.destroy('dev');
    expect(await Promise.all([lake.stackStatus('dev'), lake.stackStatus('second')])).toEqual([undefined, undefined]);
    expect(await lake.metadataLocation(silver, 'flights').catch((error: Error) => error.name)).toBe(
      'EntityNotFoundException',
    );
  });

  test('leaves no process, no port and no password in a log', async () => {
    const { marker } = lake.state;
    const { password } = lake.owner();
    expect(await lake.lakehouse('down')).toMatchObject({ code: 0 });
    expect(processesWith(RUN_MARKER, marker)).toEqual([]);
    expect(pids.filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    expect(await Promise.all(ports.map(listens))).toEqual(ports.map(() => false));
    const logs = join(lake.folder, '.lakehouse/run/logs');
    expect(readdirSync(logs).filter((file) => readFileSync(join(logs, file), 'utf8').includes(password))).toEqual([]);
  });
});

/** Subscribes a queue to a topic; what it returns reads the messages that came. */
async function subscribe(TopicArn: string): Promise<() => Promise<string[]>> {
  const sqs = new SQSClient(lake.access);
  const sns = new SNSClient(lake.access);
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'integ-alarms' }));
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }));
  await sns.send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint: Attributes?.QueueArn }));
  return async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }));
    return Messages.map(({ Body }) => Body ?? '');
  };
}

/** Adds an optional column as the last one of a contract. */
function addColumn(file: string, name: string, type: 'string' | 'integer'): void {
  const column = [
    `      - name: ${name}`,
    `        logicalType: ${type}`,
    `        physicalType: ${type === 'integer' ? 'int' : type}`,
    '        classification: public',
    '        description: Added by the integration test',
    '',
  ].join('\n');
  const text = readFileSync(file, 'utf8');
  // the columns end where the next key of the document begins
  const columns = text.indexOf('\nschema:') + '\nschema:'.length;
  const next = text.slice(columns).search(/^\S/m);
  const end = next === -1 ? text.length : columns + next;
  writeFileSync(file, `${text.slice(0, end)}${column}${text.slice(end)}`);
}

/** Puts a table of a database that does not exist into the template of the parent stack. */
function addTableWithoutDatabase(assembly: string): void {
  const file = join(assembly, 'Lakehouse-dev.template.json');
  const template = JSON.parse(readFileSync(file, 'utf8')) as { Resources: Record<string, unknown> };
  const nested = Object.entries(template.Resources)
    .filter(([, resource]) => (resource as { Type: string }).Type === 'AWS::CloudFormation::Stack')
    .map(([id]) => id);
  template.Resources.Broken = {
    Type: 'AWS::Glue::Table',
    DependsOn: nested,
    Properties: {
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: 'no_such_database',
      TableInput: { Name: 'broken' },
    },
  };
  writeFileSync(file, JSON.stringify(template));
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
