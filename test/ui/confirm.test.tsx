import { afterEach, describe, expect, it } from 'vitest';
import { keys, type Opened, type OpenOptions, open } from './terminal.ts';

const opened: Opened[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.screen.close();
});

function ask(options: OpenOptions = {}, more: { readonly yes?: string } = { yes: 'save them' }) {
  const terminal = open(options);
  opened.push(terminal);
  const lines = Array.from({ length: 30 }, (_, at) => `- certificate ${at + 1}: another address`);
  const answer = terminal.screen.confirm({ title: 'Out of date are', lines, no: 'back', ...more });
  return { terminal, answer };
}

describe('a page that is answered', () => {
  it.each([
    ['y', true],
    ['n', false],
    ['q', false],
    [keys.escape, false],
    [keys.interrupt, false],
  ])('%j is %s', async (key, yes) => {
    const { terminal, answer } = ask();
    await terminal.until('y save them   n back');
    terminal.type(key);
    expect(await answer).toBe(yes);
  });

  it('is scrolled, and Enter says yes to nothing', async () => {
    const { terminal, answer } = ask({ columns: 40, rows: 12 });
    await terminal.until('30 lines: ↓ 22 below');
    terminal.type(keys.enter, keys.down, keys.down);
    expect(await terminal.until('↑ 2 above')).toContain('certificate 3:');
    terminal.type('n');
    expect(await answer).toBe(false);
  });

  it('only tells where there is nothing to say yes to', async () => {
    const { terminal, answer } = ask({}, {});
    await terminal.until('enter back');
    terminal.type('y', keys.enter);
    expect(await answer).toBe(false);
  });

  it('is not answered where it can’t be read', async () => {
    const { terminal, answer } = ask({ columns: 20, rows: 5 });
    await terminal.until('too small');
    terminal.type('y');
    terminal.resize(80, 24);
    await terminal.until('y save them');
    terminal.type('n');
    expect(await answer).toBe(false);
  });
});
