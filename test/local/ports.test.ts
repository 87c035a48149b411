import { createServer, type Server } from 'node:net';
import { assertPorts, freePort, isFree, portFor } from '../../local/services/ports';

describe('portFor', () => {
  let server: Server;
  let taken: number;

  beforeAll(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    taken = typeof address === 'object' && address !== null ? address.port : 0;
  });

  afterAll(() => new Promise((resolve) => server.close(resolve)));

  it('finds a free port', async () => {
    const port = await portFor('--endpoint-port', undefined);
    expect(await isFree(port)).toBe(true);
  });

  it('gives the wanted port when it is free', async () => {
    const port = await freePort();
    expect(await portFor('--endpoint-port', port)).toBe(port);
  });

  it('fails when the wanted port is taken', async () => {
    await expect(portFor('--endpoint-port', taken)).rejects.toThrow(
      `'--endpoint-port' must be a free port, got ${taken};`,
    );
  });

  it('fails when the wanted port is none', async () => {
    await expect(portFor('--endpoint-port', 80)).rejects.toThrow(
      "'--endpoint-port' must be a whole number from 1024 to 65535, got 80",
    );
  });

  it('is asked for all ports at once, before anything starts', async () => {
    await expect(assertPorts({ postgresPort: taken })).rejects.toThrow(`'--postgres-port' must be a free port`);
    await expect(assertPorts({ endpointPort: taken })).rejects.toThrow(`'--endpoint-port' must be a free port`);
    await expect(assertPorts({ kafkaPort: taken })).rejects.toThrow(`'--kafka-port' must be a free port`);
    await expect(assertPorts({})).resolves.toBeUndefined();
  });

  it('fails when two ports are the same', async () => {
    const port = await freePort();
    await expect(assertPorts({ endpointPort: port, postgresPort: port })).rejects.toThrow(
      `'--postgres-port' must be another port than --endpoint-port, got ${port};`,
    );
    await expect(assertPorts({ kafkaPort: port, postgresPort: port })).rejects.toThrow(
      `'--kafka-port' must be another port than --postgres-port, got ${port};`,
    );
  });
});
