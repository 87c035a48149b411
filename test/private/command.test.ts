describe('the command that messages name', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.resetModules();
  });

  test.each([
    ['in an app of Node', undefined, 'npx lakehouse'],
    ['in an app of Python, where npx would fetch what is not ours', 'Python/3.11.7', 'lakehouse'],
  ])('is, %s, what is installed there', async (_, agent, command) => {
    vi.stubEnv('JSII_AGENT', agent);
    vi.resetModules();
    expect((await import('../../lib/private/command.js')).COMMAND).toBe(command);
  });
});
