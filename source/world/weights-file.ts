/** Weights that a run is to begin with, weighed before anything is copied: an .npz is a zip, which lists its arrays last. */
import { type FileHandle, open } from 'node:fs/promises';
import { exit, UserError } from '../plan/failure.ts';
import { localFailure } from './files.ts';

/** Signatures, and lengths without what varies (APPNOTE.TXT, 4.3.12 to 4.3.16). */
const entry = { signature: 0x02014b50, length: 46 };
const end = { signature: 0x06054b50, length: 22 };
const locator = { signature: 0x07064b50, length: 20 };
const largeEnd = { signature: 0x06064b50, length: 56 };
/** A comment at the end is as long as this at most. */
const longestComment = 65_535;
/** What stands in a field of 32 bits whose number stands elsewhere, in 64. */
const elsewhere = 0xffff_ffff;
/** A model of ten thousand arrays has a list of a megabyte. */
const longestList = 100_000_000;

class NoArchive extends Error {}

/** The number of 64 bits that an entry's further fields (4.5.3) have in place of its length. */
function largeLength(fields: Buffer): number {
  for (let at = 0; at + 12 <= fields.length; at += 4 + fields.readUInt16LE(at + 2))
    if (fields.readUInt16LE(at) === 1) return Number(fields.readBigUInt64LE(at + 4));
  throw new NoArchive();
}

/** Bytes of all that a zip's list names, unpacked. @throws NoArchive */
export function unpackedSize(list: Buffer): number {
  let sum = 0;
  for (let at = 0; at < list.length; ) {
    if (at + entry.length > list.length || list.readUInt32LE(at) !== entry.signature) throw new NoArchive();
    const [name, fields, comment] = [28, 30, 32].map((offset) => list.readUInt16LE(at + offset)) as [
      number,
      number,
      number,
    ];
    const length = list.readUInt32LE(at + 24);
    const begin = at + entry.length + name;
    sum += length === elsewhere ? largeLength(list.subarray(begin, begin + fields)) : length;
    at = begin + fields + comment;
  }
  return sum;
}

async function part(file: FileHandle, position: number, length: number): Promise<Buffer> {
  if (position < 0 || length > longestList) throw new NoArchive();
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position });
  if (bytesRead < length) throw new NoArchive();
  return buffer;
}

async function listOf(file: FileHandle): Promise<Buffer> {
  const { size } = await file.stat();
  const last = await part(
    file,
    Math.max(0, size - end.length - longestComment),
    Math.min(size, end.length + longestComment),
  );
  const signature = Buffer.alloc(4);
  signature.writeUInt32LE(end.signature);
  const at = last.lastIndexOf(signature);
  if (at < 0 || at + end.length > last.length) throw new NoArchive();
  const [length, begin] = [last.readUInt32LE(at + 12), last.readUInt32LE(at + 16)];
  if (length !== elsewhere && begin !== elsewhere) return part(file, begin, length);
  const where = at - locator.length;
  if (where < 0 || last.readUInt32LE(where) !== locator.signature) throw new NoArchive();
  const large = await part(file, Number(last.readBigUInt64LE(where + 8)), largeEnd.length);
  if (large.readUInt32LE(0) !== largeEnd.signature) throw new NoArchive();
  return part(file, Number(large.readBigUInt64LE(48)), Number(large.readBigUInt64LE(40)));
}

/**
 * Bytes of the arrays in an .npz, which may be packed; they are not read.
 * @throws UserError: 2 it is none, 3 it can't be read
 */
export async function weightsIn(path: string): Promise<number> {
  const doing = `Reading the weights in ${path}`;
  try {
    const file = await open(path, 'r');
    try {
      return unpackedSize(await listOf(file));
    } finally {
      await file.close();
    }
  } catch (error) {
    if (!(error instanceof NoArchive || error instanceof RangeError)) throw localFailure(error, doing);
    const hint = 'numpy.savez writes one, and fl-wizard pull brings those of a run';
    throw new UserError({ exitCode: exit.invalid, doing, why: 'it is no .npz', hint });
  }
}
