import { execFileSync } from 'node:child_process';
import { mkdirSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { linkCommandLine } from '../../local/toolchain/command-line';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

describe('linkCommandLine', () => {
  it('puts the command where npx looks first, again and again', () => {
    const folder = newFolder();
    const file = join(folder, 'dist/bin/lakehouse.js');
    mkdirSync(join(folder, 'dist/bin'), { recursive: true });
    mkdirSync(join(folder, 'node_modules'));
    writeFileSync(file, '#!/usr/bin/env node\nconsole.log("here");\n', { mode: 0o755 });
    linkCommandLine(file, join(folder, 'node_modules/.bin'));
    linkCommandLine(file, join(folder, 'node_modules/.bin'));
    expect(readlinkSync(join(folder, 'node_modules/.bin/lakehouse'))).toBe('../../dist/bin/lakehouse.js');
    expect(execFileSync(join(folder, 'node_modules/.bin/lakehouse'), { encoding: 'utf8' })).toBe('here\n');
  });

  it('does nothing where there are no packages', () => {
    const folder = newFolder();
    expect(() => linkCommandLine(join(folder, 'x.js'), join(folder, 'none/.bin'))).not.toThrow();
  });
});
