import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, it } from 'vitest';
import type { WelcomeFacts } from '../../source/ui/offers.ts';
import { Welcome } from '../../source/ui/welcome.tsx';
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

  it('shows first what a network can be started from', async () => {
    terminal = open({ columns, rows });
    const found = [
      ['here', '3 hosts in hosts.ini, no fl-network.yaml'],
      ['~/.ssh/config', 'bastion'],
    ] as const;
    void terminal.screen.welcome({ state: 'empty', start: '3 hosts in hosts.ini', found });
    expect(await terminal.until('Start from what is here')).toMatch(/Found {3}here +3 hosts in hosts\.ini/);
  });
});

it.each([
  [network, 'Go on', 'steps'],
  [running, 'Go on', 'steps'],
] as const)('offers the likely thing first (%#)', async (facts, label, choice) => {
  terminal = open();
  const chosen = terminal.screen.welcome(facts);
  expect(await terminal.until(`❯ ${label}`)).toContain('xray: server fl.example.org, 3 clients');
  terminal.type(keys.enter);
  expect(await chosen).toBe(choice);
});

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('questions that were left half way, at %dx%d', (columns, rows) => {
  const half: WelcomeFacts = { state: 'half', answers: '4 of 6, 12 min ago', found: [] };

  it('are what is offered first, and facts that come later move nothing', async () => {
    let tell: (facts: WelcomeFacts) => void = () => undefined;
    terminal = open({ columns, rows });
    const chosen = terminal.screen.welcome(half, new Promise((resolve) => (tell = resolve)));
    const shown = await terminal.until('❯ Go on with your answers');
    expect(shown).toContain('$ fl-wizard init');
    if (columns >= 80) expect(shown).toMatch(/\(half done\)[\s\S]*Go on with your answers +4 of 6, 12 min ago/);
    if (columns >= 80) expect(shown).toMatch(/Set up a network +anew; the answers so far are set aside$/m);
    const row = async () => (await terminal.lines()).findIndex((line) => line.includes('❯ Go on with your answers'));
    const before = await row();
    tell({ ...half, start: 'an app', found: [['here', 'no fl-network.yaml']] });
    await terminal.until('Start from what is here');
    expect(await row()).toBe(before);
    terminal.type(keys.enter);
    expect(await chosen).toBe('resume');
  });
});

it('says what is not as it should be in a sentence, which no escape leaves', async () => {
  terminal = open({ columns: 60 });
  void terminal.screen.welcome({
    ...empty,
    note: `answers.yaml can’t be read (\x1b[2J${'why '.repeat(20)}); set aside`,
  });
  expect((await terminal.until(/set\s+aside/)).replace(/\s+/g, ' ')).toContain('can’t be read (');
  expect(await terminal.until('❯ Try it on this machine')).toContain('no network yet');
});

describe('what takes longer to find out', () => {
  const later = (facts: WelcomeFacts) => {
    let tell: (facts: WelcomeFacts) => void = () => undefined;
    terminal = open();
    const chosen = terminal.screen.welcome({ ...facts, found: [] }, new Promise((resolve) => (tell = resolve)));
    return { chosen, tell: (found: WelcomeFacts) => tell(found) };
  };

  it('comes to a screen that is there, and changes nothing under a finger that is on its way', async () => {
    const { chosen, tell } = later(empty);
    await terminal.until('❯ Try it on this machine');
    tell({ ...empty, start: 'certificate.conf, 3 hosts in hosts.txt' });
    expect(await terminal.until('Start from what is here')).toContain('certificate.conf, 3 hosts in hosts.txt');
    terminal.type(keys.down);
    await terminal.until('❯ Set up a network');
    terminal.type(keys.down);
    await terminal.until('❯ Start from what is here');
    terminal.type(keys.enter);
    expect(await chosen).toBe('start');
  });

  it('moves nothing that stands there, nor a cursor that somebody has moved', async () => {
    const { chosen, tell } = later(empty);
    const row = async (label: string) => (await terminal.lines()).findIndex((line) => line.includes(label));
    await terminal.until('❯ Try it on this machine');
    const before = [await row('Try it'), await row('Set up')];
    terminal.type(keys.down);
    await terminal.until('❯ Set up a network');
    tell({ ...empty, start: 'an app' });
    await terminal.until('Start from what is here');
    expect([await row('Try it'), await row('Set up')]).toEqual(before);
    expect(await terminal.until('❯ Set up a network')).toContain('$ fl-wizard init');
    terminal.type(keys.enter);
    expect(await chosen).toBe('setup');
  });

  it('that goes on running moves no cursor either', async () => {
    const { chosen, tell } = later({ ...network });
    await terminal.until('❯ Go on');
    tell(running);
    await terminal.until('xray, running');
    terminal.type(keys.enter);
    expect(await chosen).toBe('steps');
  });

  it('can fail: the screen can still be used', async () => {
    terminal = open();
    const chosen = terminal.screen.welcome(empty, Promise.reject(new Error('unreadable')));
    await terminal.until('❯ Try it on this machine');
    terminal.type(keys.enter);
    expect(await chosen).toBe('demo');
  });
});

it('takes keys that come in one piece one after the other', async () => {
  terminal = open();
  const chosen = terminal.screen.welcome(network);
  await terminal.until('❯ Go on');
  terminal.type(`${keys.down}${keys.down}${keys.up}${keys.enter}`);
  expect(await chosen).toBe('choose');
});

it.each([
  ['3', 'monitor'],
  ['jj', 'monitor'],
  ['\x1b[F', 'demo'],
] as const)('goes with %j to an offer', async (key, choice) => {
  terminal = open();
  const chosen = terminal.screen.welcome(network);
  await terminal.until('❯ Go on');
  terminal.type(`${key}${keys.enter}`);
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
      highlighted="demo"
    />,
  ).lastFrame();
  expect(shown).toMatch(/^[ -~\n]*$/);
  expect(shown).toContain('> Try it on this machine');
});
