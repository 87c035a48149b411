import { lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from './crc32';
import { deflateRawSync } from 'node:zlib';

/** One file of an archive. */
export interface ZipEntry {
  /** Path inside the archive, with forward slashes. */
  readonly name: string;
  readonly data: Buffer;
  readonly executable?: boolean;
}

/** 1980-01-01 00:00, the earliest time the format knows: the same bytes whenever the archive is made. */
const FIXED_DATE = 0x21;
const UTF8_NAMES = 0x0800;
const DEFLATE = 8;
const MADE_ON_UNIX = (3 << 8) | 20;

/** The files below a folder that an archive of it holds, sorted by their path's bytes. */
export function entriesOf(folder: string, keep: (name: string) => boolean = () => true): ZipEntry[] {
  const names: string[] = [];
  const walk = (relative: string): void => {
    for (const child of readdirSync(join(folder, relative), { withFileTypes: true })) {
      const name = relative === '' ? child.name : `${relative}/${child.name}`;
      if (!keep(name)) {
        continue;
      }
      if (child.isDirectory()) {
        walk(name);
      } else {
        names.push(name);
      }
    }
  };
  walk('');
  return names.map((name) => {
    const path = join(folder, name);
    return { name, data: readFileSync(path), executable: (lstatSync(path).mode & 0o100) !== 0 };
  });
}

/** A zip archive whose bytes depend on nothing but the entries: sorted, fixed times, fixed modes. */
export function zip(entries: ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  const sorted = entries.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
  for (const entry of sorted) {
    const name = Buffer.from(entry.name);
    const body = deflateRawSync(entry.data, { level: 6 });
    const common = commonHeader(entry, body, name);
    const local = Buffer.concat([uint32(0x04034b50), common, name, body]);
    directory.push(Buffer.concat([uint32(0x02014b50), uint16(MADE_ON_UNIX), common, centralTail(entry, offset), name]));
    files.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const counts = [uint16(sorted.length), uint16(sorted.length)];
  const end = Buffer.concat([
    uint32(0x06054b50),
    uint32(0),
    ...counts,
    uint32(central.length),
    uint32(offset),
    uint16(0),
  ]);
  return Buffer.concat([...files, central, end]);
}

/** Writes the archive of a folder. */
export function zipFolder(folder: string, file: string, keep?: (name: string) => boolean): void {
  writeFileSync(file, zip(entriesOf(folder, keep)));
}

/** The fields that the local header and the directory share. */
function commonHeader(entry: ZipEntry, body: Buffer, name: Buffer): Buffer {
  return Buffer.concat([
    uint16(20),
    uint16(UTF8_NAMES),
    uint16(DEFLATE),
    uint16(0),
    uint16(FIXED_DATE),
    uint32(crc32(entry.data)),
    uint32(body.length),
    uint32(entry.data.length),
    uint16(name.length),
    uint16(0),
  ]);
}

function centralTail(entry: ZipEntry, offset: number): Buffer {
  const mode = entry.executable === true ? 0o100755 : 0o100644;
  return Buffer.concat([uint16(0), uint16(0), uint16(0), uint32((mode << 16) >>> 0), uint32(offset)]);
}

function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16LE(value);
  return buffer;
}

function uint32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeUInt32LE(value >>> 0);
  return buffer;
}
