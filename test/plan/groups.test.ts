import { expect, it } from 'vitest';
import { type Action, groupsOf, here } from '../../source/plan/action.ts';

const action = (host: string, text: string) => ({ kind: 'await-server', host, seconds: 1, text }) as Action;
const told = (stages: Parameters<typeof groupsOf>[0]) =>
  groupsOf(stages).map(({ lanes, actions }) => `${lanes.join('+')}: ${actions.map(({ text }) => text).join(', ')}`);

it('what is done here stands where it is done: waiting for clients is no part of what comes before they start', () => {
  const clients = { a: [action('a', 'start')], b: [action('b', 'start')] };
  const stages = [
    { title: '', lanes: { server: [action('server', 'start the server')] } },
    { title: '', lanes: { [here]: [action(here, 'prove')] } },
    { title: '', lanes: { [here]: [action(here, 'look')] } },
    { title: '', lanes: clients },
    { title: '', lanes: { [here]: [action(here, 'wait')] } },
    { title: '', lanes: { a: [action('a', 'end')], b: [action('b', 'end')] } },
  ];
  expect(told(stages)).toEqual(['server: start the server', 'here: prove, look', 'a+b: start, end', 'here: wait']);
});
