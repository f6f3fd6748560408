import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import { Welcome, type WelcomeFacts } from '../../source/ui/welcome.tsx';
import { keys, type Opened, open } from './terminal.ts';

const empty: WelcomeFacts = { state: 'empty', found: [['here', 'no fl-network.yaml']] };
const network: WelcomeFacts = {
  state: 'network',
  network: { name: 'xray', clients: 3, address: 'fl.example.org' },
  found: [],
};
const running: WelcomeFacts = { ...network, state: 'running' };

let terminal: Opened;
afterEach(async () => {
  cleanup();
  await terminal?.screen.close();
});

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('the first screen at %dx%d', (columns, rows) => {
  it('says what the folder is and what can be done', async () => {
    terminal = open({ columns, rows });
    const choice = terminal.screen.welcome(empty);
    const shown = await terminal.until('❯ Try it on this machine');
    expect(shown).toContain('Set up a network');
    expect(shown).toContain('fl-wizard 0.1.0');
    expect(shown).toContain('$ fl-wizard demo');
    if (rows >= 24) expect(shown).toContain('no fl-network.yaml');
    terminal.type(keys.down);
    await terminal.until('$ fl-wizard init');
    terminal.type(keys.enter);
    expect(await choice).toBe('setup');
  });
});

it.each([
  [network, 'Go through the steps', 'steps'],
  [running, 'Watch the run', 'monitor'],
] as const)('offers the likely thing first (%#)', async (facts, label, choice) => {
  terminal = open();
  const chosen = terminal.screen.welcome(facts);
  expect(await terminal.until(`❯ ${label}`)).toContain('xray: server fl.example.org, 3 clients');
  terminal.type(keys.enter);
  expect(await chosen).toBe(choice);
});

it.each(['q', keys.escape, keys.interrupt])('%j leaves', async (key) => {
  terminal = open();
  const chosen = terminal.screen.welcome(empty);
  await terminal.until('Try it');
  terminal.type(key);
  expect(await chosen).toBe('quit');
  expect(terminal.interrupts).toBe(key === keys.interrupt ? 1 : 0);
});

it('leaves nothing of itself on the terminal', async () => {
  terminal = open();
  void terminal.screen.welcome(empty);
  await terminal.until('Try it');
  await terminal.screen.close();
  expect((await terminal.lines()).join('')).toBe('');
});

it('is a component that can be drawn in ASCII', () => {
  const shown = render(
    <Welcome
      version="0.1.0"
      directory="~/fl"
      facts={empty}
      columns={80}
      rows={24}
      colors={false}
      unicode={false}
      interactive={false}
      highlighted="demo"
      highlight={() => undefined}
      choose={() => undefined}
    />,
  ).lastFrame();
  expect(shown).toMatch(/^[ -~\n]*$/);
  expect(shown).toContain('> Try it on this machine');
});
