import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from '../../local/paths';

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
