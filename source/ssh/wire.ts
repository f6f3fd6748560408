/** The pieces of which SSH's keys, certificates and packets are made (RFC 4251, 5). */

/** A length before the bytes. */
export function field(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/**
 * Reads such pieces out of bytes that anybody may have sent: past their end it yields nothings and remembers that
 * they were broken, so that whoever reads asks once, at the end.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #at = 0;
  #broken = false;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether more was read than is there. */
  get broken(): boolean {
    return this.#broken;
  }

  /** How many bytes were read. */
  get at(): number {
    return this.#at;
  }

  /** Whether something is left to read. */
  get more(): boolean {
    return !this.#broken && this.#at < this.#bytes.length;
  }

  take(length: number): Buffer {
    if (this.#broken || length > this.#bytes.length - this.#at) {
      this.#broken = true;
      return Buffer.alloc(0);
    }
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  uint32(): number {
    const bytes = this.take(4);
    return this.#broken ? 0 : bytes.readUInt32BE();
  }

  uint64(): bigint {
    const bytes = this.take(8);
    return this.#broken ? 0n : bytes.readBigUInt64BE();
  }

  /** A length and as many bytes. */
  field(): Buffer {
    return this.take(this.uint32());
  }

  text(): string {
    return this.field().toString('latin1');
  }
}
