import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LakehouseError, fail, problem } from '../../lib/private/errors';
import { parseJson, readJson } from '../json';
import { cacheDirectory, root } from '../paths';
import { ensureInstalled, hash12, sha256 } from './cache';
import { run } from './command';
import { ensureJava } from './java';
import { ensureEnvironment, environments } from './python';

/** One jar that a lock file pins. */
export interface JarPin {
  /** Maven coordinate, `group:artifact:version`. */
  readonly coordinate: string;
  readonly file: string;
  readonly sha256: string;
}

/** A set of jars that is resolved, checked and kept together. */
export interface JarSet {
  /** Short name, part of the folder's name. */
  readonly name: string;
  /** JSON list of pins, absolute. */
  readonly lock: string;
}

/** The sets of this repository. */
export const jarSets = {
  /** What the EMR release puts on Spark's class path, as far as the jobs need it. */
  emr: { name: 'emr-7.14.0', lock: join(root, 'local/jars/emr-7.14.0.lock.json') },
  /** A Kafka broker with KRaft. */
  kafka: { name: 'kafka-3.9.1', lock: join(root, 'local/jars/kafka-3.9.1.lock.json') },
  /** What the load of sources brings along. */
  workloads: { name: 'workloads', lock: join(root, 'workloads/jars.lock.json') },
  /** What the streams bring along. */
  streams: { name: 'streams', lock: join(root, 'workloads/stream-jars.lock.json') },
  /** AWS' own parser of the rules of Glue Data Quality, which tests hold the generated ones against. */
  dqdl: { name: 'dqdl-1.0.0', lock: join(root, 'local/jars/dqdl-1.0.0.lock.json') },
} as const satisfies Record<string, JarSet>;

const jarLock = z.array(
  z.strictObject({ coordinate: z.string(), file: z.string().regex(/^[^/]+\.jar$/), sha256: z.string() }),
);
const resolvedJar = z.object({ coordinate: z.string(), path: z.string() });

const MEGABYTE = 1024 * 1024;

/** Reads a lock file of jars. */
export function readJarLock(lock: string): JarPin[] {
  return readJson(lock, jarLock);
}

/** Where the jars of a set are or will be. */
export function jarDirectory(set: JarSet): string {
  return join(cacheDirectory(), 'jars', `${set.name}-${hash12(readFileSync(set.lock))}`);
}

/** Installs the jars of a set: fetched by Spark's own resolver, each compared with its pinned checksum. */
export async function ensureJars(set: JarSet): Promise<string> {
  const directory = jarDirectory(set);
  await ensureInstalled({
    what: `the jars '${set.name}'`,
    directory,
    bytes: 400 * MEGABYTE,
    install: async (target) => {
      const pins = readJarLock(set.lock);
      await resolveInto(
        pins.map((pin) => pin.coordinate),
        (fileOf) => {
          for (const pin of pins) {
            verifyJar(fileOf(pin.coordinate), pin);
            copyFileSync(fileOf(pin.coordinate), join(target, pin.file));
          }
        },
      );
    },
  });
  return directory;
}

/**
 * Compares a fetched jar with its pin.
 *
 * @throws LakehouseError when it is missing or its checksum is another one.
 */
export function verifyJar(file: string, pin: JarPin): void {
  if (!existsSync(file)) {
    throw new LakehouseError(
      `jar '${pin.coordinate}' must be in the registry, got nothing; correct the coordinate in the lock file`,
    );
  }
  const got = sha256(readFileSync(file));
  if (got !== pin.sha256) {
    fail({
      path: `${pin.coordinate} sha256`,
      must: pin.sha256,
      got,
      remedy:
        "checksum mismatch: the registry gave another file than the one that was pinned; clear the registry's or proxy's cache and run again",
    });
  }
}

/**
 * Writes the checksums of a set anew, after its coordinates were changed by hand.
 * Run by `node local/bootstrap.mjs pin-jars [emr|kafka|workloads|streams]`.
 */
export async function repinJars(set: JarSet): Promise<void> {
  const coordinates = readJarLock(set.lock).map((pin) => pin.coordinate);
  await resolveInto(coordinates, (fileOf) => {
    const pins = coordinates.map((coordinate) => ({
      coordinate,
      file: fileName(coordinate),
      sha256: sha256(readFileSync(fileOf(coordinate))),
    }));
    writeFileSync(set.lock, `${JSON.stringify(pins, undefined, 2)}\n`);
  });
}

/** Has Spark's resolver fetch exactly the coordinates, without what they depend on: a lock names every jar there is. */
async function resolveInto(
  coordinates: string[],
  use: (fileOf: (coordinate: string) => string) => void,
): Promise<void> {
  const [spark, javaHome] = await Promise.all([ensureEnvironment(environments.spark), ensureJava()]);
  const work = mkdtempSync(join(tmpdir(), 'lakehouse-jars-'));
  try {
    const { stdout } = await run(
      spark.python,
      [join(root, 'local/toolchain/resolve_jars.py'), join(work, 'ivy'), ...coordinates],
      {
        name: 'resolve jars',
        cwd: work,
        // no SPARK_HOME of the user's: the resolver is the one of the pinned Spark
        env: { ...process.env, JAVA_HOME: javaHome, SPARK_HOME: undefined, SPARK_CONF_DIR: undefined },
        timeoutMs: 10 * 60_000,
      },
    );
    const lines = stdout.split('\n').filter((line) => line.startsWith('{'));
    const resolved = new Map(
      lines.map((line) => parseJson(line, resolvedJar)).map((jar) => [jar.coordinate, jar.path]),
    );
    use((coordinate) => resolved.get(coordinate) ?? join(work, 'missing'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The name a jar has in a Maven repository: `artifact-version.jar`. */
function fileName(coordinate: string): string {
  const { artifact, version } = parseCoordinate(coordinate);
  return `${artifact}-${version}.jar`;
}

function parseCoordinate(coordinate: string): {
  readonly group: string;
  readonly artifact: string;
  readonly version: string;
} {
  const [group, artifact, version, ...rest] = coordinate.split(':');
  if (group === undefined || artifact === undefined || version === undefined || rest.length > 0) {
    throw new LakehouseError(
      problem({
        path: 'coordinate',
        must: 'group:artifact:version',
        got: coordinate,
        remedy: 'correct it in the lock file',
      }),
    );
  }
  return { group, artifact, version };
}
