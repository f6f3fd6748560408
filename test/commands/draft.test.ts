/** Whatever the wizard asks can be said in three ways, with the same result. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { completed, draftOf, type Flags, saidBy, validate } from '../../source/commands/draft.ts';
import { networkText } from '../../source/network/write.ts';
import { UserError } from '../../source/plan/failure.ts';
import { type FieldName, fields } from '../../source/ui/fields.ts';
import type { Key } from '../../source/ui/keys.ts';
import { press, type QuestionsState, startQuestions, draftOf as typedDraft } from '../../source/ui/questions-state.ts';

const folder = mkdtempSync(join(tmpdir(), 'answers-'));

/** What is typed, the flag, the member of a file of answers, and where it stands in fl-network.yaml. */
const ways: Readonly<
  Record<
    FieldName,
    { typed: readonly string[]; flags: Flags; file: object; yaml: (network: Yaml) => unknown; is: unknown }
  >
> = {
  name: { typed: ['xray'], flags: { name: 'xray' }, file: { name: 'xray' }, yaml: ({ name }) => name, is: 'xray' },
  address: {
    typed: ['FL.Example.org'],
    flags: { address: 'FL.Example.org' },
    file: { address: 'FL.Example.org' },
    yaml: ({ server }) => server.address,
    is: 'fl.example.org',
  },
  names: {
    typed: ['203.0.113.10, 10.0.1.5'],
    flags: { names: ['203.0.113.10', '10.0.1.5'] },
    file: { names: ['203.0.113.10', '10.0.1.5'] },
    yaml: ({ server }) => server.names,
    is: ['203.0.113.10', '10.0.1.5'],
  },
  server: {
    typed: ['ubuntu@fl-server:2222'],
    flags: { server: 'ubuntu@fl-server:2222' },
    file: { server: 'ubuntu@fl-server:2222' },
    yaml: ({ server }) => ({ ...server.ssh, identityFile: undefined }),
    is: { host: 'fl-server', user: 'ubuntu', port: 2222 },
  },
  identityFile: {
    typed: ['~/.ssh/fl.pem'],
    flags: { identityFile: '~/.ssh/fl.pem' },
    file: { identityFile: '~/.ssh/fl.pem' },
    yaml: ({ server, clients }) => [server, ...clients].map(({ ssh }) => ssh.identityFile),
    is: Array(3).fill('~/.ssh/fl.pem'),
  },
  clients: {
    typed: ['hosp-a flsvc@10.20.0.8', 'hosp-b=10.20.0.9'],
    flags: { client: ['hosp-a=flsvc@10.20.0.8', 'hosp-b=10.20.0.9'] },
    file: { clients: [{ name: 'hosp-a', ssh: 'flsvc@10.20.0.8' }, 'hosp-b=10.20.0.9'] },
    yaml: ({ clients }) => clients.map(({ name, ssh }) => [name, ssh.user, ssh.host]),
    is: [
      ['hosp-a', 'flsvc', '10.20.0.8'],
      ['hosp-b', undefined, '10.20.0.9'],
    ],
  },
};

type Ssh = { host: string; user?: string; identityFile?: string };
type Yaml = {
  name: string;
  server: { address: string; names: string[]; ssh: Ssh };
  clients: { name: string; ssh: Ssh }[];
};

function inFile(content: unknown): string {
  const path = join(folder, 'answers.yaml');
  writeFileSync(path, typeof content === 'string' ? content : stringify(content));
  return path;
}

async function written(flags: Flags): Promise<string> {
  return networkText(draftOf(completed(await saidBy(flags, folder))));
}

function typedIn(): string {
  let state: QuestionsState = startQuestions({});
  const type = (key: Key) => {
    state = press(state, key, validate);
    expect(state.problem).toBeUndefined();
  };
  for (const { name } of fields) {
    for (const text of ways[name].typed) {
      type({ name: 'text', text });
      if (name === 'clients') type({ name: 'enter' });
    }
    type({ name: 'enter' });
  }
  type({ name: 'text', text: 'y' });
  expect(state.outcome).toBe('taken');
  return networkText(draftOf(typedDraft(state)));
}

const all = <Part>(part: (way: (typeof ways)[FieldName]) => object): Part =>
  Object.assign({}, ...fields.map(({ name }) => part(ways[name]))) as Part;

describe('what the wizard asks', () => {
  it('can be typed, given by flags, and by a file', async () => {
    const typed = typedIn();
    expect(await written(all(({ flags }) => flags))).toBe(typed);
    expect(await written({ fromAnswers: inFile(all(({ file }) => file)) })).toBe(typed);
    expect(await written({ fromAnswers: inFile(JSON.stringify(all(({ file }) => file))) })).toBe(typed);
    const network = parse(typed) as Yaml;
    for (const { name } of fields) expect([name, ways[name].yaml(network)]).toEqual([name, ways[name].is]);
  });

  it.each(fields.map(({ name }) => name))('%s by a flag is more than by a file', async (name) => {
    const others = { name: 'old', address: 'old.example.org', names: ['old'], server: 'old', clients: ['old=old'] };
    const file = { fromAnswers: inFile({ ...others, identityFile: 'old' }) };
    const text = await written({ ...file, ...ways[name].flags });
    const kept = await written({ ...file });
    expect(text).not.toBe(kept);
    const whole = { ...all<object>(({ file: each }) => each) };
    expect(await written({ fromAnswers: inFile(whole), ...ways[name].flags })).toBe(typedIn());
  });

  it('and is not said is one error that names all of it', async () => {
    const error = await written({ fromAnswers: inFile({ names: ['10.0.0.1'] }) }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    for (const word of ['name', 'server.address', '--server', '--client'])
      expect(String((error as UserError).failure.why)).toContain(word);
  });
});

describe('clients', () => {
  const aliases = ['fl-server', 'hosp-a', 'hosp-b', 'lab'];
  const known = { clients: aliases.slice(1).map((value) => ({ value, from: '~/.ssh/config' })) };

  it.each([
    ['hosp-b', [['hosp-b', 'hosp-b']]],
    ['10.0.0.8', [['client1', '10.0.0.8']]],
    [
      'hosp-*',
      [
        ['hosp-a', 'hosp-a'],
        ['hosp-b', 'hosp-b'],
      ],
    ],
    [
      'a, b, c',
      [
        ['a', 'a'],
        ['b', 'b'],
        ['c', 'c'],
      ],
    ],
    [
      'hosp-a, hosp-b',
      [
        ['hosp-a', 'hosp-a'],
        ['hosp-b', 'hosp-b'],
      ],
    ],
    [
      'a fl@h1, b=h2; lab',
      [
        ['a', 'fl@h1'],
        ['b', 'h2'],
        ['lab', 'lab'],
      ],
    ],
    // As a table of names and hosts has it.
    ['hosp-a,10.20.0.8', [['hosp-a', '10.20.0.8']]],
    [
      '10.0.0.1, 10.0.0.2',
      [
        ['client1', '10.0.0.1'],
        ['client2', '10.0.0.2'],
      ],
    ],
  ])('%s are the same when typed, pasted, as a flag and in a file', async (text, expected) => {
    const at = { ...startQuestions({ server: 'fl-server' }), at: fields.length - 1, known };
    const typed = press(press(at, { name: 'text', text }, validate), { name: 'enter' }, validate);
    const pasted = press(at, { name: 'paste', lines: [text] }, validate);
    const flag = await saidBy({ server: 'fl-server', client: [text] }, folder, aliases);
    const file = await saidBy({ fromAnswers: inFile({ server: 'fl-server', clients: [text] }) }, folder, aliases);
    for (const { clients = [] } of [typed, pasted, flag, file])
      expect(clients.map(({ name, ssh }) => [name, ssh])).toEqual(expected);
    expect([typed.problem, pasted.problem]).toEqual([undefined, undefined]);
  });

  it('called by a pattern are never the server', async () => {
    const { clients } = await saidBy({ server: 'hosp-a', client: ['hosp-*'] }, folder, aliases);
    expect(clients).toEqual([{ name: 'hosp-b', ssh: 'hosp-b' }]);
  });
});

describe('what is wrong with flags', () => {
  it('is told with all that is missing', async () => {
    const said = await saidBy({ name: 'a b', client: ['hosp-b='], server: 'h' }, folder);
    const error = await Promise.resolve(said)
      .then(completed)
      .catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      failure: {
        exitCode: 2,
        why: expect.stringMatching(/^3 things are wrong:\n.*"hosp-b=": no host behind the =.*\n.*name "a b": letters/),
      },
    });
    expect(String(error)).toContain('server.address (fl-wizard init --address)');
    expect(String(error)).not.toMatch(/fl-wizard init --(name|server|client)/);
  });
});

it.each(['https://fl.example.org', 'fl.example.org:9092', 'fl.example.org/x'])(
  '%s is no address, and says why',
  (text) => {
    expect(validate('address', text)).toContain('without https:// and without a port');
  },
);

describe('a file of answers', () => {
  const refused = async (content: unknown) => {
    const error = await saidBy({ fromAnswers: inFile(content) }, folder).catch((thrown: unknown) => thrown);
    return error instanceof UserError ? error.failure : undefined;
  };

  it.each([
    ['{nmae: xray}', /^there is no nmae; did you mean name\?$/],
    ['[1, 2]', /^it is \[1,2\], and must be a map of keys and values$/],
    ['{name: 7, names: x}', /^name is 7, and must be text; names is "x", and must be a list$/],
    ['name: ""', /^name is empty$/],
    ['clients: []', /^clients is empty$/],
    [
      'clients: [{name: a, shh: b}]',
      /^clients\[0\] is \{"name":"a","shh":"b"\}, and must be NAME=\[user@\]host.*; there is no clients\[0\]\.shh; did you mean ssh\?$/,
    ],
    ['template: toch', /^template is "toch", and must be numpy or torch or .*; did you mean torch\?$/],
    [`name: [${'x'.repeat(99)}]`, /^name is \["x{58}…, and must be text$/],
    ['stopped: {at: name}', /^stopped\.answered is missing$/],
    ['name: [', /./],
    ['clients: ["hosp-*"]', /no Host of ~\/\.ssh\/config is called hosp-\*/],
    [
      'clients: [a=x, A=y, b=x]',
      /a client named A is there already \(line 1\).*x is already a \(line 1\); a host is one client/,
    ],
    ['clients: ["a hosta b hostb"]', /a line is one client/],
    ['clients: [server=x]', /reserved/],
    ['template: keras', /template/],
  ])('%s is refused with why', async (content, why) => {
    expect(await refused(content)).toMatchObject({ exitCode: 2, why: expect.stringMatching(why) });
  });

  it('that is not there is named', async () => {
    const error = saidBy({ fromAnswers: 'none.yaml' }, folder);
    await expect(error).rejects.toMatchObject({ failure: { exitCode: 2, doing: 'Reading none.yaml' } });
  });
});
