/**
 * Some hundred keys as the bytes that a terminal sends, through Ink itself, on each screen: whatever is drawn is nothing but
 * text and the few sequences that place it, no secret is among it, and the way back works.
 */
import { expect, it } from 'vitest';
import type { Happening } from '../../source/plan/event.ts';
import type { Screen } from '../../source/ui/screen.tsx';
import { proof, runEvents, sessionStart, start, timed } from './events.ts';
import { type Draw, drawFrom, named } from './fuzz.ts';
import { asked, secret } from './fuzz-questions.ts';
import { keys, open } from './terminal.ts';
import { troubles } from './troubles.ts';

/** What the painter writes beside text: cursor, erase, tone, and the terminal's modes. */
const ours = /\x1b\[(?:\?(?:25|7|1049|2004|2026)[hl]|\d*(?:;\d*)*[HJKm]|\d*[CG])/g;
const bytes = [
  ...Object.values(named),
  '\x1bOA',
  '\x1b[1;5C',
  '\x1b[99~',
  '\x1b[M !!',
  '\x1b]0;owned\x07',
  '\x1bx',
  '\x1b[200~',
];
const letters = [...'nNkjlcobdmfsrv/?w +0', '漢字', '👩‍👩‍👧', '\u202e', '\x00'];

/** None of them says yes or chooses anything. */
function bytesFrom(draw: Draw, named: readonly string[], words: readonly string[]): string {
  if (draw.chance(0.05)) return keys.paste(Array.from({ length: 3 }, () => draw.pick(words)).join('\r\n'));
  const one = () => (draw.chance(0.4) ? draw.pick(named) : draw.pick(words));
  return Array.from({ length: draw.between(1, 6) }, one).join('');
}

type Way = {
  readonly name: string;
  /** Opens it; what comes of it, and what must not. */
  readonly begin: (screen: Screen) => { readonly left: Promise<unknown>; readonly wrong?: () => unknown };
  readonly words?: readonly string[];
  /** Keys that would end it: the models are tried with these, too. */
  readonly without?: readonly string[];
  /** What leads out, and to what. */
  readonly out: readonly string[];
  readonly as: unknown;
};

function session(screen: Screen, ...happenings: readonly Happening[]) {
  const model = screen.session('xray', 'fl-wizard up');
  for (const event of timed([sessionStart, ...happenings])) model.feed(event);
  return model;
}

function firstScreen(screen: Screen) {
  const network = { name: 'xray', clients: 3, address: 'fl.example.org' };
  return { left: screen.welcome({ state: 'network', found: [['ssh-agent', '1 key']], network }) };
}

function plan(screen: Screen) {
  const { operator } = session(screen, { type: 'step-started', step: 'certs' });
  const action = { kind: 'stop', host: 'server', config: '', text: 'make the CA' } as const;
  const step = { id: 'certs', title: 'Certificates' } as never;
  return { left: operator.approve(step, [{ title: 'CA', lanes: { here: [action] } }]) };
}

function afterTrouble(screen: Screen) {
  const model = screen.session('xray', 'fl-wizard up');
  const [trouble] = troubles;
  for (const event of trouble?.events ?? []) model.feed(event);
  return { left: model.finish({ footer: [], choices: trouble?.choices ?? [] }) };
}

function liveTable(screen: Screen) {
  const events = runEvents({ clients: 3, rounds: 5, done: 2 });
  const model = session(screen, ...proof, { type: 'step-started', step: 'monitor' }, ...events);
  const acts: unknown[] = [];
  model.acts((act) => acts.push(act));
  return { left: model.left, wrong: () => acts[0] };
}

const known = { name: 'xray', address: 'fl.example.org', server: 'ubuntu@h', clients: [{ name: 'a', ssh: 'fl@a' }] };
const escapes = (count: number) => Array<string>(count).fill(keys.escape);

const ways: readonly Way[] = [
  { name: 'the first screen', begin: firstScreen, without: [keys.escape, keys.enter], out: ['q'], as: 'quit' },
  {
    name: 'the questions',
    begin: (screen) => ({ left: screen.questions(known, () => undefined) }),
    out: escapes(9),
    as: undefined,
  },
  { name: 'the plan', begin: plan, without: [keys.escape, 'n', 'N'], out: ['n'], as: false },
  { name: 'the end after trouble', begin: afterTrouble, without: ['o', 'w'], out: ['q'], as: 'leave' },
  { name: 'the live table', begin: liveTable, out: [...escapes(5), 'q'], as: 'q' },
  ...asked.map(({ name, questions, typed }): Way => {
    const [question] = questions;
    if (!question) throw new Error('a question');
    return {
      name,
      begin: (screen) => ({ left: session(screen).operator.ask(question) }),
      without: [keys.escape, ...(typed === 'nothing' ? ['n', 'N'] : [keys.enter])],
      ...(typed === 'secret' ? { words: secret } : {}),
      out: [keys.escape],
      as: { kind: 'no' },
    };
  }),
];

/** Ink waits for what may follow an escape as long as there is something to be read. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
const seed = Number(process.env.FL_FUZZ_SEED ?? Date.now() % 1_000_000_000);
const inputs = 100;

it.each(ways)('bytes do nothing on $name but what is meant, and lead out', { timeout: 60_000 }, async (way) => {
  const draw = drawFrom(seed);
  const terminal = open({ now: () => start });
  const { left, wrong } = way.begin(terminal.screen);
  const meant = (text: string) => !way.without?.includes(text);
  const [named, words] = [bytes.filter(meant), (way.words ?? letters).filter(meant)];
  for (let at = 0; at < inputs; at += 1) {
    if (draw.chance(0.1)) terminal.resize(draw.between(20, 200), draw.between(5, 60));
    terminal.type(bytesFrom(draw, named, words));
    if (at % 5 === 0) await turn();
  }
  terminal.resize(80, 24);
  // A paste that was begun and not ended is text to its end; and what is read above the page is left first.
  for (const key of ['\x1b[201~', ...way.out, ...way.out]) {
    for (let pause = 0; pause < 3; pause += 1) await turn();
    terminal.type(key);
  }
  expect(await left, `FL_FUZZ_SEED=${seed}`).toEqual(way.as);
  expect(wrong?.()).toBeUndefined();
  await terminal.screen.close();
  const drawn = terminal.stdout.written.replace(ours, '');
  expect(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e].{0,9}/.exec(drawn)?.[0], `FL_FUZZ_SEED=${seed}`).toBeUndefined();
  if (way.words) for (const each of secret) expect(drawn).not.toContain(each);
});
