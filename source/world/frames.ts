/** Several connections over one stream, as templates/runtime/…/judge.py has them: kind, number, length, and so many bytes. */

export type Frame = { readonly kind: string; readonly number: number; readonly payload: Buffer };

const headBytes = 7;
/** A host that says more in one is no host of ours. */
const longest = 1 << 20;

export function encodeFrame(kind: string, number: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(headBytes);
  head.write(kind, 'latin1');
  head.writeUInt16BE(number, 1);
  head.writeUInt32BE(payload.length, 3);
  return Buffer.concat([head, payload]);
}

/** Frames out of chunks. */
export class Frames {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole with this chunk. @throws Error for one that is too long */
  *take(chunk: Buffer): Generator<Frame> {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= headBytes) {
      const length = this.#rest.readUInt32BE(3);
      if (length > longest) throw new Error('a frame is too long');
      if (this.#rest.length < headBytes + length) return;
      const kind = this.#rest.toString('latin1', 0, 1);
      const number = this.#rest.readUInt16BE(1);
      const payload = this.#rest.subarray(headBytes, headBytes + length);
      this.#rest = this.#rest.subarray(headBytes + length);
      yield { kind, number, payload };
    }
  }
}
