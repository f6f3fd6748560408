/** What is asked in place can be read to its end at every size: nobody is to trust what could not be seen. */
import { describe, expect, it } from 'vitest';
import type { Question } from '../../source/plan/step.ts';
import { verbOf } from '../../source/ui/session-keys.ts';
import { sessionLines } from '../../source/ui/session-lines.ts';
import { offsetAfter } from '../../source/ui/session-scroll.ts';
import { type SessionState, startState } from '../../source/ui/session-state.ts';
import { sessionStart, start, timed, viewOf } from './events.ts';

const fingerprint = 'SHA256:xKX9sKJsp+JOzM7lIRO/MKRWNZhX/9Z5XucDyQywHYQ';
const hostKey: Question = {
  kind: 'host-key',
  host: 'hosp-b',
  address: '10.20.0.9:22',
  keyType: 'ssh-ed25519',
  fingerprint,
};
const names: Question = { kind: 'names', held: ['fl.example.org'], found: ['203.0.113.10', '10.0.1.5'] };

function asked(question: Question): SessionState {
  const facts = { title: 'xray', command: 'up', leave: 'q leave', interactive: true, now: start };
  const view = viewOf(timed([sessionStart, { type: 'step-started', step: 'preflight' }]));
  return { ...startState(facts), view, prompt: { kind: 'question', question, typed: 3 } };
}

function shown(state: SessionState, columns: number, rows: number): readonly string[] {
  return sessionLines(state, { columns, rows, unicode: true }).map((line) => line.map(({ text }) => text).join(''));
}

const words = (text: string) => text.replace(/\s+/g, '');

describe.each([
  [120, 40],
  [80, 24],
  [40, 12],
] as const)('what is asked in place at %dx%d', (columns, rows) => {
  it.each([
    [
      'a host key',
      hostKey,
      [
        'Is this really hosp-b?',
        fingerprint,
        'Only its owner can tell',
        'ssh_host_ed25519_key.pub',
        'kept in .fl-wizard/known_hosts of this project',
        'any other key at this address is refused',
      ],
    ],
    [
      'a host key among those of several hosts',
      { ...hostKey, nth: 2, hosts: 4 },
      ['Is this really hosp-b? (new host 2, of 4 at most)', fingerprint],
    ],
    ['the first host key of several', { ...hostKey, nth: 1, hosts: 4 }, ['Is this really hosp-b? 10.20.0.9:22 shows']],
    [
      'a host key of what was typed as an alias',
      { ...hostKey, typed: 'pacs-gw' },
      ['Is this really pacs-gw (hosp-b)?', '10.20.0.9:22', fingerprint],
    ],
    [
      'names',
      names,
      [
        'certificate hold these addresses too?',
        '203.0.113.10, 10.0.1.5',
        'does not hold what the client dials',
        'one that nobody dials does no harm',
        'With yes it is written into server.names',
      ],
    ],
  ] as const)('can be read to its end, and the keys are always there: %s', (_, question, texts) => {
    const seen: string[] = [];
    const state = asked(question);
    for (let offset = 0; offset < (rows < 20 ? 30 : 1); offset += 1) {
      const lines = shown({ ...state, offset }, columns, rows);
      expect(lines.at(-1)).toMatch(/y (trust it|yes|write them down) {2,3}n /);
      const note = lines.findIndex((line) => /lines: .*(above|below)/.test(line));
      // At first all, then what has come in at the end.
      seen.push(...(offset === 0 ? lines.slice(0, note < 0 ? undefined : note) : lines.slice(note - 1, note)));
    }
    for (const text of texts) expect(words(seen.join(''))).toContain(words(text));
    expect(verbOf(state, { name: 'down' })).toEqual({ verb: 'scroll', by: 1 });
  });

  it.each(['open-ssh', 'open-ca', 'new-ca', 'repeat-ca'] as const)(
    'a passphrase tells what becomes of it: %s',
    (wanted) => {
      const lines = shown(asked({ kind: 'passphrase', file: 'fl_network/ca.key', wanted }), columns, rows);
      expect(words(lines.join(''))).toContain(words('never stored, never shown, never sent'));
      expect(lines.join('\n')).toMatch(/Passphrase {2}•••█/);
    },
  );

  it('what a passphrase is for can be scrolled to its end while it is typed, however long its file is', () => {
    const file = `${'folder of somebody/'.repeat(12)}ca.key`;
    let state = asked({ kind: 'passphrase', file, wanted: 'new-ca' });
    const seen: string[] = [];
    for (let presses = 0; presses < 40; presses += 1) {
      const lines = shown(state, columns, rows);
      expect(lines.join('\n')).toMatch(/Passphrase {2}•••█/);
      const note = lines.findIndex((line) => /lines: .*(above|below)/.test(line));
      seen.push(...(presses === 0 ? lines.slice(0, note < 0 ? undefined : note) : lines.slice(note - 1, note)));
      const verb = verbOf(state, { name: 'down' });
      expect(verb).toEqual({ verb: 'scroll', by: 1 });
      const next = offsetAfter(state, 1, { columns, rows });
      if (next === state.offset) break;
      state = { ...state, offset: next };
    }
    expect(words(seen.join(''))).toContain(words('It is asked each time something is to be signed'));
    expect(words(seen.join(''))).toContain(words('never stored, never shown, never sent'));
    expect(verbOf(state, { name: 'text', text: 'j' })).toMatchObject({ verb: 'secret' });
  });

  it('sudo’s password tells where it goes, what for, and what Enter alone would do', () => {
    const about = { host: 'hosp-b', address: '10.20.0.9:22', user: 'ubuntu', doing: 'Making /etc/ssl/fl_network' };
    const lines = shown(
      asked({ kind: 'sudo', ...about, same: 'hosp-a', note: 'sudo did not take that one.' }),
      columns,
      rows,
    );
    for (const text of ['sudo on hosp-b wants ubuntu’s password', 'sudo did not take that one', about.doing])
      expect(words(lines.join(''))).toContain(words(text));
    expect(words(lines.join(''))).toContain(words('Enter alone: the one that hosp-a took'));
    expect(lines.join('\n')).toMatch(/Password {2}•••█/);
    expect(lines.at(-1)).toContain('esc give up');
  });
});
