import { PassThrough } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LineScreen } from '../../source/headless/line-screen.ts';
import { lineSource } from '../../source/headless/line-source.ts';
import type { Happening } from '../../source/plan/event.ts';
import type { StepsChoice } from '../../source/ui/screen.tsx';
import { timed } from '../ui/events.ts';

const opened: LineScreen[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

function lines() {
  const input = new PassThrough();
  const out = { written: '' };
  const screen = new LineScreen({
    version: '0.1.0',
    directory: '/home/me/xray',
    source: lineSource(input),
    write: (text) => {
      out.written += text;
    },
  });
  opened.push(screen);
  const until = (words: string) => vi.waitUntil(() => out.written.includes(words), { timeout: 10_000 });
  const type = (text: string) => input.write(`${text}\n`);
  return { screen, out, until, type, input };
}

const happened: readonly Happening[] = [
  {
    type: 'session-started',
    version: 1,
    steps: [
      { id: 'certs', title: 'Certificates' },
      { id: 'deploy', title: 'Deploy' },
      { id: 'launch', title: 'Launch' },
    ],
  },
  { type: 'step-started', step: 'certs' },
  { type: 'plan-ready', step: 'certs', standing: { state: 'done' }, actions: [] },
  ...['hosp-a', 'hosp-b', 'server'].map((host): Happening => {
    const memory = { name: 'memory', host, kind: 'state', ok: true, detail: '0.2 GB to be had' } as const;
    return {
      type: 'check-finished',
      step: 'certs',
      check: host === 'server' ? memory : { ...memory, hint: 'add some' },
    };
  }),
  { type: 'step-finished', step: 'certs', outcome: 'unchanged' },
  { type: 'step-started', step: 'deploy' },
  {
    type: 'plan-ready',
    step: 'deploy',
    standing: { state: 'outdated' },
    actions: [
      { text: 'copy 1 app file', host: 'hosp-a' },
      { text: 'copy \x1b[31m1 policy file', host: 'server' },
    ],
  },
  { type: 'step-finished', step: 'deploy', outcome: 'changed' },
  { type: 'step-started', step: 'launch' },
  {
    type: 'step-finished',
    step: 'launch',
    outcome: 'failed',
    failures: [{ exitCode: 4, host: 'hosp-b', doing: 'Connecting', why: 'no answer', hint: 'ask its firewall' }],
  },
];

function page() {
  const { screen, ...rest } = lines();
  const steps = screen.steps('xray');
  for (const event of timed(happened)) steps.feed(event);
  return { ...rest, steps };
}

describe('the page of the steps, line by line', () => {
  it('tells each as it was looked at, and what the chosen one would do', async () => {
    const { steps, out, until, type } = page();
    for (const line of [
      'The steps of xray, as they are now; nothing is changed by looking.',
      '1 certs: done, 3 checks, 2 warnings.\nWarning: hosp-a and hosp-b, memory: 0.2 GB to be had. Try: add some.',
      '2 deploy: out of date, 2 actions, first: copy 1 app file.',
      '3 launch: in trouble, hosp-b: no answer.',
    ])
      expect(out.written).toContain(`${line}\n`);
    expect(out.written).not.toContain('Step, or');
    steps.whole();
    await until('Step, or g, n, e, f, r, b, q, ? tells all again: ');
    expect(out.written).toContain('1 of 3 steps are done.\n');
    type('2?');
    await until('To do at server: copy 1 policy file.\n');
    type('3 ?');
    await until('Connecting (hosp-b) failed: no answer.\nTry: ask its firewall.\n');
    type('1?');
    await until(
      'Certificates:\nWarning: hosp-a and hosp-b, memory: 0.2 GB to be had. Try: add some.\nNothing is to do.\n',
    );
    const told = out.written.slice(out.written.indexOf('1 certs: '), out.written.indexOf('1 of 3'));
    const before = out.written.length;
    type('?');
    await vi.waitUntil(() => out.written.slice(before).includes(`${told}1 of 3 steps are done.`), { timeout: 10_000 });
    type('9');
    await until('That is none of them.\n');
    type('2');
    expect(await steps.choice).toEqual({ kind: 'step', id: 'deploy' });
    // Nothing acts on a terminal.
    expect(out.written).toMatch(/^[\P{C}\n]*$/u);
  });

  it('names the file that is wrong here', async () => {
    const { screen, out, until, type } = lines();
    const steps = screen.steps('xray');
    const failure = {
      exitCode: 6,
      doing: 'Reading fl_network/a.crt',
      why: 'it holds no certificate',
      hint: 'put it back',
    } as const;
    const trouble: Happening = { type: 'step-finished', step: 'certs', outcome: 'failed', failures: [failure] };
    for (const event of timed([...happened.slice(0, 2), trouble])) steps.feed(event);
    expect(out.written).toContain('1 certs: in trouble, Reading fl_network/a.crt: it holds no certificate.\n');
    steps.whole();
    type('1?');
    await until('Reading fl_network/a.crt failed: it holds no certificate.\nTry: put it back.\n');
  });

  it.each<[string, StepsChoice['kind']]>([
    ['g', 'rest'],
    ['E', 'answers'],
    ['f', 'file'],
    ['r', 'again'],
    ['b', 'back'],
    ['<', 'back'],
    [' q ', 'quit'],
  ])('%j is %s', async (line, kind) => {
    const { steps, until, type } = page();
    steps.whole();
    await until('Step, or');
    type(line);
    expect(await steps.choice).toEqual({ kind });
  });

  it('tells of a step that is done with what another has to make anew', async () => {
    const { screen, out, until, type } = lines();
    const steps = screen.steps('xray');
    for (const each of timed(happened))
      steps.feed(
        each.type === 'plan-ready'
          ? { ...each, standing: { state: each.step === 'certs' ? 'outdated' : 'done' }, actions: [] }
          : each,
      );
    steps.whole();
    await until('0 of 3 steps are done.');
    expect(out.written).toContain('2 deploy: done before, now certs is out of date.\n');
    type('2?');
    await until('Nothing is to do yet; it was done before, now certs is out of date.\n');
  });

  it('the end of the input leaves', async () => {
    const { steps, until, input } = page();
    steps.whole();
    await until('Step, or');
    input.end();
    expect(await steps.choice).toEqual({ kind: 'quit' });
  });
});

describe('what is answered with yes or no, line by line', () => {
  const confirm = { title: 'Out of date are', lines: ['- every certificate'], no: 'back to the answers' };

  it.each([
    ['y', true],
    ['YES', true],
    ['', false],
    ['n', false],
  ])('%j is %s', async (line, yes) => {
    const { screen, out, until, type } = lines();
    const answer = screen.confirm({ ...confirm, yes: 'save them' });
    await until('y for yes, save them; Enter leads back to the answers: ');
    expect(out.written).toContain('Out of date are:\n- every certificate\n');
    type(line);
    expect(await answer).toBe(yes);
  });

  it('is told and asked again where neither was typed', async () => {
    const { screen, out, until, type } = lines();
    const answer = screen.confirm({ ...confirm, yes: 'save them' });
    await until('y for yes');
    type('yse');
    await vi.waitUntil(() => out.written.split('- every certificate').length === 3, { timeout: 10_000 });
    type('yes');
    expect(await answer).toBe(true);
  });

  it('a yes that came before it was told is none', async () => {
    const { screen, until, type } = lines();
    type('y');
    const answer = screen.confirm({ ...confirm, yes: 'save them' });
    await until('y for yes');
    type('');
    expect(await answer).toBe(false);
  });

  it('where there is nothing to say yes to, nothing is said yes to', async () => {
    const { screen, until, type } = lines();
    const answer = screen.confirm(confirm);
    await until('Enter leads back to the answers: ');
    type('y');
    expect(await answer).toBe(false);
  });
});
