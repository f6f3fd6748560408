/** A command that asks for a secret on its stderr and reads it from its stdin, as `sudo -S` does. */
import type { Readable, Writable } from 'node:stream';
import type { Secret } from '../plan/secret.ts';

export type Prompted = {
  /** What the command prints when it wants an answer. */
  readonly prompt: string;
  /**
   * @param times how often it has asked by now, from 1
   * @returns nothing where there is no answer: its stdin is closed then
   */
  answer(times: number): Promise<Secret | undefined> | Secret | undefined;
};

/** The part of a channel that is needed here. */
type Channel = Pick<Writable, 'write' | 'end'> & { readonly stderr: Readable };

/**
 * Answers each time it is asked. What else the command shall read is given by `first`, right behind the first answer,
 * and never before: a command that does not ask must not take it for one, nor a shell the secret for input.
 * @param first called once the first answer was given
 */
export function answerPrompts(channel: Channel, { prompt, answer }: Prompted, first: () => void): void {
  let [held, times] = ['', 0];
  let turn: Promise<unknown> = Promise.resolve();
  const reply = async (time: number) => {
    const secret = await answer(time);
    if (!secret) {
      channel.end();
      return;
    }
    channel.write(`${secret.reveal()}\n`);
    if (time === 1) first();
  };
  channel.stderr.on('data', (chunk: Buffer) => {
    held += chunk.toString('latin1');
    for (let at = held.indexOf(prompt); at >= 0; at = held.indexOf(prompt)) {
      held = held.slice(at + prompt.length);
      times += 1;
      const time = times;
      // Who can't answer leaves it without one, and it says so itself.
      turn = turn.then(() => reply(time)).catch(() => channel.end());
    }
    // The prompt has no end of line; of what came before it, only as much as may be its beginning is needed.
    held = held.slice(-prompt.length);
  });
}

/** What a command said, without what it asked with. */
export function withoutPrompts(text: string, { prompt }: Prompted): string {
  return text.replaceAll(prompt, '');
}
