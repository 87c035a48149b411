import { createServer } from 'node:net';
import { fail } from '../../lib/private/errors';

/** The highest TCP port. */
const MAX_PORT = 65_535;

/** A port of the loopback interface that nobody listens on now. */
export async function freePort(): Promise<number> {
  return listenOnce(0);
}

/**
 * The port a user asked for, or a free one.
 *
 * @throws LakehouseError when the wanted port is not a port or is taken.
 */
export async function portFor(option: string, wanted: number | undefined): Promise<number> {
  if (wanted === undefined) {
    return freePort();
  }
  if (!Number.isInteger(wanted) || wanted < 1024 || wanted > MAX_PORT) {
    fail({
      path: option,
      must: `a whole number from 1024 to ${MAX_PORT}`,
      got: wanted,
      remedy: 'leave it out to have a free one found',
    });
  }
  try {
    return await listenOnce(wanted);
  } catch {
    return fail({
      path: option,
      must: 'a free port',
      got: wanted,
      remedy:
        'something else listens there: stop it, name another port, or leave the option out to have a free one found',
    });
  }
}

/**
 * Refuses ports a user asked for before anything is installed or started for nothing.
 *
 * @throws LakehouseError when one is taken or two are the same.
 */
export async function assertPorts(wanted: {
  readonly endpointPort?: number;
  readonly postgresPort?: number;
  readonly kafkaPort?: number;
}): Promise<void> {
  const options = new Map([
    ['--endpoint-port', wanted.endpointPort],
    ['--postgres-port', wanted.postgresPort],
    ['--kafka-port', wanted.kafkaPort],
  ]);
  const taken = new Map<number, string>();
  for (const [path, port] of options) {
    if (port === undefined) {
      continue;
    }
    const other = taken.get(port);
    if (other !== undefined) {
      const remedy = 'name two ports, or leave one out to have a free one found';
      fail({ path, must: `another port than ${other}`, got: port, remedy });
    }
    taken.set(port, path);
  }
  for (const [port, option] of taken) {
    await portFor(option, port);
  }
}

/** Whether a server could listen on the port now. */
export async function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address !== null ? address.port : port;
      server.close(() => resolve(found));
    });
  });
}
