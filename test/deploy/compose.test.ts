import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DCLinter } from 'dclint';
import { Client } from 'pg';
import { load } from 'js-yaml';
import { z } from 'zod';
import { DataContracts } from '../../lib/contracts';
import { root } from '../../local/paths';
import { freePort } from '../../local/services/ports';
import { type Connection, startPostgres } from '../../local/services/postgres';
import { temporaryDirectory } from '../support/temporary';

const FOLDER = join(root, 'deploy/compose');

const serviceShape = z.object({
  image: z.string(),
  command: z.array(z.string()).default([]),
  depends_on: z.union([z.array(z.string()), z.record(z.string(), z.unknown())]).default([]),
  ports: z.array(z.string()).default([]),
  secrets: z.array(z.string()).default([]),
  volumes: z.array(z.string()).default([]),
});
const composeShape = z.object({
  services: z.record(z.string(), serviceShape),
  secrets: z.record(z.string(), z.object({ environment: z.string() })),
  volumes: z.record(z.string(), z.unknown()),
});

const reportShape = z.array(z.object({ messages: z.array(z.object({ message: z.string() })) }));

const text = readFileSync(join(FOLDER, 'compose.yaml'), 'utf8');
const compose = composeShape.parse(load(text));
const services = Object.values(compose.services);

/** What the linter says of a file with this content. The order of keys is ours. */
function lint(content: string): string[] {
  const file = join(temporaryDirectory(), 'compose.yaml');
  writeFileSync(file, content);
  const off = ['service-keys-order', 'services-alphabetical-order', 'top-level-properties-order'];
  const linter = new DCLinter({
    rules: Object.fromEntries(off.map((rule) => [rule, 0])),
    quiet: false,
    debug: false,
    exclude: [],
  });
  return reportShape
    .parse(linter.lintFiles([file], false))
    .flatMap(({ messages }) => messages.map(({ message }) => message));
}

describe('compose.yaml', () => {
  test('is what the Compose specification allows', () => {
    expect(lint(text)).toEqual([]);
  });

  test.each([
    ['a key that there is not', ['restart:', 'restrat:'], /must NOT have additional properties/],
    ['an image of any version', ['postgres:18.4', 'postgres'], /version tag/],
    ['two services of one container', ['image: postgres:18.4', 'image: postgres:18.4\n    build: .'], /build/],
  ])('is refused with %s, so the linter is really on', (_, [before = '', after = ''], message) => {
    expect(lint(text.replace(before, after)).join('\n')).toMatch(message);
  });

  test('names only volumes, secrets, services and files there are', () => {
    const dependencies = services.flatMap(({ depends_on: on }) => (Array.isArray(on) ? on : Object.keys(on)));
    const sources = services.flatMap(({ volumes }) => volumes.map((volume) => volume.split(':')[0] ?? ''));
    expect(Object.keys(compose.services)).toEqual(expect.arrayContaining(dependencies));
    expect(Object.keys(compose.secrets)).toEqual(expect.arrayContaining(services.flatMap(({ secrets }) => secrets)));
    expect(Object.keys(compose.volumes)).toEqual(
      expect.arrayContaining(sources.filter((source) => !source.startsWith('.'))),
    );
    const files = sources.filter((source) => source.startsWith('.'));
    expect(files.map((file) => readFileSync(join(FOLDER, file)).length).filter((size) => size === 0)).toEqual([]);
  });

  test('opens ports on the loopback interface alone', () => {
    const ports = services.flatMap((service) => service.ports);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('takes every value from the environment that .env.example lists', () => {
    const example = readFileSync(join(FOLDER, '.env.example'), 'utf8');
    const listed = [...example.matchAll(/^([A-Z_]+)=/gm)].map(([, name]) => name);
    const ports = [...text.matchAll(/\$\{([A-Z_]+):-(\d+)\}/g)];
    const secrets = Object.values(compose.secrets).map(({ environment }) => environment);
    expect([...new Set([...ports.map(([, name]) => name), ...secrets])].toSorted()).toEqual(listed.toSorted());
    expect(ports.filter(([, name, port]) => !example.includes(`${name}=${port}\n`))).toEqual([]);
  });

  test('makes the topics of the contracts', () => {
    const made = services.map(({ command }) => command.filter((argument) => argument.startsWith('--')));
    const asked = DataContracts.fromDirectory(join(root, 'contracts')).streams();
    expect(asked.length).toBeGreaterThan(0);
    for (const { topicName, partitions, retentionDays, cleanup } of asked.flatMap(({ stream }) => stream ?? [])) {
      const options = made.find((command) => command.includes(`--topic=${topicName}`));
      const retention = retentionDays === undefined ? [] : [`--config=retention.ms=${retentionDays * 86_400_000}`];
      expect(options).toEqual(
        expect.arrayContaining([`--partitions=${partitions}`, `--config=cleanup.policy=${cleanup}`, ...retention]),
      );
    }
  });
});

/** Runs statements as somebody. */
async function query({ host, port, database, user, password }: Connection, ...statements: string[]): Promise<void> {
  const client = new Client({ host, port, database, user, password });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}

describe('reader.sql', () => {
  test('makes a role that may read every table and write none', async () => {
    const directory = temporaryDirectory();
    const options = { port: await freePort(), database: 'nycflights', directory, env: {} };
    const postgres = await startPostgres({ ...options, logFile: join(directory, 'postgres.log') });
    try {
      const secret = "it's secret";
      const [set, ...statements] = readFileSync(join(FOLDER, 'postgres/reader.sql'), 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('--'))
        .map((line) => line.replace(":'reader_password'", "'it''s secret'"));
      expect(set).toContain('/run/secrets/reader_password');
      await query(postgres.owner, 'drop owned by lakehouse_reader', 'drop role lakehouse_reader', ...statements);
      await query(postgres.owner, 'create table flights (flight int)');
      const reader = { ...postgres.owner, user: 'lakehouse_reader', password: secret };
      await query(reader, 'select * from flights');
      await expect(query(reader, 'insert into flights values (1)')).rejects.toThrow(/permission denied/);
    } finally {
      await postgres.stop();
    }
  }, 60_000);
});
