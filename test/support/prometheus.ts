import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { throwIfInterrupted } from '../../local/interrupt';
import { readJson } from '../../local/json';
import { cacheDirectory } from '../../local/paths';
import type { Progress } from '../../local/progress';
import { ensureInstalled, hash12 } from '../../local/toolchain/cache';
import { run } from '../../local/toolchain/command';

/** They bring `prometheus`, `promtool` and `prometheus-pushgateway`. */
const PACKAGES = ['prometheus', 'prometheus-pushgateway'];
const MEGABYTE = 1024 * 1024;
const versionsShape = z.record(z.string(), z.string());

/**
 * Prometheus as the machine's Debian or Ubuntu has it, checked by apt's signatures and unpacked without installing: the
 * distribution's release is the pin, and the version is told.
 *
 * @returns the folder of the programs; undefined, with the reason told, where there is no apt or no mirror.
 */
export async function ensurePrometheus(progress: Progress): Promise<string | undefined> {
  try {
    return await progress.step('Prometheus', async (report) => {
      const directory = join(cacheDirectory(), `prometheus-${hash12(...PACKAGES, readFileSync('/etc/os-release'))}`);
      const what = 'Prometheus of the distribution';
      await ensureInstalled({ what, directory, bytes: 400 * MEGABYTE, install: unpack });
      const versions = readJson(join(directory, 'versions.json'), versionsShape);
      report(PACKAGES.map((name) => `${name} ${versions[name]}`).join(', '));
      return join(directory, 'usr/bin');
    });
  } catch (error) {
    throwIfInterrupted();
    progress.note(`tests on Prometheus are skipped: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** With lists of its own, because those of the machine may be old, or none, or not to be written by this user. */
async function unpack(directory: string): Promise<void> {
  const apt = join(directory, 'apt');
  const [lists, archives] = ['lists', 'archives'].map((name) => join(apt, name));
  [lists, archives].forEach((folder) => mkdirSync(join(folder, 'partial'), { recursive: true }));
  const settings = [
    `Dir::State::Lists=${lists}`,
    `Dir::Cache=${apt}`,
    'APT::Sandbox::User=',
    'Acquire::Languages=none',
  ];
  const options = settings.flatMap((setting) => ['-o', setting]);
  await command('apt-get', archives, '--quiet', ...options, 'update');
  await command('apt-get', archives, '--quiet', ...options, 'download', ...PACKAGES);
  const versions: Record<string, string> = {};
  for (const file of readdirSync(archives).filter((name) => name.endsWith('.deb'))) {
    await command('dpkg-deb', archives, '-x', file, directory);
    const fields = await command('dpkg-deb', archives, '--show', '--showformat=${Package} ${Version}', file);
    const [name = '', version = ''] = fields.split(' ');
    versions[name] = version;
  }
  writeFileSync(join(directory, 'versions.json'), JSON.stringify(versions));
  rmSync(apt, { recursive: true });
}

async function command(program: string, cwd: string, ...args: string[]): Promise<string> {
  const options = { name: `${program} ${args.at(-1) ?? ''}`, cwd, timeoutMs: 3 * 60_000 };
  return (await run(program, args, options)).stdout;
}
