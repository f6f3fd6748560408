/** A local folder of wheels: what each of them is, and what it needs by its own word. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { inflateRaw } from 'node:zlib';
import { type WheelFile, wheelName } from '../flower/wheels.ts';
import { exit, type Failure, UserError } from '../plan/failure.ts';
import { listLocal } from './files.ts';

const inflate = promisify(inflateRaw);

/** @throws UserError (2) where there are no wheels, (3) where the folder can't be read */
export async function readWheelhouse(folder: string): Promise<readonly WheelFile[]> {
  const wheels = await wheelsIn(folder);
  if (wheels.length > 0) return wheels;
  throw new UserError(without(folder, 'there are no wheels in it'));
}

/** What is wrong with a folder of such files, before any of them is opened; nothing where it has wheels. */
export function noWheels(folder: string, names: readonly string[] | undefined): Failure | undefined {
  if (names?.some((name) => wheelName(basename(name)))) return undefined;
  return without(folder, names ? 'there are no wheels in it' : 'there is no such folder');
}

function without(folder: string, why: string): Failure {
  const hint = `fl-wizard wheels --output ${folder} gathers what the hosts need`;
  return { exitCode: exit.invalid, doing: `Reading the wheelhouse ${folder}`, why, hint };
}

/** The wheels of a folder; none where there is no such folder. @throws UserError (3) */
export async function wheelsIn(folder: string): Promise<readonly WheelFile[]> {
  const names = ((await listLocal(folder)) ?? []).filter((name) => wheelName(basename(name)));
  return Promise.all(names.map((name) => wheelAt(join(folder, name))));
}

async function wheelAt(file: string): Promise<WheelFile> {
  const { size } = await stat(file);
  const requires = await requirementsOf(file, size).catch(() => undefined);
  return { file, name: basename(file), size, ...(requires ? { requires } : {}) };
}

/** The dependencies that a wheel's METADATA names. @throws where it can't be read: then nothing is known of them */
async function requirementsOf(file: string, size: number): Promise<readonly string[] | undefined> {
  const handle = await open(file);
  try {
    const entry = (await directoryOf(handle, size)).find(({ name }) => /^[^/]+\.dist-info\/METADATA$/.test(name));
    if (!entry) return undefined;
    const text = (await contentOf(handle, entry)).toString('utf8');
    const [head = ''] = text.split(/\r?\n\r?\n/);
    return [...head.matchAll(/^Requires-Dist:(.*)$/gim)].map(([, line = '']) => line.trim());
  } finally {
    await handle.close();
  }
}

/** A file within a zip: where it is and how it is packed. */
type Entry = { readonly name: string; readonly at: number; readonly packed: number; readonly method: number };

/** Fixed parts of a zip's records, in bytes (PKWARE APPNOTE 4.3), and the longest comment that may end it. */
const endRecord = 22;
const centralRecord = 46;
const localRecord = 30;
const longestComment = 65_535;
/** A METADATA with a whole README in it takes some 100 kB. */
const longestText = 16_000_000;

async function bytesAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at);
  if (bytesRead < length) throw new RangeError('the file ends too soon');
  return buffer;
}

async function directoryOf(handle: FileHandle, size: number): Promise<readonly Entry[]> {
  const length = Math.min(size, endRecord + longestComment);
  const tail = await bytesAt(handle, size - length, length);
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw new RangeError('it is no zip');
  const directory = await bytesAt(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries: Entry[] = [];
  for (let at = 0; at + centralRecord <= directory.length; ) {
    const nameLength = directory.readUInt16LE(at + 28);
    entries.push({
      name: directory.toString('utf8', at + centralRecord, at + centralRecord + nameLength),
      at: directory.readUInt32LE(at + 42),
      packed: directory.readUInt32LE(at + 20),
      method: directory.readUInt16LE(at + 10),
    });
    at += centralRecord + nameLength + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
  }
  return entries;
}

async function contentOf(handle: FileHandle, { at, packed, method }: Entry): Promise<Buffer> {
  const head = await bytesAt(handle, at, localRecord);
  const start = at + localRecord + head.readUInt16LE(26) + head.readUInt16LE(28);
  const content = await bytesAt(handle, start, Math.min(packed, longestText));
  return method === 0 ? content : inflate(content, { maxOutputLength: longestText });
}
