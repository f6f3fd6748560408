import type { Duplex } from 'node:stream';

/** More than any host says before and with its key; one that says more is not listened to any longer. */
const mostBytes = 160 * 1024;

/** What comes over a stream, cut into lines and packets. Everything throws where the stream ends too early. */
export class Incoming {
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  #total = 0;

  constructor(stream: Duplex) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The line that greets; hosts may say other things before it (RFC 4253, 4.2). */
  async greeting(): Promise<string> {
    for (;;) {
      let end = this.#held.indexOf('\n');
      while (end < 0) {
        this.#held = Buffer.concat([this.#held, await this.#next()]);
        end = this.#held.indexOf('\n');
      }
      const line = this.#held.toString('latin1', 0, end).trimEnd();
      this.#held = this.#held.subarray(end + 1);
      if (line.startsWith('SSH-')) return line;
    }
  }

  /** The payload of the next packet (RFC 4253, 6). */
  async packet(): Promise<Buffer> {
    const length = (await this.#take(4)).readUInt32BE();
    if (length < 2 || length > mostBytes) throw new Error('it sent no packet of SSH');
    const body = await this.#take(length);
    const padding = body[0] ?? 0;
    if (padding + 1 >= length) throw new Error('it sent no packet of SSH');
    return body.subarray(1, length - padding);
  }

  async #take(length: number): Promise<Buffer> {
    const chunks = [this.#held];
    for (let size = this.#held.length; size < length; ) {
      const chunk = await this.#next();
      chunks.push(chunk);
      size += chunk.length;
    }
    const all = Buffer.concat(chunks);
    this.#held = all.subarray(length);
    return all.subarray(0, length);
  }

  async #next(): Promise<Buffer> {
    const { done, value } = await this.#chunks.next();
    if (done) throw new Error('it closed the connection');
    this.#total += value.length;
    if (this.#total > mostBytes) throw new Error('it said too much');
    return value;
  }
}
