import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { ensureInstalled, explainInstallError, isComplete, sha256 } from '../../local/toolchain/cache';
import { CommandError } from '../../local/toolchain/command';
import { crc32 } from '../../local/toolchain/crc32';
import { jarFolderName, pythonArchiveName } from '../../local/toolchain/dependencies';
import { verifyJar } from '../../local/toolchain/jars';
import { parseJavaSettings } from '../../local/toolchain/java';
import { uvEnvironment } from '../../local/toolchain/python';
import { entriesOf, zip } from '../../local/toolchain/zip';
import { newFolder, removeFolders } from './support';

afterAll(removeFolders);

async function fillTheDisk(target: string): Promise<void> {
  writeFileSync(join(target, 'half'), '');
  throw new CommandError('uv', { reason: 'ended with exit code 2', exitCode: 2 }, [
    'error: No space left on device (os error 28)',
  ]);
}

function because(line: string): string {
  return String(explainInstallError(new CommandError('pip', { reason: 'failed' }, [line]), 'uv'));
}

describe('ensureInstalled', () => {
  const what = 'the tool';

  it('installs once', async () => {
    const directory = join(newFolder(), 'tool-1');
    const install = vi.fn<() => Promise<void>>(async () => undefined);
    expect(await ensureInstalled({ what, directory, bytes: 1, install })).toBe(true);
    expect(await ensureInstalled({ what, directory, bytes: 1, install })).toBe(false);
    expect(install).toHaveBeenCalledTimes(1);
  });

  it('installs once when several ask at the same time', async () => {
    const directory = join(newFolder(), 'tool-1');
    const install = vi.fn<() => Promise<void>>(async () => undefined);
    const all = await Promise.all([1, 2, 3].map(() => ensureInstalled({ what, directory, bytes: 1, install })));
    expect(all.filter(Boolean)).toHaveLength(1);
    expect(install).toHaveBeenCalledTimes(1);
  });

  it('lays an unfinished installation anew', async () => {
    const directory = join(newFolder(), 'tool-1');
    mkdirSync(directory);
    writeFileSync(join(directory, 'half'), '');
    await ensureInstalled({ what, directory, bytes: 1, install: async () => undefined });
    expect(existsSync(join(directory, 'half'))).toBe(false);
    expect(isComplete(directory)).toBe(true);
  });

  it('leaves nothing when the disk is full meanwhile', async () => {
    const directory = join(newFolder(), 'tool-1');
    await expect(ensureInstalled({ what, directory, bytes: 1, install: fillTheDisk })).rejects.toThrow(
      /^disk full while installing the tool \(nothing was left half-installed\); free some space or set LAKEHOUSE_CACHE/,
    );
    expect(existsSync(directory)).toBe(false);
    expect(existsSync(`${directory}.lock`)).toBe(false);
  });

  it('fails when the place is no folder', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const directory = join(file, 'envs/tool-1');
    await expect(ensureInstalled({ what, directory, bytes: 1, install: async () => undefined })).rejects.toThrow(
      /^'LAKEHOUSE_CACHE' must be a folder that can be written, got ".*\(ENOTDIR\)"; make it one, or use another folder$/,
    );
  });

  it('fails before it begins when the disk has too little space', async () => {
    const directory = join(newFolder(), 'tool-1');
    const install = vi.fn<() => Promise<void>>(async () => undefined);
    await expect(ensureInstalled({ what, directory, bytes: 1e18, install })).rejects.toThrow(
      /'LAKEHOUSE_CACHE' must be on a disk with \d+ MB free for the tool, got/,
    );
    expect(install).not.toHaveBeenCalled();
  });
});

describe('explainInstallError', () => {
  it.each([
    'Temporary failure in name resolution',
    'error sending request for url',
    'java.net.UnknownHostException: repo',
  ])('says that a registry is unreachable: %s', (line) =>
    expect(because(line)).toContain('registry unreachable while installing uv'),
  );

  it.each(['created successfully because ensurepip is not', '/usr/bin/python3: No module named venv'])(
    'says that a Python cannot make environments: %s',
    (line) =>
      expect(because(line)).toMatch(
        /'python' must be able to make virtual environments, got .*; install them \(Debian/,
      ),
  );

  it('says that a checksum differs', () => {
    expect(because('error: Hash mismatch for `boto3`')).toContain('checksum mismatch while installing uv');
  });

  it('passes everything else on', () => {
    const error = new Error('else');
    expect(explainInstallError(error, 'uv')).toBe(error);
  });
});

describe('verifyJar', () => {
  const pin = { coordinate: 'org.example:sample:1.0', file: 'sample-1.0.jar', sha256: sha256('right') };

  it('takes the file that was pinned', () => {
    const file = join(newFolder(), 'sample-1.0.jar');
    writeFileSync(file, 'right');
    expect(verifyJar(file, pin)).toBeUndefined();
  });

  it('fails when the checksum differs', () => {
    const file = join(newFolder(), 'sample-1.0.jar');
    writeFileSync(file, 'wrong');
    expect(() => verifyJar(file, pin)).toThrow(
      /'org\.example:sample:1\.0 sha256' must be [0-9a-f]{64}, got .*checksum mismatch/,
    );
  });

  it('fails when the jar is missing', () => {
    expect(() => verifyJar(join(newFolder(), 'none.jar'), pin)).toThrow(
      "jar 'org.example:sample:1.0' must be in the registry",
    );
  });
});

describe('zip', () => {
  const files = { 'b.py': 'print(2)', 'a/c.py': 'print(1)', 'a/z.txt': '' };

  function folderWith(time: number, names: string[]): string {
    const folder = newFolder();
    mkdirSync(join(folder, 'a'));
    for (const name of names) {
      writeFileSync(join(folder, name), files[name as keyof typeof files]);
      utimesSync(join(folder, name), time, time);
    }
    return folder;
  }

  it('has the same bytes whatever the order and the times of the files', () => {
    const one = zip(entriesOf(folderWith(1_000_000_000, Object.keys(files))));
    const two = zip(entriesOf(folderWith(1_700_000_000, Object.keys(files).toReversed())));
    expect(two.equals(one)).toBe(true);
  });

  it('holds the files, sorted', () => {
    const archive = zip(entriesOf(folderWith(1_000_000_000, Object.keys(files))));
    expect(readZip(archive)).toEqual([
      ['a/c.py', 'print(1)'],
      ['a/z.txt', ''],
      ['b.py', 'print(2)'],
    ]);
  });

  it('leaves out what does not belong', () => {
    const folder = folderWith(1_000_000_000, Object.keys(files));
    expect(entriesOf(folder, (name) => name !== 'a').map((entry) => entry.name)).toEqual(['b.py']);
  });
});

describe('crc32', () => {
  it('has the check value of the algorithm', () => {
    expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926);
  });
});

describe('names of built dependencies', () => {
  const lock = Buffer.from('boto3==1.0\n');

  it('depend on the lock and the platform', () => {
    expect(pythonArchiveName('x86_64', lock)).toBe(`python-x86_64-${sha256('boto3==1.0\n\nx86_64').slice(0, 12)}.zip`);
    expect(pythonArchiveName('aarch64', lock)).not.toContain(sha256('boto3==1.0\n\nx86_64').slice(0, 12));
  });

  it('of jars depend on the lock', () => {
    expect(jarFolderName(lock)).toBe(`jars-${sha256('boto3==1.0\n').slice(0, 12)}`);
  });
});

describe('parseJavaSettings', () => {
  it('reads version and home', () => {
    const text = 'Property settings:\n    java.home = /opt/java\n    java.version = 17.0.15\nopenjdk version "17.0.15"';
    expect(parseJavaSettings(text)).toEqual({ major: 17, home: '/opt/java' });
  });

  it('knows no Java when there is none', () => {
    expect(parseJavaSettings('sh: java: not found')).toBeUndefined();
  });
});

describe('uvEnvironment', () => {
  it('uses a mirror that is set for pip', () => {
    expect(uvEnvironment({ PIP_INDEX_URL: 'mirror' })).toMatchObject({
      UV_DEFAULT_INDEX: 'mirror',
      UV_PYTHON_DOWNLOADS: 'never',
    });
  });
});

/** Name and content of each file of an archive, from its local headers. */
function readZip(archive: Buffer): [string, string][] {
  const found: [string, string][] = [];
  for (let at = 0; archive.readUInt32LE(at) === 0x04034b50;) {
    const [packed, name] = [archive.readUInt32LE(at + 18), archive.readUInt16LE(at + 26)];
    const body = at + 30 + name;
    const data = inflateRawSync(archive.subarray(body, body + packed));
    expect(crc32(data)).toBe(archive.readUInt32LE(at + 14));
    found.push([archive.toString('utf8', at + 30, body), data.toString()]);
    at = body + packed;
  }
  return found;
}

it('the jar locks name each file once, with a checksum', () => {
  for (const lock of [
    'local/jars/emr-7.14.0.lock.json',
    'workloads/jars.lock.json',
    'workloads/stream-jars.lock.json',
  ]) {
    const pins: { file: string; sha256: string }[] = JSON.parse(readFileSync(join(__dirname, '../..', lock), 'utf8'));
    expect(new Set(pins.map((pin) => pin.file)).size).toBe(pins.length);
    expect(pins.every((pin) => /^[0-9a-f]{64}$/.test(pin.sha256))).toBe(true);
  }
});
