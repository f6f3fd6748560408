/** Servers that a client must not take for its own, and how it shows that it does not. Pure. */
import { tlsCause, wrongServerCause } from './tls-errors.ts';

/** `server-right` is the control: a client that refuses everybody proves nothing. */
export type ServerCase =
  | 'server-right'
  | 'server-foreign'
  | 'server-self-signed'
  | 'server-expired'
  | 'server-client'
  | 'server-name';

/** The name under which `server-name` dials: no certificate of a network holds it (RFC 6761). */
export const otherName = 'another-server.invalid';

/** In the order of the screens: title, and the reason that the client has to have. Another one proves nothing of this. */
export const serverCases: Readonly<
  Record<Exclude<ServerCase, 'server-right'>, readonly [title: string, because: RegExp]>
> = {
  'server-foreign': ['a server of another CA', /not signed by/],
  'server-self-signed': ['a server that signed itself', /not signed by|signed itself/],
  'server-expired': ['a server that has expired', /has expired/],
  'server-client': ['a client’s certificate as the server’s', /a client’s/],
  'server-name': ['a server of another name', /does not hold the name/],
};

const titles: ReadonlySet<string> = new Set(Object.values(serverCases).map(([title]) => title));

/** Whether a check's name is that of a wrong server, which a client has to refuse. */
export function isWrongServerName(name: string): boolean {
  return titles.has(name);
}

const ownPython = '’s own Python';

/** The name of the control's check: who met the right server. */
export function controlName(client: string | undefined): string {
  return `${client ?? 'our'}${ownPython}`;
}

export function isControlName(name: string): boolean {
  return name.endsWith(ownPython);
}

/** What a client did when a server showed itself. */
export type Judged = {
  readonly which: ServerCase;
  /** It went on behind the handshake: it took it for the network's server. */
  readonly through: boolean;
  /** What its library said. */
  readonly said: string;
  /** SHA-256 of the certificate that it was shown, where that is known here. */
  readonly presented?: string;
  /** SHA-256 of the certificate that it showed itself. */
  readonly shown?: string;
  /** Who the running server saw, where it let the client in. */
  readonly identity?: string;
  /** Why it was not tried. */
  readonly missing?: string;
};

export type Judgement = {
  readonly outcome: 'refuses' | 'accepted' | 'unclear' | 'not tried';
  readonly ok: boolean;
  readonly detail: string;
  readonly hint?: string;
};

const taken =
  'this client would train with anybody who answers: fl-wizard deploy, and look at its grpcio (fl-wizard status)';
const again = 'nothing is proved by this: run fl-wizard certs, deploy, and verify again';

/** @param uri as whom the running server has to see it */
export function judgement(judged: Judged, uri: string | undefined): Judgement {
  const { which, through, said, identity, missing } = judged;
  if (missing !== undefined) return { outcome: 'not tried', ok: false, detail: `not tried: ${missing}`, hint: again };
  if (which === 'server-right') return control(judged, uri);
  if (through)
    return {
      outcome: 'accepted',
      ok: false,
      detail: `took it for the server${identity ? ` as ${identity}` : ''}`,
      hint: taken,
    };
  const cause = wrongServerCause(said);
  const [, because] = serverCases[which];
  if (cause && because.test(cause.why)) return { outcome: 'refuses', ok: true, detail: `refused: ${cause.why}` };
  const other = cause ?? tlsCause(said);
  const detail = cause ? `it was refused for another reason (${cause.why})` : (other?.why ?? said);
  return { outcome: 'unclear', ok: false, detail: `not clear: ${detail}`, hint: other?.hint ?? again };
}

function control({ said, identity }: Judged, uri: string | undefined): Judgement {
  if (identity !== undefined && identity === uri)
    return { outcome: 'accepted', ok: true, detail: `let in as ${identity}` };
  if (identity !== undefined) return { outcome: 'accepted', ok: false, detail: `let in as ${identity}`, hint: again };
  const cause = tlsCause(said);
  return { outcome: 'unclear', ok: false, detail: `not clear: ${cause?.why ?? said}`, hint: cause?.hint ?? again };
}
