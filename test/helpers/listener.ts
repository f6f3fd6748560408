/** Somebody who hears the program: a real screen reader (yasr) sits between it and the terminal, and its voice writes down. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { keys, type Pty, type PtyEnd, start } from './pty.ts';

export const canListen = ['/usr/bin/yasr', '/usr/local/bin/yasr'].some((file) => existsSync(file));

/** Between two looks at what was said, milliseconds. */
const pause = 20;

type Around = {
  /** For what the screen reader needs. */
  readonly folder: string;
  readonly cwd: string;
  readonly home: string;
  readonly env?: Readonly<Record<string, string>>;
};

export class Listener {
  readonly pty: Pty;
  readonly #said: string;
  /** What was typed, which the terminal echoes. */
  readonly typed: string[] = [];
  #heard = 0;

  constructor(words: readonly string[], { folder, cwd, home, env = {} }: Around) {
    // A second one in the same folder hears nothing of the first.
    this.#said = join(folder, `said-${Date.now()}`);
    const [voice, settings] = [join(folder, 'voice'), join(folder, 'yasr.conf')];
    // It speaks as to an emacspeak server: `q {words}`, and `d` for "say it".
    writeFileSync(voice, `#!/bin/sh\nexec cat >>'${this.#said}'\n`, { mode: 0o755 });
    writeFileSync(
      settings,
      [
        '[normalkeys]',
        '[options]',
        'synthesizer=emacspeak server',
        `synthesizer port=|${voice}`,
        'key echo=off',
        'special=off',
        '[emacspeak server]',
        'rate=175',
        'punctuation=some',
        '',
      ].join('\n'),
    );
    this.pty = start(words, {
      cwd,
      env: { HOME: home, SSH_AUTH_SOCK: '', ...env },
      term: 'linux',
      columns: 100,
      rows: 30,
      // Our options are none of its own.
      through: ['/usr/bin/env', 'POSIXLY_CORRECT=1', 'yasr', '-C', settings],
    });
  }

  /** All that was said so far, piece by piece. */
  said(): readonly string[] {
    const told = existsSync(this.#said) ? readFileSync(this.#said, 'utf8') : '';
    return [...told.matchAll(/^q \{(.*)\}$/gm)].map(([, words = '']) => words);
  }

  /** Waits until words were said behind those that were waited for before; what was said between. */
  async hear(words: string, seconds = 60): Promise<string> {
    for (const end = Date.now() + seconds * 1000; ; ) {
      const all = this.said().join('\n');
      const at = all.indexOf(words, this.#heard);
      const from = this.#heard;
      if (at >= 0) {
        this.#heard = at + words.length;
        return all.slice(from, this.#heard);
      }
      if (Date.now() > end) throw new Error(`${seconds} s passed and this was not said: ${words}\n${all}`);
      await sleep(pause);
    }
  }

  /** Types a line once these words were said; what was said until then. */
  async say(words: string, line: string, seconds?: number): Promise<string> {
    const told = await this.hear(words, seconds);
    this.typed.push(line);
    this.pty.press(line, keys.enter);
    return told;
  }

  end(seconds?: number): Promise<PtyEnd> {
    return this.pty.end(seconds);
  }
}
