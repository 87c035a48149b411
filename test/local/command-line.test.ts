import { type SpawnSyncReturns, execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/paths';
import { bundleCommandLine, linkCommandLine } from '../../local/toolchain/command-line';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

describe('linkCommandLine', () => {
  it('has npx run the sources as they are now, from any folder, in a clone with any name', () => {
    const clone = join(newFolder(), 'a #1 clone');
    const [sources, packages] = [join(clone, 'bin'), join(clone, 'node_modules')];
    [sources, join(packages, '.bin')].forEach((folder) => mkdirSync(folder, { recursive: true }));
    symlinkSync(join(root, 'node_modules/tsx'), join(packages, 'tsx'));
    writeFileSync(
      join(sources, 'lakehouse.ts'),
      `import { told } from './told';\nif (require.main === module) told();\n`,
    );
    const told = (text: string): string => {
      writeFileSync(
        join(sources, 'told.ts'),
        `export const told = (): void => console.log('${text}', process.argv[2]);`,
      );
      return execFileSync(join(packages, '.bin/lakehouse'), ['here'], { cwd: newFolder(), encoding: 'utf8' });
    };
    linkCommandLine(clone);
    expect(told('before')).toBe('before here\n');
    expect(told('after')).toBe('after here\n');
  }, 60_000);

  it('takes the place of a link, and leaves alone what that leads to', () => {
    const clone = newFolder();
    mkdirSync(join(clone, 'node_modules/.bin'), { recursive: true });
    writeFileSync(join(clone, 'bundle.js'), 'a bundle');
    symlinkSync(join(clone, 'bundle.js'), join(clone, 'node_modules/.bin/lakehouse'));
    linkCommandLine(clone);
    expect(readFileSync(join(clone, 'bundle.js'), 'utf8')).toBe('a bundle');
    expect(readFileSync(join(clone, 'node_modules/.bin/lakehouse'), 'utf8')).toContain('bin/lakehouse.ts');
  });

  it('does nothing where there are no packages', () => {
    expect(() => linkCommandLine(join(newFolder(), 'none'))).not.toThrow();
  });
});

describe('the command line of a clone', () => {
  const clone = newFolder();
  const config = join(clone, 'config/prod.ts');
  const lakehouse = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(join(clone, 'node_modules/.bin/lakehouse'), args, { cwd: clone, encoding: 'utf8', timeout: 60_000 });

  beforeAll(() => {
    const copied = ['bin', 'config', 'lib', 'local', 'package.json', 'package-lock.json'];
    copied.forEach((name) => cpSync(join(root, name), join(clone, name), { recursive: true }));
    mkdirSync(join(clone, 'node_modules'));
    const packages = readdirSync(join(root, 'node_modules')).filter((name) => !name.startsWith('.'));
    packages.forEach((name) => symlinkSync(join(root, 'node_modules', name), join(clone, 'node_modules', name)));
    linkCommandLine(clone);
  }, 60_000);

  it('knows the config as it was edited last', () => {
    writeFileSync(config, readFileSync(config, 'utf8').replace(/monthlyUsd: [\d_]+/, 'monthlyUsd: 4711'));
    const { stdout } = lakehouse('config', 'explain', 'prod', 'budget.monthlyUsd');
    expect(stdout).toMatch(/^budget\.monthlyUsd +4711 +config/m);
  }, 60_000);

  it('does what needs no config while that cannot be read', () => {
    writeFileSync(config, 'export const prod = {');
    expect(lakehouse('down')).toMatchObject({ status: 0, stdout: 'nothing runs in this folder\n', stderr: '' });
    const { status, stderr } = lakehouse('config', 'explain', 'prod');
    expect(stderr).toMatch(/^✗ [^]*prod\.ts:1:/);
    expect(stderr).not.toContain('    at ');
    expect(status).toBe(1);
  }, 60_000);
});

describe('an installed command line', () => {
  const folder = newFolder();
  const program = join(folder, 'lakehouse.js');

  beforeAll(() => {
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
    return bundleCommandLine(program);
  }, 60_000);

  const run = (...args: string[]): SpawnSyncReturns<string> =>
    spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8', timeout: 60_000 });

  it('says which version it is', () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(run('--version')).toMatchObject({ status: 0, stdout: `${version}\n`, stderr: '' });
  }, 60_000);

  it.each([
    [
      ['config', 'explain', 'prod'],
      '\'config explain\' must be run in a clone, got "an installed package"; the environ',
    ],
    [['cost'], "'env' must be the name of an environment, got nothing; name one of your app\n"],
  ])(
    'takes no environment of this repository for one of the app: %j',
    (args, message) => {
      const { status, stderr } = run(...args);
      expect(stderr).toContain(`✗ ${message}`);
      expect(status).toBe(1);
    },
    60_000,
  );
});
