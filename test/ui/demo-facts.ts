/** What a demo's end tells of, in which all came out as it must. */
import type { Check } from '../../source/plan/event.ts';
import { cases } from '../../source/plan/proof.ts';
import type { DemoFacts } from '../../source/ui/demo-facts.ts';
import { runEvents, sessionStart, timed, viewOf } from './events.ts';

export function demoFacts(change: (check: Check) => Check = (check) => check): DemoFacts {
  const proof = cases.map(({ expected, title }) =>
    change({ name: title, kind: expected, ok: true, detail: expected, host: 'server' }),
  );
  const view = viewOf(
    timed([
      sessionStart,
      ...proof.map((check) => ({ type: 'check-finished', step: 'verify', check }) as const),
      ...runEvents({ clients: 2, rounds: 3, done: 3 }),
    ]),
  );
  return {
    view,
    directory: './fl-demo',
    kept: true,
    seconds: 27.4,
    hosts: 3,
    flowerAlone: { tried: 5, admitted: 4 },
    have: [{ path: 'fl_network/', what: 'CA, server, 2 clients' }],
    next: [{ command: 'fl-wizard demo --app ./my-app', what: 'your own code' }],
  };
}
