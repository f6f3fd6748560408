/** Each state of trouble that a session can end in, as the engine tells it. Reasons come from the code that finds them. */
import { completeNetwork } from '../../source/network/network.ts';
import type { After } from '../../source/plan/after.ts';
import { choicesAfter } from '../../source/plan/after.ts';
import type { Check, Event, Happening, Outcome } from '../../source/plan/event.ts';
import { type ExitCode, exit, type Failure, UserError } from '../../source/plan/failure.ts';
import { connectionError } from '../../source/ssh/explain.ts';
import { Refusals } from '../../source/ssh/host-key-refusal.ts';
import type { Progress } from '../../source/ssh/progress.ts';
import { hostFindings } from '../../source/steps/preflight-host.ts';
import { clientCheck } from '../../source/steps/process-card.ts';
import { localFailure } from '../../source/world/files.ts';
import { hostFacts } from '../steps/facts.ts';
import { sessionStart, timed } from './events.ts';

export const network = completeNetwork({
  version: 1,
  name: 'xray',
  server: { address: 'fl.example.org', ssh: { host: '203.0.113.10', user: 'ubuntu' } },
  clients: ['hosp-a', 'hosp-b', 'hosp-c'].map((name, at) => ({ name, ssh: { host: `10.20.0.${at + 8}`, user: 'fl' } })),
});
const members = ['server', 'hosp-a', 'hosp-b', 'hosp-c'];

export type Trouble = {
  readonly name: string;
  readonly events: readonly Event[];
  readonly choices: readonly After[];
  readonly footer: readonly string[];
  readonly failures: readonly Failure[];
};

type Made = {
  readonly step: string;
  readonly failures: readonly Failure[];
  readonly outcome?: Outcome;
  readonly exitCode?: ExitCode;
  /** What came before it, of this step. */
  readonly before?: readonly Happening[];
};

const trouble = (name: string, { step, failures, outcome = 'failed', exitCode, before = [] }: Made): Trouble => {
  const code = exitCode ?? failures[0]?.exitCode ?? exit.declined;
  const done = ['config', 'preflight', 'certs', 'deploy', 'permissions', 'launch'];
  const earlier = done.slice(0, Math.max(0, done.indexOf(step))).flatMap((each): Happening[] => [
    { type: 'step-started', step: each },
    { type: 'step-finished', step: each, outcome: 'unchanged' },
  ]);
  const events = timed([
    sessionStart,
    ...earlier,
    { type: 'step-started', step },
    ...before,
    { type: 'step-finished', step, outcome, ...(failures.length > 0 ? { failures } : {}) },
    { type: 'session-finished', outcome, exitCode: code },
  ]);
  const choices: readonly After[] =
    failures.length > 0 ? choicesAfter(failures, members, 2) : code === exit.declined ? ['again', 'edit'] : [];
  return { name, events, choices, footer: [], failures };
};

const failureOf = (error: unknown): Failure => {
  if (!(error instanceof UserError)) throw error;
  return error.failure;
};

const progress = (more: Partial<Progress>): Progress =>
  ({
    target: { address: '10.20.0.9', port: 22, user: 'fl', identities: [] },
    name: 'hosp-b',
    host: 'hosp-b',
    through: undefined,
    heard: Buffer.alloc(0),
    stage: 'dialing',
    login: { tried: [], methods: [] },
    conversation: { talk: 'none', subject: '' },
    ...more,
  }) as unknown as Progress;

const blob = (letter: string) =>
  Buffer.concat([Buffer.from([0, 0, 0, 11]), Buffer.from('ssh-ed25519'), Buffer.alloc(36, letter)]);

const finding = (host: string, name: string, facts: Parameters<typeof hostFacts>[1]): Failure => {
  const member = [network.server, ...network.clients].find((each) => each.name === host);
  if (!member) throw new Error(host);
  const found = [...hostFindings(member, hostFacts(host, facts), network)].find((each) => each.name === name);
  if (!found || found.ok) throw new Error(`${name} is no trouble`);
  const { detail: why, hint } = found;
  return { exitCode: exit.remote, host, doing: `Checking ${name} at ${host}`, why, ...(hint ? { hint } : {}) };
};

const clientTrouble = (host: string, facts: Parameters<typeof hostFacts>[1]): Failure => {
  const member = network.clients.find((each) => each.name === host);
  if (!member) throw new Error(host);
  const { detail: why, hint, said, byHand }: Check = clientCheck(member, hostFacts(host, facts));
  return {
    exitCode: exit.remote,
    host,
    doing: `Checking client at ${host}`,
    why,
    ...(hint ? { hint } : {}),
    ...(said ? { said } : {}),
    ...(byHand ? { byHand } : {}),
  };
};

const deployPlan = members.map((host) => ({ text: 'make the Python environment with Flower 1.41.0', host }));
const deployed: readonly Happening[] = [
  { type: 'plan-ready', step: 'deploy', actions: deployPlan },
  ...members.flatMap((host, action): Happening[] => [
    { type: 'action-started', step: 'deploy', action, host },
    { type: 'action-output', step: 'deploy', action, host, line: `Collecting flwr==1.41.0 for ${host}` },
    ...(host === 'hosp-b'
      ? [
          {
            type: 'action-output',
            step: 'deploy',
            action,
            host,
            line: 'ERROR: No matching distribution found for flwr==1.41.0',
          } as const,
        ]
      : []),
    { type: 'action-finished', step: 'deploy', action, host, outcome: host === 'hosp-b' ? 'failed' : 'changed' },
  ]),
];

const dropped = failureOf(connectionError(progress({ waited: 10_000 }), undefined));

export const troubles: readonly Trouble[] = [
  trouble('not-reached', { step: 'preflight', failures: [dropped] }),
  trouble('host-key-changed', {
    step: 'preflight',
    failures: [
      failureOf(
        new Refusals('hosp-b', 'hosp-b', 'ssh-ed25519', blob('b')).changed(
          [
            {
              blob: blob('a'),
              keyType: 'ssh-ed25519',
              file: '/home/ada/.ssh/known_hosts',
              place: '~/.ssh/known_hosts:7',
            } as never,
          ],
          '10.20.0.9',
          '',
        ),
      ),
    ],
  }),
  trouble('key-refused', {
    step: 'preflight',
    failures: [
      failureOf(
        connectionError(
          progress({
            stage: 'login',
            login: { tried: ['~/.ssh/id_ed25519', '~/.ssh/fl.pem'], methods: ['publickey'] } as never,
          }),
          undefined,
        ),
      ),
    ],
  }),
  trouble('passphrase-wrong', {
    step: 'certs',
    failures: [
      {
        exitCode: exit.invalid,
        doing: 'Opening fl_network/ca.key',
        why: 'the passphrase does not open it',
        hint: 'give it by --ca-passphrase-file FILE or in FL_WIZARD_CA_PASSPHRASE; in a terminal it is asked',
      },
    ],
  }),
  trouble('sudo-password', {
    step: 'deploy',
    failures: [
      {
        exitCode: exit.remote,
        host: 'hosp-b',
        doing: 'Making /etc/ssl/fl_network on hosp-b',
        why: 'sudo: 3 incorrect password attempts',
        hint: 'see whether sudo there takes fl’s own password: fl-wizard ssh hosp-b --tty -- sudo -v',
      },
    ],
  }),
  trouble('disk-full-there', { step: 'preflight', failures: [finding('hosp-b', 'disk', { diskFree: 2e7 })] }),
  trouble('disk-full-here', {
    step: 'config',
    failures: [
      localFailure(
        Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
        'Writing fl_network/certificate.conf',
      ).failure,
    ],
  }),
  trouble('port-taken', {
    step: 'preflight',
    failures: [finding('server', 'port', { port: { holder: 'other', name: 'nginx (pid 812)' } })],
  }),
  trouble('certificate-expired', {
    step: 'verify',
    failures: [
      {
        exitCode: exit.proof,
        doing: 'Checking certificate of hosp-b',
        why: 'it expired on 2026-11-19',
        hint: 'fl-wizard certs makes new ones, and fl-wizard deploy brings them',
      },
    ],
  }),
  trouble('ca-without-key', {
    step: 'certs',
    failures: [
      {
        exitCode: exit.proof,
        doing: 'Looking at fl_network/ca.crt',
        why: 'its key, ca.key, is not here, and something is to be issued',
        hint: 'put ca.key back beside it while certificates are made',
      },
    ],
  }),
  trouble('deploy-failed-at-one', {
    step: 'deploy',
    failures: [
      {
        exitCode: exit.remote,
        host: 'hosp-b',
        doing: 'Making the Python environment on hosp-b',
        why: 'pip ended with 1: No matching distribution found for flwr==1.41.0',
        hint: 'has hosp-b a way to pypi.org? set remote.pip.proxy or indexUrl, or bring wheels: fl-wizard wheels',
      },
    ],
    before: deployed,
  }),
  trouble('client-refused', {
    step: 'launch',
    failures: [
      clientTrouble('hosp-b', {
        process: {
          state: 'refused',
          detail: 'the server refused this client: it is not on the allow-list (fl-wizard launch sends the list)',
        },
      }),
    ],
  }),
  trouble('import-error', {
    step: 'launch',
    failures: [
      clientTrouble('hosp-b', {
        process: { state: 'failed', exitCode: 79, detail: 'client.py failed' },
        trace: [
          'Traceback (most recent call last):',
          '  File "/home/fl/fl-wizard/xray/app/client.py", line 4, in <module>',
          '    from task import Net, load_data',
          '  File "/home/fl/fl-wizard/xray/app/task.py", line 2, in <module>',
          '    import torchvision',
          "ModuleNotFoundError: No module named 'torchvision'",
        ],
      }),
    ],
  }),
  trouble('client-hangs', {
    step: 'launch',
    failures: [{ ...dropped, doing: 'Starting hosp-b' }],
    before: [
      { name: 'server', host: 'server', detail: 'serves on port 9092, run 2' },
      { name: 'client', host: 'hosp-a', detail: 'is in' },
      { name: 'client', host: 'hosp-c', detail: 'is in' },
    ].map((check) => ({ type: 'check-finished', step: 'launch', check: { kind: 'state', ok: true, ...check } })),
  }),
  trouble('interrupted', { step: 'deploy', failures: [], exitCode: 130, before: deployed.slice(0, 5) }),
  trouble('declined', {
    step: 'certs',
    failures: [],
    outcome: 'declined',
    before: [{ type: 'plan-ready', step: 'certs', actions: [{ text: 'make the CA' }] }],
  }),
  trouble('three-troubles', {
    step: 'preflight',
    failures: [
      dropped,
      { ...dropped, host: 'hosp-c', doing: 'Connecting to hosp-c (10.20.0.10)' },
      finding('server', 'port', { port: { holder: 'other' } }),
    ],
  }),
];
