/** An editor that takes the terminal, and what is asked below it: the program goes on behind it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { keys, type Pty, start } from '../helpers/pty.ts';

const text = `version: 1
name: xray
server: {address: fl.example.org, ssh: {host: 127.0.0.1, port: 1}}
clients: [{name: a, ssh: {host: 127.0.0.1, port: 2}}]
`;

let folder: string;
let pty: Pty | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'editor-'));
  writeFileSync(join(folder, 'fl-network.yaml'), text);
});
afterEach(() => {
  pty?.kill();
  rmSync(folder, { recursive: true, force: true });
});

function program(words: readonly string[], editor: string, columns = 100): Pty {
  const env = { HOME: folder, EDITOR: editor, VISUAL: '' };
  pty = start(words, { cwd: folder, env, columns, rows: 40 });
  return pty;
}

/** Waits until words were written so often. */
function times(words: string, count: number) {
  const wanted = { test: () => (pty?.written().split(words).length ?? 0) > count, toString: () => words };
  return pty?.waitFor(wanted as unknown as RegExp);
}

const screenful = String.raw`#!/bin/sh
stty raw -echo; printf '\033[?1049ha full screen'; dd bs=1 count=1 2>/dev/null >/dev/null; stty sane; printf '\033[?1049l'
`;

function editor(rest: string): string {
  const path = join(folder, 'screenful');
  writeFileSync(path, `${screenful}${rest}\n`, { mode: 0o755 });
  return path;
}

describe('an editor in a terminal', () => {
  test('with lines only, the steps are asked for again behind it, whether the file is another or not', async () => {
    const talk = program(['--plain'], '');
    await times('q leaves: ', 1);
    talk.press('look', keys.enter);
    await times('Step, or g, n,', 1);
    talk.press('f', keys.enter);
    // vi is no help to who hears lines: that is said first, and leads back.
    await talk.waitFor(/tells no lines\.[\s\S]*y opens vi, Enter leads back: $/m);
    talk.press(keys.enter);
    await times('Step, or g, n,', 2);
    talk.press('f', keys.enter);
    await times('y opens vi, Enter leads back: ', 2);
    talk.press('y', keys.enter);
    await times('\x1b[?1049h', 1);
    talk.press(':q!', keys.enter);
    await times('Step, or g, n,', 3);
    talk.press('q', keys.enter);
    expect((await talk.end()).code).toBe(0);
    expect(readFileSync(join(folder, 'fl-network.yaml'), 'utf8')).toBe(text);
  });

  test.each([80, 40])('on a screen of %i columns a key alone answers, and words stay whole', async (columns) => {
    const talk = program([], editor(`sed -i 's/name: xray/name: xray2/' "$1"`), columns);
    await talk.waitFor(/❯ Go on[\s\S]*Network xray/, 10);
    talk.press(keys.down);
    await talk.waitFor(/❯ Look at the steps/, 10);
    talk.press(keys.enter);
    await talk.waitFor(/f (opens )?fl-network|of 8 /, 10);
    talk.press('f');
    await talk.waitFor(/a full screen/, 10);
    talk.press('x');
    await talk.waitFor(/leaves:/, 10);
    const written = talk.written().slice(talk.written().lastIndexOf('With this'));
    for (const line of written.split(/\r?\n/)) expect(line.length).toBeLessThanOrEqual(columns);
    talk.press('y');
    await talk.waitFor(/of 8 /, 10);
    talk.press('q');
    expect((await talk.end()).code).toBe(0);
    expect(readFileSync(join(folder, 'fl-network.yaml'), 'utf8')).toContain('xray2');
  });
});
