import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../local/paths';
import { isAlive, until } from '../../local/services/groups';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

/** Evaluates an expression over the exports of bootstrap.mjs, which is no CommonJS module. */
function evaluate(expression: string): unknown {
  const url = pathToFileURL(join(root, 'local/bootstrap.mjs')).href;
  const code = `const b = await import(${JSON.stringify(url)}); console.log(JSON.stringify(${expression}) ?? 'null');`;
  return JSON.parse(execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8' }));
}

describe('bootstrap', () => {
  it('refuses a Node that is too old and says what is needed, found and to do', () => {
    expect(evaluate("b.nodeProblem('18.19.1')")).toBe(
      "'node' must be version 20 or newer, got 18.19.1; install a current Node (any distribution) and run again",
    );
  });

  it('takes Node 20 and newer', () => {
    expect(evaluate("[b.nodeProblem('20.0.0') ?? null, b.nodeProblem('24.1.0') ?? null]")).toEqual([null, null]);
  });

  it('takes the first Python that is new enough', () => {
    const versions = "{python3: [3, 9, 2], 'python3.11': [3, 11, 7], python: [3, 12, 0]}";
    const probe = `(name) => (${versions})[name] && { version: (${versions})[name], path: '/usr/bin/' + name }`;
    expect(evaluate(`b.findPython(${probe})`)).toEqual({ path: '/usr/bin/python3.11', version: '3.11.7' });
  });

  it('fails when every Python is too old, and names them', () => {
    const probe = "(name) => name === 'python3' ? { version: [3, 9, 2], path: '/usr/bin/python3' } : undefined";
    expect(evaluate(`b.findPython(${probe}).problem`)).toBe(
      "'python' must be version 3.11 or newer, got python3 3.9.2; install Python 3.11 or newer, or name one by LAKEHOUSE_PYTHON=/path/to/python3",
    );
  });

  it('fails when there is no Python', () => {
    expect(evaluate('b.findPython(() => undefined).problem')).toMatch(/got none of python3, .* on the PATH/);
  });
});

describe('npm ci', () => {
  it('is ended when the launcher is asked to end, and the lock is given back', async () => {
    const folder = newFolder();
    mkdirSync(join(folder, 'local'));
    copyFileSync(join(root, 'local/bootstrap.mjs'), join(folder, 'local/bootstrap.mjs'));
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    const npm = join(folder, 'npm.js');
    writeFileSync(npm, "require('fs').writeFileSync('npm.pid', String(process.pid)); setInterval(() => {}, 1000);");
    const args = [join(folder, 'local/bootstrap.mjs'), 'build-cli'];
    const env = { ...process.env, npm_execpath: npm };
    const launcher = spawn(process.execPath, args, { cwd: folder, env, stdio: 'ignore' });
    const ended = new Promise((resolve) => launcher.once('exit', resolve));
    const file = join(folder, 'npm.pid');
    expect(await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '', 20_000)).toBe(true);
    launcher.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(isAlive(Number(readFileSync(file, 'utf8')))).toBe(false);
    expect(existsSync(join(folder, '.lakehouse/npm.lock'))).toBe(false);
  }, 30_000);

  it('leaves packages alone that are behind a link: npm would empty the folder, which is not ours', () => {
    const [folder, shared] = [newFolder(), newFolder()];
    mkdirSync(join(folder, 'local'));
    copyFileSync(join(root, 'local/bootstrap.mjs'), join(folder, 'local/bootstrap.mjs'));
    writeFileSync(join(folder, 'package-lock.json'), '{}');
    writeFileSync(join(shared, 'theirs'), '');
    symlinkSync(shared, join(folder, 'node_modules'));
    const args = [join(folder, 'local/bootstrap.mjs'), 'build-cli'];
    const env = { ...process.env, npm_execpath: join(folder, 'no-npm.js') };
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
    expect([status, stderr.trim()]).toEqual([
      1,
      "✗ 'node_modules' must be a folder of its own to be installed anew, got a link; remove the link, or install where it leads",
    ]);
    expect(existsSync(join(shared, 'theirs'))).toBe(true);
  });
});
