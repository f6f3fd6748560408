/** What can be done about what failed. */
import { describe, expect, it } from 'vitest';
import { choicesAfter, failedHosts } from '../../source/plan/after.ts';
import { exit } from '../../source/plan/failure.ts';
import { trouble } from './fakes.ts';

const all = ['server', 'a', 'b', 'c'];
const at = (...hosts: readonly string[]) => hosts.map((host) => trouble(exit.connection, host));

describe('after trouble', () => {
  it.each([
    ['nothing', [], []],
    ['one client', at('b'), ['again', 'failed', 'rest', 'edit']],
    ['the same client twice', at('b', 'b'), ['again', 'failed', 'rest', 'edit']],
    ['the server', at('server'), ['again', 'failed', 'edit']],
    ['the server and a client', at('server', 'a'), ['again', 'failed', 'edit']],
    ['all', at(...all), ['again', 'edit']],
    ['this machine', [trouble(exit.local)], ['again', 'edit']],
    ['this machine and a client', [trouble(exit.local), ...at('a')], ['again', 'edit']],
  ])('at %s there is what helps', (_, failures, choices) => {
    expect(choicesAfter(failures, all)).toEqual(choices);
  });

  it('nobody is left out where a run would wait for them for ever', () => {
    expect(choicesAfter(at('b'), all, 2)).toContain('rest');
    expect(choicesAfter(at('b'), all, 3)).toEqual(['again', 'failed', 'edit']);
  });

  it('each host is named once, in the order of its trouble', () => {
    expect(failedHosts([...at('c', 'a', 'c'), trouble(exit.local)])).toEqual(['c', 'a']);
  });
});
