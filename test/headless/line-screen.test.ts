import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { validate } from '../../source/commands/draft.ts';
import { LineScreen } from '../../source/headless/line-screen.ts';
import { type LineSource, lineSource } from '../../source/headless/line-source.ts';
import { fields } from '../../source/ui/fields.ts';
import type { WelcomeFacts } from '../../source/ui/offers.ts';
import type { NetworkDraft, Prefill, Suggest } from '../../source/ui/questions.ts';

const whole: NetworkDraft = {
  name: 'xray',
  address: 'fl.example.org',
  names: ['203.0.113.10', '10.0.1.5'],
  server: 'ubuntu@fl.example.org',
  identityFile: '',
  clients: [
    { name: 'hosp-a', ssh: 'flsvc@10.20.0.8' },
    { name: 'hosp-b', ssh: 'fl@pacs-gw:2222' },
  ],
};

const aliases: Suggest = async (field) =>
  field === 'clients' || field === 'server'
    ? ['fl-server', 'hosp-1', 'hosp-2', 'lab'].map((value) => ({ value, from: '~/.ssh/config' }))
    : field === 'names'
      ? ['192.0.2.1', '192.0.2.2', '192.0.2.3'].map((value) => ({ value, from: 'what fl.example.org resolves to' }))
      : [];

class Terminal {
  readonly input = new PassThrough();
  readonly screen: LineScreen;
  #written = '';
  #seen = 0;

  constructor() {
    this.screen = new LineScreen({
      version: '1.2.3',
      directory: '/home/me/xray',
      source: lineSource(this.input),
      write: (text) => {
        this.#written += text;
      },
    });
  }

  /** All that was written. */
  get written(): string {
    return this.#written;
  }

  /** Waits for words behind those that were waited for before; what stands between. */
  async until(words: string): Promise<string> {
    const at = await vi.waitUntil(
      () => {
        const found = this.#written.indexOf(words, this.#seen);
        return found < 0 ? undefined : { found };
      },
      { timeout: 10_000, interval: 5 },
    );
    const between = this.#written.slice(this.#seen, at.found + words.length);
    this.#seen = at.found + words.length;
    return between;
  }

  type(...lines: readonly string[]): void {
    this.input.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** Types a line once these words stand there; what was told until then. */
  async say(words: string, ...lines: readonly string[]): Promise<string> {
    const told = await this.until(words);
    this.type(...lines);
    return told;
  }
}

let terminal: Terminal | undefined;
afterEach(async () => {
  await terminal?.screen.close();
  // No line acts on a terminal, and none is longer than a screen reader's breath.
  expect(terminal?.written ?? '').toMatch(/^[\P{C}\n]*$/u);
  terminal = undefined;
});

function ask(prefill: Prefill = {}, suggest: Suggest = aliases) {
  terminal = new Terminal();
  return { on: terminal, draft: terminal.screen.questions(prefill, validate, suggest) };
}

/** Takes so many answers as they stand there. */
const enters = async (on: Terminal, count: number) => {
  for (let at = 0; at < count; at += 1) await on.say(', or Enter', '');
};

describe('the questions, line by line', () => {
  it('say what each is, why it is asked, an example and what Enter means; their answers become a draft', async () => {
    const { on, draft } = ask();
    const first = await on.say('Answer: ', 'xray');
    const [{ title, what, why, example }] = fields as [(typeof fields)[number]];
    expect(first).toContain(`Question 1 of 6: ${title}\n${what}\n${why}\nFor example: ${example}\nAnswer: `);
    await on.say('Which address do the clients dial?');
    await on.say('Answer: ', 'fl.example.org');
    expect(await on.say('Answer, or Enter (none): ', '203.0.113.10, 10.0.1.5')).toContain('Left empty: none.');
    await on.say('Answer: ', 'ubuntu@fl.example.org');
    await on.say('Answer, or Enter (as ~/.ssh/config and the agent say): ', '');
    await on.say('Client 1: ', 'hosp-a flsvc@10.20.0.8');
    expect(await on.say('Client 2, or Enter when that is all: ', 'hosp-b fl@pacs-gw:2222')).toContain(
      'Added hosp-a, flsvc@10.20.0.8.\n1 client so far.\n',
    );
    await on.say('Client 3, or Enter', '');
    const summary = await on.say('y writes it', 'y');
    for (const line of ['1 name: xray', '3 other names: 203.0.113.10, 10.0.1.5', 'Client hosp-b, fl@pacs-gw:2222'])
      expect(summary).toContain(`\n${line}\n`);
    expect(await draft).toEqual(whole);
  });

  it('tell what there is to say of an answer that is taken all the same, once', async () => {
    const remark = async (kind: string, value: string) =>
      value === 'hosp-x' ? `${kind} ${value} has no address` : undefined;
    const { on, draft } = ask({ ...whole, clients: [] }, Object.assign(aliases.bind(undefined), { remark }));
    await enters(on, 3);
    await on.say('Answer, or Enter for ubuntu@fl.example.org', '');
    await enters(on, 1);
    await on.say('Client 1: ', 'a 10.0.0.8');
    expect(await on.say('Client 2', 'hosp-x')).not.toContain('Note');
    expect(await on.say('Client 3', '')).toContain('Note: ssh hosp-x has no address.\n');
    expect(await on.say('y writes it', 'y')).not.toContain('Note');
    expect((await draft)?.clients.map(({ name }) => name)).toEqual(['a', 'hosp-x']);
  });

  it('tell where a prefilled answer was found, and Enter takes it', async () => {
    const from = { address: 'certificate.conf', clients: 'hosts.ini' };
    const { on, draft } = ask({ ...whole, from, app: '4 files of this folder' });
    await on.say('Answer, or Enter for xray: ', '');
    expect(await on.say('Enter for fl.example.org: ', '')).toContain('Found in certificate.conf.');
    expect(await on.say('Enter for 203.0.113.10, 10.0.1.5: ', '')).toContain(
      'Without an answer: none; for that type a minus, -.',
    );
    await on.say('Answer, or Enter for ubuntu@fl.example.org', '');
    await on.say('Answer, or Enter (', '');
    expect(await on.say('Client 3, or Enter', '')).toContain(
      'Found in hosts.ini.\nSo far 2 clients; list tells them.\n',
    );
    expect(await on.say('y writes it', 'yes')).toContain('App: 4 files of this folder\n');
    expect(await draft).toEqual(whole);
  });

  it('tell why a file answers nothing', async () => {
    const { on } = ask({ name: 'xray', from: { unused: 'certificate.conf can’t be read' } });
    expect(await on.say('Answer, or Enter for xray: ', '')).not.toContain('Not taken');
    expect(await on.say('Answer: ', 'fl.example.org')).toContain('Not taken: certificate.conf can’t be read.');
  });

  it('say why an answer cannot be taken and ask again, with what stood there before', async () => {
    const { on } = ask({ name: 'xray' });
    await on.say('Answer, or Enter for xray: ', 'x$y');
    expect(await on.say('Answer, or Enter for xray: ', '')).toMatch(/Not taken: letters, digits, .*\n/);
    await on.say('Answer: ', '');
    await on.until('Not taken: this is needed.\nAnswer: ');
    on.type('https://fl.example.org');
    await on.until('Not taken: a name or an address alone');
    on.type('fl.example.org');
    await on.say('Enter (none): ', '10.0.1.5 not$good');
    await on.until('Not taken: ');
  });

  it('a minus empties what may be empty', async () => {
    const { on, draft } = ask(whole);
    await enters(on, 2);
    await on.say('Enter for 203.0.113.10, 10.0.1.5: ', '-');
    await enters(on, 3);
    expect(await on.say('y writes it', 'y')).toContain('\n3 other names: none\n');
    expect(await draft).toEqual({ ...whole, names: [] });
  });

  it('go back without losing anything, not before the first, and leave with q', async () => {
    const { on, draft } = ask();
    await on.say('Answer: ', '<');
    await on.until('This is the first question; q leaves.');
    on.type('xray');
    await on.say('Which address');
    await on.say('Answer: ', 'back');
    await on.until('What is the network called?');
    await on.say('Answer, or Enter for xray: ', '');
    await on.say('Answer: ', 'q');
    expect(await draft).toBeUndefined();
  });

  it('a line with = before it is an answer, whatever it says', async () => {
    const { on } = ask();
    await on.say('Answer: ', '=back');
    await on.say('Answer: ', '<');
    await on.until('Answer, or Enter for back: ');
  });

  it('? lists what is known, and numbers take it', async () => {
    const { on, draft } = ask({ ...whole, names: [], server: '', clients: [] });
    await on.say('Enter for xray', '?');
    expect(await on.say('Enter for xray', '1')).toContain('Nothing else is known here.');
    // Nothing was listed: it is the name.
    await on.say('Enter for fl.example.org', '<');
    await on.say('Enter for 1: ', 'xray');
    await enters(on, 1);
    await on.say('Enter (none): ', '?');
    expect(await on.say('Enter (none): ', '1, 3')).toContain(
      '1 192.0.2.1, what fl.example.org resolves to\n2 192.0.2.2,',
    );
    await on.say('Answer: ', '?');
    await on.until('4 lab, ~/.ssh/config\nA number takes that one.\n');
    await on.say('Answer: ', '9');
    await on.say('Enter', '<');
    await on.say('Enter for 9: ', '?');
    await on.say('Enter for 9: ', '1');
    await enters(on, 1);
    await on.say('Client 1: ', '?');
    // The server is none of them.
    await on.until('1 hosp-1, ~/.ssh/config\n2 hosp-2');
    await on.say('Client 1: ', '3 1');
    expect(await on.say('Client 3, or Enter', '')).toContain(
      'Added lab, lab.\nAdded hosp-1, hosp-1.\n2 clients so far.',
    );
    expect(await on.say('y writes it', 'y')).toContain('3 other names: 192.0.2.1, 192.0.2.3\n');
    expect(await draft).toMatchObject({ server: 'fl-server', clients: [{ name: 'lab' }, { name: 'hosp-1' }] });
  });

  it('are told again by ?, for who has not heard them, and by words that are said as they are written', async () => {
    const { on } = ask(whole);
    const told = await on.say('Answer, or Enter for xray: ', '?');
    const again = await on.until('Answer, or Enter for xray: ');
    // Some screen readers leave the sign out, or call it something else.
    expect(told + again).not.toContain('<');
    expect(again).toContain(told.slice(told.indexOf('Question 1 of 6'), told.indexOf('Answer')));
    on.type('');
    await enters(on, 5);
    const summary = await on.say('y writes it', '?');
    const rows = summary.slice(summary.indexOf('Is this right?'));
    expect(await on.say('y writes it', '8')).toContain(rows);
    expect(await on.say('y writes it', 'q')).toContain('8 is none of these; ? tells the answers again.\n');
  });

  it('are asked where nothing can be looked up', async () => {
    const { on } = ask({}, () => Promise.reject(new Error('no name server')));
    await on.say('Answer: ', '?');
    await on.until('Nothing else is known here.');
  });
});

describe('the clients, line by line', () => {
  const clients = async (prefill: Prefill = whole) => {
    const asked = ask(prefill);
    await enters(asked.on, 5);
    return asked;
  };

  it('are listed, removed, changed, and taken by a pattern; an empty line ends the list', async () => {
    const { on, draft } = await clients();
    await on.say('Client 3', 'list');
    await on.until('hosp-a, flsvc@10.20.0.8\nhosp-b, fl@pacs-gw:2222\n');
    await on.say('Client 3', 'remove HOSP-A');
    await on.until('hosp-a is removed.');
    await on.say('Client 2', 'remove nobody');
    await on.until('There is no client nobody.');
    await on.say('Client 2', 'change hosp-b');
    await on.until('change hosp-b user@host.');
    await on.say('Client 2', 'change hosp-b ubuntu@fl.example.org');
    await on.until(' is already the server.\nhosp-b stays as it was.\n');
    await on.say('Client 2', 'change hosp-b fl@10.0.0.9');
    await on.until('Added hosp-b, fl@10.0.0.9.\n1 client so far.');
    await on.say('Client 2', 'hosp-*');
    await on.until('Added hosp-1, hosp-1.\nAdded hosp-2, hosp-2.\n3 clients so far.');
    await on.say('Client 4', 'a b c');
    await on.until('Not taken: a b c: a line is one client');
    await on.say('Client 4', '');
    await on.say('y writes it', 'y');
    expect((await draft)?.clients).toEqual([
      { name: 'hosp-b', ssh: 'fl@10.0.0.9' },
      { name: 'hosp-1', ssh: 'hosp-1' },
      { name: 'hosp-2', ssh: 'hosp-2' },
    ]);
  });

  it('at least one is needed', async () => {
    const { on } = await clients({ ...whole, clients: [] });
    await on.say('Client 1: ', 'list');
    await on.until('There is no client yet.');
    await on.say('Client 1: ', '');
    await on.until('a network needs at least one client');
    await on.until('Client 1: ');
  });

  it('come as one paste of hundreds of lines: each that is wrong is told, and empty lines and notes end nothing', async () => {
    const { on, draft } = await clients({ ...whole, clients: [] });
    const lines = Array.from({ length: 300 }, (_, at) => `site${at} fl@10.0.${at >> 8}.${at & 255}`);
    await on.say('Client 1: ', ...lines, '', '# the others', 'SITE7 other@host', 'ba$d x@y', 'last fl@10.1.1.1');
    const told = await on.until('Client 302, or Enter');
    expect(told).toContain('Added 301 clients, the last is last, fl@10.1.1.1. 301 clients so far.\n');
    expect(told).toContain(
      '\nNot taken: SITE7 other@host: a client named SITE7 is there already (line 8); give it another name.\nNot taken: ba$d x@y: ',
    );
    expect(told.split('\n').length).toBeLessThan(6);
    on.type('');
    expect(await on.say('y writes it', 'list')).toContain('Client site9, fl@10.0.0.9\nAnd 291 more; list tells all.\n');
    await on.until('site299, fl@10.0.1.43\nlast, fl@10.1.1.1\n');
    await on.say('y writes it', 'y');
    expect((await draft)?.clients).toHaveLength(301);
  });

  it('what a paste has behind a command is left out and said', async () => {
    const { on } = await clients();
    await on.say('Client 3', 'site1 fl@10.0.0.1', '<', 'site2 fl@10.0.0.2', 'site3 fl@10.0.0.3');
    await on.until('Added site1, fl@10.0.0.1.\n3 clients so far.\n2 lines behind that not taken.');
    await on.until('Which SSH key logs in?');
  });
});

describe('the summary, line by line', () => {
  it('calls an answer back by its number, and goes there again', async () => {
    const { on, draft } = ask(whole);
    await enters(on, 6);
    await on.say('y writes it', '2');
    await on.until('Question 2 of 6');
    await on.say('Enter for fl.example.org: ', 'fl.example.net');
    expect(await on.say('y writes it', '1')).toContain('\n2 clients dial: fl.example.net\n');
    await on.say('Enter for xray: ', '<');
    await on.until('Is this right?');
    await on.say('y writes it', '<');
    await on.say('Client 3, or Enter', '');
    await on.until('Is this right?');
    for (const line of ['', '7', '0', 'n', 'yy']) await on.say('y writes it', line);
    await on.say('y writes it', 'Y');
    expect(await draft).toEqual({ ...whole, address: 'fl.example.net' });
  });

  it('is no yes by a line that came before it was told', async () => {
    const { on, draft } = ask({ ...whole, clients: [] });
    await enters(on, 5);
    await on.say('Client 1: ', 'hosp-a fl@a');
    await on.until('Client 2, or Enter');
    // The list's own lines are looked at together: this one is a client then, and no yes either.
    on.type('', 'y');
    await on.until('Added y, y.');
    await on.say('Client 3, or Enter', '');
    await on.say('y writes it', '5');
    await on.until('Which SSH key');
    await on.say('Enter', '', 'y');
    await on.until('1 line came too early and is not taken.\n\nIs this right?');
    await on.say('y writes it', 'q');
    expect(await draft).toBeUndefined();
  });
});

describe('the first screen, line by line', () => {
  const facts: WelcomeFacts = { state: 'empty', found: [] };
  const known: WelcomeFacts = {
    ...facts,
    found: [
      ['~/.ssh/config', 'hosp-a  hosp-b'],
      ['here', 'certificate.conf'],
    ],
    start: 'certificate.conf',
  };
  const welcome = (later: Promise<WelcomeFacts>, first = facts) => {
    terminal = new Terminal();
    return { on: terminal, choice: terminal.screen.welcome(first, later) };
  };

  it('tells what this folder is, what was found, and what can be done', async () => {
    const { on, choice } = welcome(Promise.resolve(known));
    const told = await on.say('q leaves: ', '3');
    for (const line of [
      'The folder /home/me/xray: no network yet.',
      'Found ~/.ssh/config: hosp-a, hosp-b.',
      '1 Try it on this machine: 3 pretend hosts, real TLS, 3 rounds, 30 s.',
      '3 Start from what is here: certificate.conf.',
      'A number from 1 to 3 or a word of it, q leaves: ',
    ])
      expect(told).toContain(`\n${line}`);
    expect(await choice).toBe('start');
  });

  it.each([
    ['1', 'demo'],
    ['set up', 'setup'],
    [' Network ', 'setup'],
    ['demo', 'demo'],
    ['START', 'start'],
    ['q', 'quit'],
  ])('%j is %s', async (line, wanted) => {
    const { on, choice } = welcome(Promise.resolve(known));
    await on.say('q leaves: ', line);
    expect(await choice).toBe(wanted);
  });

  it('asks again where a word may be several or none', async () => {
    const network = { name: 'xray', clients: 2, address: 'fl.example.org' };
    const { on, choice } = welcome(Promise.resolve({ ...facts, state: 'running', network }));
    expect(await on.say('q leaves: ', '')).toContain('Network xray: server fl.example.org, 2 clients.');
    await on.until('Which of these? 1 Go on, 2 Look at the steps, 3 Watch the run, 4 Try it on this machine\n');
    await on.say('q leaves: ', 'run');
    expect(await choice).toBe('monitor');
  });

  it('says which ones a word may be', async () => {
    const network = { name: 'xray', clients: 2, address: 'fl.example.org' };
    const { on, choice } = welcome(Promise.resolve({ ...facts, state: 'network', network }));
    await on.say('q leaves: ', 'th');
    await on.until('Which of these? 2 Look at the steps, 3 Watch the run, 4 Try it on this machine\n');
    await on.say('q leaves: ', 'this');
    expect(await choice).toBe('demo');
  });

  it('says which there are where a number is none of them', async () => {
    const { on, choice } = welcome(Promise.resolve(known));
    await on.say('q leaves: ', '9');
    await on.until('Which of these? 1 Try it on this machine, 2 Set up a network, 3 Start from what is here\n');
    await on.say('q leaves: ', 'se');
    expect(await choice).toBe('setup');
  });

  it('is there also where the folder cannot be read: who chooses is told', async () => {
    const { on, choice } = welcome(Promise.reject(new Error('not YAML')), { ...facts, state: 'network' });
    await on.say('q leaves: ', 'steps');
    expect(await choice).toBe('choose');
  });

  it('is left where the input ends, and what comes next has a line of its own', async () => {
    const { on, choice } = welcome(Promise.resolve(known));
    await on.until('q leaves: ');
    on.input.end();
    expect(await choice).toBe('quit');
    await on.screen.close();
    expect(on.written).toMatch(/q leaves: \n$/);
  });
});

it('the end of the input leaves the questions, and so does closing them; nothing is written behind that', async () => {
  const { on, draft } = ask(whole);
  await enters(on, 3);
  on.input.end();
  expect(await draft).toBeUndefined();
  await on.screen.close();
  const again = ask(whole, () => new Promise(() => undefined));
  await again.on.until('Enter for xray: ');
  await again.on.screen.close();
  expect(await again.draft).toBeUndefined();
  expect(again.on.written).toMatch(/Enter for xray: \n$/);
  const ended = new PassThrough();
  ended.end();
  ended.resume();
  await new Promise((resolve) => ended.once('close', resolve));
  const source = lineSource(ended);
  expect([await source.next(), await source.rest()]).toEqual([undefined, []]);
});

/** Lines in the pieces in which they come. */
class Pieces implements LineSource {
  readonly #pieces: string[][];
  last: string | undefined;
  constructor(pieces: readonly (readonly string[])[]) {
    this.#pieces = pieces.map((piece) => [...piece]);
  }
  async next(): Promise<string | undefined> {
    while (this.#pieces[0]?.length === 0) this.#pieces.shift();
    this.last = this.#pieces[0]?.shift();
    return this.last;
  }
  async rest(): Promise<readonly string[]> {
    return this.#pieces[0]?.splice(0) ?? [];
  }
  close(): void {}
}

const line = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('', 'y', '<', '?', 'list', '1', '6', '2 3', 'hosp-*', '-', 'fl@h', 'a fl@i'),
  },
  { weight: 2, arbitrary: fc.constantFrom('remove a', 'change a fl@j', 'change a', '=y', 'q', '\x1b[2J', '#') },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme' }) },
);

it('any lines leave the questions whole, and without a yes to the summary there is no draft', async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(line, { minLength: 1, maxLength: 4 }), { maxLength: 40 }),
      fc.boolean(),
      async (pieces, filled) => {
        // From the first question on, or from the summary of what stood there.
        const source = new Pieces(filled ? [...fields.map(() => ['']), ...pieces] : pieces);
        let written = '';
        const write = (text: string) => {
          written += text;
        };
        const screen = new LineScreen({ version: '1', directory: '/', source, write });
        const draft = await screen.questions(filled ? whole : {}, validate, aliases);
        expect(written).toMatch(/^[\P{C}\n]*$/u);
        if (!draft) return;
        taken += 1;
        expect(written).toMatch(/y writes it, 1 to 6 changes that answer, back goes back, q leaves: $/);
        expect(source.last?.trim()).toMatch(/^y(es)?$/i);
        expect(draft.clients.length).toBeGreaterThan(0);
        for (const name of ['name', 'address', 'server'] as const) expect(validate(name, draft[name])).toBeUndefined();
      },
    ),
    { numRuns: 300 },
  );
  expect(taken).toBeGreaterThan(0);
});
