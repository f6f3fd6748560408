/**
 * Ten thousand random keys, bursts, pastes and resizes on each screen's model: nothing throws, each frame is whole and
 * inert, nothing is done without a yes, no secret is seen, and the way back always works.
 */
import { expect, it } from 'vitest';
import { type Action, numbered, type Stage } from '../../source/plan/action.ts';
import type { Event } from '../../source/plan/event.ts';
import type { Key } from '../../source/ui/keys.ts';
import { isTooSmall, type Size } from '../../source/ui/line.ts';
import { QuestionsModel } from '../../source/ui/questions.ts';
import { questionsLines } from '../../source/ui/questions-lines.ts';
import { SessionModel } from '../../source/ui/session.ts';
import type { SessionOptions } from '../../source/ui/session-face.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { type Finished, screenOf } from '../../source/ui/session-state.ts';
import { proof, runEvents, sessionStart, start, timed, viewOf } from './events.ts';
import { fuzz } from './fuzz.ts';
import { asked, isYes, secret } from './fuzz-questions.ts';
import { troubles } from './troubles.ts';

/** Ten seconds of a core in all; of one that others share, many more. Milliseconds. */
const patient = { timeout: 120_000 };

const escapes = (count: number): readonly Key[] => Array<Key>(count).fill({ name: 'escape' });
const ofTurn = <T>(all: readonly T[], turn: number) => all[turn % all.length] as T;
const letter = (text: string): Key => ({ name: 'text', text });

/** A session as the terminal's screen drives it, once it has seen all events. */
async function opened(events: readonly Event[], options: SessionOptions = {}) {
  const now = () => new Date(start.getTime() + 60_000);
  let shown: Size = { columns: 80, rows: 24 };
  const model = new SessionModel('xray', 'fl-wizard up', options, {
    interactive: true,
    now,
    size: () => shown,
  });
  const seen = new Promise<void>((resolve) => {
    const stop = model.store.subscribe(() => {
      stop();
      resolve();
    });
  });
  for (const event of events) model.feed(event);
  await seen;
  const key = (each: Key, size: Size) => {
    shown = size;
    if (isTooSmall(size)) model.tinyKey(each);
    else model.key(each);
  };
  const frame = (size: Size) => sessionLines(model.store.get(), { ...size, unicode: true });
  return { model, key, frame, close: () => model.stop() };
}

const certs = { id: 'certs', title: 'Certificates' };
const act = (text: string): Action => ({ kind: 'start', host: 'server', config: '', text }) as Action;
const clients = Array.from({ length: 30 }, (_, at) => [`client${at}`, [act(`upload ${at}`)]] as const);
const stages: readonly Stage[] = [
  { title: 'CA', lanes: { here: [act('make the CA'), act('issue server.crt')] } },
  { title: 'Copy', lanes: Object.fromEntries(clients) },
];
const actions = numbered(stages).map(({ lane, action: { text } }) => ({
  text,
  ...(lane === 'here' ? {} : { host: lane }),
}));
const looking = timed([sessionStart, { type: 'step-started', step: 'certs' }]);
const planned = [...looking, ...timed([{ type: 'plan-ready', step: 'certs', actions }])];
const doing = Array.from({ length: 12 }, (_, action) => {
  const about = { step: 'certs', action, host: `client${action}` };
  const line = `\x1b[2Jcopied ${action}\r`;
  return timed([
    { type: 'action-started', ...about },
    { type: 'action-output', ...about, line },
  ]);
}).flat();
const done = timed([
  { type: 'step-finished', step: 'certs', outcome: 'changed' },
  { type: 'session-finished', outcome: 'changed', exitCode: 0 },
]);

/** Asks for ever: as soon as somebody has answered, the same is asked again. */
function asksAgain<T>(ask: () => Promise<T>, isWrong: (answer: T) => boolean) {
  const seen = { answers: 0, before: 0, wrong: false };
  const again = (): void =>
    void ask().then((answer) => {
      seen.answers += 1;
      seen.wrong ||= isWrong(answer);
      again();
    });
  again();
  return {
    check: () => {
      if (seen.wrong) throw new Error('answered with yes');
    },
    leaving: () => {
      seen.before = seen.answers;
    },
    isOut: () => seen.answers > seen.before,
  };
}

it('leave the questions, and take no draft', patient, async () => {
  await fuzz('the questions', { yes: false }, () => {
    const known = { name: 'xray', address: 'fl.example.org', server: 'ubuntu@fl.example.org' };
    const sites = Array.from({ length: 100 }, (_, at) => ({ name: `site${at}`, ssh: `fl@10.0.0.${at}` }));
    const model = new QuestionsModel({ ...known, clients: sites }, (field, value) =>
      /[^\w@.:~/-]/.test(value) ? `no ${field}` : undefined,
    );
    const outcome = () => model.store.get().outcome;
    return {
      key: (key, size) => (isTooSmall(size) ? undefined : model.key(key)),
      frame: (size) => questionsLines(model.store.get(), size),
      check: () => {
        if (outcome() === 'taken') throw new Error('a draft was taken');
      },
      gone: () => outcome() !== undefined,
      // From the last question to before the first.
      out: escapes(9),
      isOut: () => ['left', 'back'].includes(outcome() ?? ''),
    };
  });
});

it('approve no plan, with its commands shown or not', patient, async () => {
  await fuzz('the plan', { yes: false }, async () => {
    const { model, ...screen } = await opened(planned);
    model.commands(async () => ({ text }) => [`do ${text} <<'END'\n{}\nEND`]);
    const asks = asksAgain(
      () => model.operator.approve(certs as never, stages),
      (yes) => yes,
    );
    return { ...screen, ...asks, out: [letter('n')] };
  });
});

it.each(asked)(
  'answer no question about $name with yes, nor show a secret',
  patient,
  async ({ name, questions, typed }) => {
    await fuzz(name, { yes: false, ...(typed === 'secret' ? { secret } : {}) }, async (seed) => {
      const { model, ...screen } = await opened(looking);
      const question = ofTurn(questions, seed);
      return { ...screen, ...asksAgain(() => model.operator.ask(question), isYes), out: escapes(1) };
    });
  },
);

it('end no step, with what it prints shown or not: how to stop it is said', patient, async () => {
  await fuzz('a step', { yes: true }, async (seed) => {
    const { model, ...screen } = await opened(seed % 4 === 0 ? looking : [...planned, ...doing]);
    const foot = () => screen.frame({ columns: 40, rows: 12 }).at(-1) ?? [];
    return {
      ...screen,
      check: () => expect(screenOf(model.store.get())).toBe('step'),
      out: [letter('q')],
      isOut: () => foot().some(({ text }) => text.includes('Ctrl-C stop')),
    };
  });
});

const run = [sessionStart, ...proof, ...runEvents({ clients: 2, rounds: 3, done: 3 })];
const demo: Finished['demo'] = {
  view: viewOf(timed(run)),
  directory: './fl-demo',
  kept: true,
  seconds: 27,
  hosts: 3,
  flowerAlone: { tried: 5, admitted: 5 },
  have: [{ path: 'fl_network/', what: 'CA, server, 2 clients' }],
  next: [{ command: 'fl-wizard', what: 'your own hosts' }],
};
type End = { readonly events: readonly Event[]; readonly finished: Finished };
const ends: readonly { readonly name: string; readonly all: readonly End[] }[] = [
  { name: 'trouble', all: troubles.map(({ events, choices }) => ({ events, finished: { footer: [], choices } })) },
  { name: 'done', all: [{ events: [...planned, ...doing, ...done], finished: { footer: ['fl-wizard pull'] } }] },
  { name: 'the demo’s end', all: [{ events: timed(run), finished: { footer: [], demo } }] },
];

it.each(ends)('leave the end by what it offers alone: $name', patient, async ({ name, all }) => {
  await fuzz(name, { yes: true, rare: [...'qtowe', 'enter', 'escape'] }, async (seed) => {
    const { events, finished } = ofTurn(all, seed);
    const { model, ...screen } = await opened(events);
    const seen: { after?: string } = {};
    void model.finish(finished).then((after) => {
      seen.after = after;
    });
    const offered: readonly (string | undefined)[] = ['leave', undefined, ...(finished.choices ?? [])];
    return {
      ...screen,
      check: () => {
        if (!offered.includes(seen.after)) throw new Error(`chosen: ${seen.after}`);
      },
      gone: () => seen.after !== undefined,
      out: [{ name: 'escape' }, letter('q')],
      isOut: () => seen.after !== undefined,
    };
  });
});

it('on the live table restart and stop nobody, and end nothing that q would end', patient, async () => {
  const told = timed([
    sessionStart,
    ...proof,
    { type: 'step-started', step: 'monitor' },
    ...runEvents({ clients: 12, rounds: 12, done: 6, bad: true }),
  ]);
  await fuzz('the live table', { yes: false, rare: ['q'] }, async (seed) => {
    const asks = seed % 2 === 0;
    const { model, ...screen } = await opened(told, asks ? { ends: 'the demo ends' } : {});
    const seen = { acts: 0, left: false, leaving: false };
    model.acts(() => {
      seen.acts += 1;
    });
    model.log('client2', 'epoch 3 \x1b[31mloss 0.2\x1b[0m');
    void model.left.then(() => {
      seen.left = true;
    });
    return {
      ...screen,
      check: () => {
        if (seen.acts > 0) throw new Error('something was done');
        if (asks && seen.left && !seen.leaving) throw new Error('ended without a yes');
      },
      gone: () => seen.left,
      leaving: () => {
        seen.leaving = true;
      },
      out: [...escapes(5), letter('q'), ...(asks ? [letter('y')] : [])],
      isOut: () => seen.left,
    };
  });
});
