import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Key } from '../../source/ui/keys.ts';
import {
  type Act,
  cursorOf,
  firstTable,
  type TableContext,
  type TableState,
  tableKey,
  tinyKey,
} from '../../source/ui/table-state.ts';

const log = Array.from({ length: 40 }, (_, at) => ({ time: `2026-11-20T09:41:${10 + at}Z`, text: `line ${at}` }));
const context: TableContext = {
  clients: ['client1', 'client2', 'client3'],
  metrics: ['accuracy', 'f1'],
  log: () => log,
  hands: true,
  asks: false,
};
const named = ['up', 'down', 'left', 'right', 'home', 'end', 'enter', 'escape', 'backspace', 'page-up', 'page-down'];

function keyOf(word: string): Key {
  return named.includes(word) ? ({ name: word } as Key) : { name: 'text', text: word };
}

/** What a row of keys leads to, and what was to be done on the way. */
function typed(words: string, given: TableContext = context, from: TableState = firstTable) {
  const effects: unknown[] = [];
  let state = from;
  for (const word of words.split(' ').filter(Boolean)) {
    const change = tableKey(state, keyOf(word), given);
    state = change.state;
    if (change.effect) effects.push(change.effect);
  }
  return { state, effects, cursor: cursorOf(state, given) };
}

describe('the cursor', () => {
  it.each([
    ['', 'client1'],
    ['down', 'client2'],
    ['j j j j', 'client3'],
    ['j j k', 'client2'],
    ['end', 'client3'],
    ['end home', 'client1'],
    ['page-down', 'client3'],
  ])('is after “%s” on %s', (words, client) => {
    expect(typed(words).cursor).toBe(client);
  });

  it('stays on its client wherever that moves, and leaves one that is shown no more', () => {
    const { state } = typed('down');
    expect(cursorOf(state, { ...context, clients: ['client3', 'client2'] })).toBe('client2');
    expect(cursorOf(state, { ...context, clients: ['client3'] })).toBe('client3');
    expect(cursorOf(state, { ...context, clients: [] })).toBeUndefined();
  });
});

describe('pages', () => {
  it('are opened by a key and left by escape or the same key', () => {
    expect(typed('down enter').state).toMatchObject({ pane: 'client', selected: 'client2' });
    expect(typed('enter right right').state).toMatchObject({ pane: 'client', selected: 'client3' });
    expect(typed('enter right left').state).toMatchObject({ pane: 'client', selected: 'client1' });
    expect(typed('enter down').state).toMatchObject({ pane: 'client', offset: 1 });
    for (const words of ['enter escape', 'l escape', 'l l', '? escape', '? ?', 'enter ? escape escape', 'l ? ? l'])
      expect(typed(words).state.pane).toBe('table');
    // The help leads back to where it was opened.
    for (const words of ['enter ? escape', 'enter ? ?']) expect(typed(words).state.pane).toBe('client');
    expect(typed('l ? escape').state).not.toHaveProperty('behind');
  });

  it('q leaves from each, and nothing else does', () => {
    for (const words of ['q', 'enter q', 'l q', '? q']) expect(typed(words).effects).toEqual([{ kind: 'leave' }]);
    expect(typed('escape').effects).toEqual([]);
  });

  it('q asks first where leaving ends what is watched', () => {
    const asks = { ...context, asks: true };
    for (const words of ['q', 'enter q', 'l q', '? q'])
      expect(typed(words, asks)).toMatchObject({ state: { asked: 'leave' }, effects: [] });
    for (const no of ['n', 'N', 'q', 'escape', 'v n', 'enter n'])
      expect(typed(`q ${no} y`, asks)).toMatchObject({ state: { pane: 'table' }, effects: [] });
    expect(typed('q n', asks).state.asked).toBeUndefined();
    expect(typed('q y', asks).effects).toEqual([{ kind: 'leave' }]);
  });

  it('a log that is scrolled stands still until its end is wanted', () => {
    const { state } = typed('l up up');
    expect(state).toMatchObject({ offset: 2, held: log });
    const later = typed('up', { ...context, log: () => [] }, state);
    expect(later.state).toMatchObject({ offset: 3, held: log });
    expect(typed('end', context, later.state).state).toMatchObject({ offset: 0 });
    expect(typed('end', context, later.state).state.held).toBeUndefined();
    expect(typed('down down', context, state).state.held).toBeUndefined();
    expect(typed('l home').state.offset).toBe(39);
  });

  it('that have no room are left by escape as before, and by q; other keys do nothing', () => {
    const unseen = (from: string, key: string, given = context) => tinyKey(typed(from, given).state, keyOf(key), given);
    for (const words of ['enter', 'l', '?', '/ a', '/ a enter', 'f', 's', 'l / x', 'l / x enter']) {
      const { state } = typed(words);
      for (const key of ['?', 'y', 'v', 'down', 's', 'l', 'enter', 'x']) expect(unseen(words, key)).toEqual({ state });
      expect(unseen(words, 'escape')).toEqual(tableKey(state, keyOf('escape'), context));
      expect(unseen(words, 'q').effect, words).toEqual({ kind: 'leave' });
    }
    const asks = { ...context, asks: true };
    expect(unseen('/ a', 'q', asks)).toMatchObject({ state: { asked: 'leave', filter: 'a' } });
    expect(unseen('q', 'y', asks).effect).toEqual({ kind: 'leave' });
    expect(unseen('q', 'n', asks).state.asked).toBeUndefined();
  });

  it('a log is searched while letters are typed, and stands still where it stood; escape shows all, then leaves', () => {
    const { state } = typed('l / Q s w');
    expect(state).toMatchObject({ pane: 'log', search: 'Qsw', filter: '', wraps: false });
    expect(typed('enter escape', context, state).state).toMatchObject({ pane: 'log', search: '' });
    expect(typed('enter escape escape', context, state).state).toMatchObject({ pane: 'table' });
    // Of forty lines four have it: further up there is none.
    const stopped = typed('l up up / 3 7 backspace enter home', context).state;
    expect(stopped).toMatchObject({
      search: '3',
      held: log,
      offset: log.filter(({ text }) => text.includes('3')).length - 1,
    });
    expect(typed('l up / 3').state).toMatchObject({ held: log, offset: 0 });
    expect(typed('end', context, stopped).state.held).toBeUndefined();
  });

  it('a log’s long lines are broken, and cut again, by a key of its own', () => {
    expect(typed('l w').state.wraps).toBe(true);
    expect(typed('l w w').state.wraps).toBe(false);
    expect(typed('w').state.wraps).toBe(false);
  });
});

describe('what is shown', () => {
  it('is filtered as somebody types; keys are letters then', () => {
    expect(typed('/ q s 2').state).toMatchObject({ filter: 'qs2', pane: 'table' });
    expect(typed('/ q s 2').effects).toEqual([]);
    expect(typed('/ a b backspace enter').state).toMatchObject({ filter: 'a' });
    expect(typed('/ a b enter').state.typing).toBeUndefined();
    expect(typed('/ a b escape').state.filter).toBe('');
    expect(typed('/ a enter escape').state.filter).toBe('');
    expect(tableKey(typed('/').state, { name: 'paste', lines: ['hosp', 'q'] }, context).state.filter).toBe('hosp');
  });

  it('is sorted, narrowed to faults, and drawn by another metric', () => {
    expect(typed('o').state.sort).toBe('name');
    expect(typed('o o o o o o o o o').state.sort).toBe('given');
    expect(typed('f').state.faults).toBe(true);
    expect(typed('f escape').state.faults).toBe(false);
    expect(typed('m').state.metric).toBe('f1');
    expect(typed('m m').state.metric).toBe('accuracy');
    expect(typed('m', { ...context, metrics: [] }).state.metric).toBeUndefined();
  });
});

describe('hands', () => {
  const act = (verb: Act['verb'], member: string) => [{ kind: 'act', act: { verb, member } }];

  it('ask first, name whom, and take no for an answer', () => {
    expect(typed('down r').state.asked).toEqual({ verb: 'restart', member: 'client2' });
    expect(typed('down r').effects).toEqual([]);
    expect(typed('down r y').effects).toEqual(act('restart', 'client2'));
    expect(typed('s v y').effects).toEqual(act('stop', 'server'));
    expect(typed('s v v y').effects).toEqual(act('stop', 'client1'));
    for (const no of ['n', 'N', 'q', 'escape'])
      expect(typed(`s ${no}`)).toMatchObject({ state: { pane: 'table' }, effects: [] });
    expect(typed('s s s enter').effects).toEqual([]);
    expect(typed('enter right r y').effects).toEqual(act('restart', 'client2'));
  });

  it('mean the server where there is no client, and nothing where nobody has them', () => {
    expect(typed('s', { ...context, clients: [] }).state.asked).toEqual({ verb: 'stop', member: 'server' });
    expect(typed('s v', { ...context, clients: [] }).state.asked).toEqual({ verb: 'stop', member: 'server' });
    expect(typed('s y', { ...context, hands: false }).effects).toEqual([]);
  });

  it('do nothing without a yes right behind the question, whatever is typed', () => {
    const words = fc.constantFrom(...named, ...'qrsyYnNvjklmowf/? abx'.split('').filter((each) => each !== ' '));
    fc.assert(
      fc.property(fc.array(words, { maxLength: 60 }), (keys) => {
        let state = firstTable;
        for (const word of keys) {
          const before = state;
          const { state: next, effect } = tableKey(state, keyOf(word), context);
          state = next;
          if (effect?.kind === 'act') expect([before.asked, word.toLowerCase()]).toEqual([effect.act, 'y']);
          expect(state.offset).toBeGreaterThanOrEqual(0);
          if (effect?.kind === 'leave') expect(word).toBe('q');
        }
        // The way back is always there.
        const { state: home } = typed('escape escape escape escape', context, state);
        expect(home).toMatchObject({ pane: 'table', filter: '', faults: false });
        expect(home.typing ?? home.asked).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
