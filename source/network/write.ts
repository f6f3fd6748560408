/** A new fl-network.yaml: commented, since it is also the manual. */
import { stringify } from 'yaml';
import { exit, UserError } from '../plan/failure.ts';
import { present } from '../plan/words.ts';
import { hostName, userName } from '../ssh/safe-name.ts';
import { leastClients } from './least-clients.ts';

/** What has to be known of a host: `[user@]host[:port]`. */
export type Login = { readonly host: string; readonly user?: string; readonly port?: number };

/** What a certificate's subject says beside its name. */
export type DraftSubject = Partial<Readonly<Record<'C' | 'ST' | 'L' | 'O' | 'OU', string>>>;

export type Draft = {
  readonly name: string;
  readonly address: string;
  readonly names: readonly string[];
  readonly server: SshDraft;
  readonly clients: readonly {
    readonly name: string;
    readonly ssh: SshDraft;
    readonly env?: Readonly<Record<string, string>>;
  }[];
  readonly algorithm: 'rsa' | 'ec';
  /** Left out: the organization is called as the network is. */
  readonly subject?: DraftSubject;
  readonly flower?: {
    readonly version?: string;
    readonly port?: number;
    readonly rounds?: number;
    readonly linger?: number;
    readonly minClients?: number;
  };
  readonly remote?: { readonly certificates?: string; readonly home?: string; readonly python?: string };
};
export type SshDraft = Login & { readonly identityFile?: string; readonly hostKey?: string };

/** @throws UserError (2) for what is no `[user@]host[:port]` */
export function parseLogin(text: string): Login {
  const match = /^(?:(?!-)([^@\s\p{Cc}]+)@)?(?!-)(\[[0-9A-Fa-f:.%]+\]|[^@:\s[\]\p{Cc}]+)(?::(\d{1,5}))?$/u.exec(
    text.trim(),
  );
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const named = match && hostName.test(match[2] ?? '') && userName.test(match[1] ?? '');
  if (!named || !match[2] || (port !== undefined && (port < 1 || port > 65535)))
    throw new UserError({
      exitCode: exit.invalid,
      doing: 'Reading a host',
      why: `"${text}" is not [user@]host[:port]`,
      hint: 'for example ubuntu@10.0.0.11, or a Host alias of ~/.ssh/config',
    });
  return {
    host: match[2].replace(/^\[|\]$/g, ''),
    ...(match[1] === undefined ? {} : { user: match[1] }),
    ...(port === undefined ? {} : { port }),
  };
}

/** One value on one line, quoted where YAML needs it. */
export function inline(value: unknown): string {
  // Anything else would go on in the next line, which is another key's; JSON is YAML too.
  if (typeof value === 'string' && /\p{Cc}/u.test(value)) return JSON.stringify(value);
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trimEnd();
}

function sshLine(ssh: SshDraft): string {
  const { host, user, port, identityFile, hostKey } = ssh;
  return inline(present({ host, user, port, identityFile, hostKey }));
}

function clientLines(client: Draft['clients'][number]): string[] {
  return [
    `  - name: ${inline(client.name)}`,
    `    ssh: ${sshLine(client.ssh)}`,
    ...(client.env ? [`    env: ${inline(client.env)}`] : []),
  ];
}

function section(name: string, values: Readonly<Record<string, unknown>> | undefined): string[] {
  const entries = Object.entries(values ?? {}).filter(([, value]) => value !== undefined);
  return entries.length === 0 ? [] : [`${name}:`, ...entries.map(([key, value]) => `  ${key}: ${inline(value)}`)];
}

/** Flower asks for so many in each round, so that what waits for all also stands still where one is lost. */
function allClients(count: number): string {
  return `#   minClients: ${count}            # a run waits for all, in each round; left out, ${leastClients} are enough`;
}

/** The file's text. What is left out here has its default; `fl-wizard init --schema` lists every key. */
export function networkText(draft: Draft): string {
  const flower = section('flower', draft.flower);
  return `${[
    '# A federated-learning network, for fl-wizard. No secret belongs in here; commit it.',
    'version: 1',
    `name: ${inline(draft.name)}`,
    'certificates:',
    `  algorithm: ${draft.algorithm}   # ec (P-256): smaller, and made ten times faster; rsa where something old has to read them`,
    ...(draft.subject ? [`  subject: ${inline(draft.subject)}`] : []),
    ...(flower.length > 0
      ? flower
      : [
          '# flower:                 # left out, server.py decides',
          '#   rounds: 3',
          ...(draft.clients.length > leastClients ? [allClients(draft.clients.length)] : []),
          '#   port: 9092',
          '#   strategy: {name: FedProx, proximalMu: 0.1, fractionFit: 0.5}',
        ]),
    'server:',
    `  address: ${inline(draft.address)}   # what clients dial; the server's certificate holds it`,
    ...(draft.names.length > 0 ? [`  names: ${inline(draft.names)}`] : []),
    `  ssh: ${sshLine(draft.server)}`,
    'clients:',
    ...draft.clients.flatMap(clientLines),
    ...section('remote', draft.remote),
  ].join('\n')}\n`;
}
