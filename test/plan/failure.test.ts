import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExitCode, exit, failureOf, UserError, worst } from '../../source/plan/failure.ts';
import { Channel, reported } from '../../source/plan/merge.ts';
import { caseOf, cases } from '../../source/plan/proof.ts';
import { Secret } from '../../source/plan/secret.ts';

const order: readonly ExitCode[] = [1, 6, 5, 4, 3, 2];

describe('the worst of several exit codes', () => {
  it('is the first present of 1, 6, 5, 4, 3, 2', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...order), { minLength: 1 }), (codes) => {
        expect(worst(codes)).toBe(order.find((code) => codes.includes(code)));
      }),
    );
  });
  it('is 0 where there are none, and a signal before all', () => {
    expect(worst([])).toBe(0);
    expect(worst([0, 0])).toBe(0);
    expect(worst([6, 130])).toBe(130);
    expect([worst([7]), worst([8]), worst([0, 8])]).toEqual([7, 8, 8]);
  });
});

describe('a failure', () => {
  it('of ours keeps its words, and learns its host', () => {
    const error = new UserError({ exitCode: exit.remote, doing: 'Copying', why: 'no space', hint: 'free some' });
    expect(error.message).toBe('Copying: no space');
    expect(failureOf(error, 'else', 'client1')).toEqual({
      exitCode: 5,
      doing: 'Copying',
      why: 'no space',
      hint: 'free some',
      host: 'client1',
    });
  });
  it('keeps a host that it names itself', () => {
    const error = new UserError({ exitCode: exit.remote, host: 'client2', doing: 'Copying', why: 'no' });
    expect(failureOf(error, 'else', 'client1').host).toBe('client2');
  });
  it.each([new TypeError('x is undefined'), 'x is undefined'])('of anything else is a bug', (thrown) => {
    expect(failureOf(thrown, 'Copying')).toMatchObject({
      exitCode: 1,
      doing: 'Copying',
      why: 'this is a bug in fl-wizard: x is undefined',
    });
  });
});

describe('a secret', () => {
  const secret = new Secret('hunter2');
  it.each([
    ['a template', `${secret}`],
    ['String', String(secret)],
    ['JSON', JSON.stringify({ deep: [secret] })],
    ['inspect', inspect({ secret }, { showHidden: true, depth: 9 })],
    ['its keys and values', Object.entries(secret).join()],
    ['an error', new Error(`${secret}`).message],
    ['addition', `a${String(secret)}`],
    ['a clone', JSON.stringify({ ...secret })],
  ])('does not print by %s', (_, text) => {
    expect(text).not.toContain('hunter2');
  });
  it('says what it is, and is revealed on request', () => {
    expect(`${secret}`).toBe('‹secret›');
    expect(inspect([secret])).toContain('‹secret›');
    expect(secret.reveal()).toBe('hunter2');
    expect(new Secret(Buffer.from([7])).reveal()).toEqual(Buffer.from([7]));
  });
});

describe('merging', () => {
  const all = async <T>(values: AsyncIterable<T>) => {
    const found: T[] = [];
    for await (const value of values) found.push(value);
    return found;
  };

  it('gives what was pushed before, while and after somebody reads, each once and in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.integer(), fc.nat(3))), async (pushes) => {
        const channel = new Channel<number>();
        const reading = all(channel);
        for (const [value, turns] of pushes) {
          for (let turn = 0; turn < turns; turn++) await Promise.resolve();
          channel.push(value);
        }
        channel.close();
        expect(await reading).toEqual(pushes.map(([value]) => value));
      }),
    );
  });
  it('throws an error of the work after its last report', async () => {
    const seen: number[] = [];
    const reading = async () => {
      for await (const value of reported<number>(async (report) => {
        report(1);
        await Promise.resolve();
        report(2);
        throw new Error('broken');
      }))
        seen.push(value);
    };
    await expect(reading()).rejects.toThrow('broken');
    expect(seen).toEqual([1, 2]);
  });
  it('ends with work that reports nothing', async () => {
    expect(await all(reported(async () => undefined))).toEqual([]);
  });
});

describe('the cases of a proof', () => {
  it('let one in, and refuse all others', () => {
    expect(cases.filter(({ expected }) => expected === 'accepted').map(({ name }) => name)).toEqual(['right']);
    expect(cases.map(({ name }) => caseOf(name))).toEqual(cases);
  });
});
