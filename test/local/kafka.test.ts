import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { isAlive } from '../../local/services/groups';
import { dev } from '../../config/dev';
import { startKafka, usesKafka } from '../../local/services/kafka';
import { portFor } from '../../local/services/ports';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

const { LAKEHOUSE_KAFKA_JARS: jars, JAVA_HOME: javaHome } = process.env;
// `npm test` sets them; alone, this file has no broker to run
const describeWithJars = jars === undefined || javaHome === undefined ? describe.skip : describe;

function reaches(bootstrap: string): Promise<boolean> {
  const [host, port] = bootstrap.split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.unref();
  });
}

describe('usesKafka', () => {
  const { kafka, ...without } = { kafka: undefined, ...dev };

  it('is true of an environment that configures a cluster', () => {
    expect(usesKafka({ ...without, kafka: kafka ?? {} })).toBe(true);
    expect(usesKafka(without)).toBe(false);
    expect(usesKafka({ ...without, kafka: undefined })).toBe(false);
  });
});

describeWithJars('startKafka', () => {
  it('starts a broker on the loopback interface, and sees it gone', async () => {
    const directory = newFolder();
    const service = await startKafka({
      port: await portFor('--kafka-port', undefined),
      controllerPort: await portFor('--kafka-port', undefined),
      directory,
      logFile: join(directory, 'kafka.log'),
      jars: jars ?? '',
      javaHome: javaHome ?? '',
      env: process.env,
    });
    try {
      expect(service.bootstrap).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(await reaches(service.bootstrap)).toBe(true);
      expect(existsSync(join(directory, 'data/meta.properties'))).toBe(true);
    } finally {
      await service.stop();
    }
    expect(isAlive(service.pid)).toBe(false);
    expect(await reaches(service.bootstrap)).toBe(false);
  }, 60_000);
});
