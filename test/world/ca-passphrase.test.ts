import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateKey } from '../../source/pki/key.ts';
import { encryptedKeyPem, unlockKey } from '../../source/pki/passphrase.ts';
import { exit, UserError } from '../../source/plan/failure.ts';
import { Secret } from '../../source/plan/secret.ts';
import { type Answer, type Question, typedAnswer } from '../../source/plan/step.ts';
import { CaPassphrase } from '../../source/world/ca-passphrase.ts';

const top = mkdtempSync(join(tmpdir(), 'fl-passphrase-'));
afterAll(() => rmSync(top, { recursive: true, force: true }));

/** Answers in turn; an empty one is Enter alone, and behind the last one somebody gives up. */
function typing(...answers: readonly string[]) {
  const asked: Question[] = [];
  const left = [...answers];
  const ask = async (question: Question): Promise<Answer> => {
    asked.push(question);
    const text = left.shift();
    return text === undefined ? { kind: 'no' } : typedAnswer(question, text);
  };
  return { ask, asked };
}

const key = await generateKey({ algorithm: 'ec' });
const locked = new Secret(await encryptedKeyPem(key, new Secret('right')));
const unlock = (passphrase: Secret) => unlockKey(locked, passphrase);

async function failure(work: Promise<unknown>) {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof UserError) return error.failure;
  throw new Error('nothing was refused');
}

describe('the passphrase of a new key', () => {
  it('is asked twice', async () => {
    const { ask, asked } = typing('one', 'one');
    expect((await new CaPassphrase({ ask }).forNew('ca.key'))?.reveal()).toBe('one');
    expect(asked.map((each) => each.kind === 'passphrase' && each.wanted)).toEqual(['new-ca', 'repeat-ca']);
    // Three characters are taken, with a word.
    expect(asked[1]).toMatchObject({ note: expect.stringContaining('fewer than 12 characters') });
  });

  it('is none where nobody wants any', async () => {
    expect(await new CaPassphrase({ ask: typing('').ask }).forNew('ca.key')).toBeUndefined();
  });

  it('is no matter of chance: who gives up gets no key at all (8)', async () => {
    expect((await failure(new CaPassphrase({ ask: typing().ask }).forNew('ca.key'))).exitCode).toBe(exit.declined);
    expect((await failure(new CaPassphrase({ ask: typing('one').ask }).forNew('ca.key'))).exitCode).toBe(exit.declined);
  });

  it('is asked again where the two differ, and three times at most', async () => {
    const slip = typing('one', 'two', 'three', 'three');
    expect((await new CaPassphrase({ ask: slip.ask }).forNew('ca.key'))?.reveal()).toBe('three');
    expect(slip.asked[2]).toMatchObject({ note: 'The two were not the same.' });
    const never = typing('1', '2', '3', '4', '5', '6');
    expect((await failure(new CaPassphrase({ ask: never.ask }).forNew('ca.key'))).exitCode).toBe(exit.invalid);
  });
});

describe('a locked key', () => {
  const open = (sources: ConstructorParameters<typeof CaPassphrase>[0]) =>
    new CaPassphrase(sources).open('ca.key', unlock);

  it('opens with what was given, and nobody is asked', async () => {
    const { ask, asked } = typing();
    expect((await open({ ask, value: new Secret('right') })).equals(key)).toBe(true);
    expect(asked).toEqual([]);
  });

  it('is asked for until it opens, with a word about the last try', async () => {
    const { ask, asked } = typing('wrong', 'right');
    expect((await open({ ask })).equals(key)).toBe(true);
    expect(asked[1]).toMatchObject({ wanted: 'open-ca', note: 'That passphrase does not open it.' });
  });

  it('stays closed (2) without one, with a wrong one, and with three wrong ones', async () => {
    const { ask } = typing();
    for (const sources of [{ ask }, { ask, value: new Secret('wrong') }, { ask: typing('a', 'b', 'c', 'right').ask }]) {
      const { exitCode, hint } = await failure(open(sources));
      expect([exitCode, hint]).toEqual([exit.invalid, expect.stringMatching(/passphrase/)]);
    }
  });
});
