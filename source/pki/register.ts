/**
 * The register of what a CA has issued: one JSON line a certificate, only ever added to, so that entering a thousand
 * costs a thousand lines. Pure.
 */
import { type Identity, identify } from './inspect.ts';
import { pemBytes } from './pem.ts';

/** What an issued certificate is for; a probe exists to be refused. */
export type RegisterPurpose = 'ca' | 'server' | 'client' | 'operator' | 'probe';

/** One certificate, as it was issued. */
export type RegisterEntry = {
  /** Hex, lower case: as in `CertificateFacts`. */
  readonly serial: string;
  /** SHA-256 of the DER, hex, lower case. */
  readonly fingerprint: string;
  /** The file's name without its ending: `ca`, `server`, `client1`, `operator`, a probe's. */
  readonly name: string;
  readonly purpose: RegisterPurpose;
  readonly subject: string;
  /** RFC 3339, UTC. */
  readonly notBefore: string;
  readonly notAfter: string;
};

/** When a serial was revoked (RFC 3339, UTC). */
export type Revocation = { readonly revoked: string; readonly time: string };

export type Register = {
  readonly entries: readonly RegisterEntry[];
  readonly revoked: readonly Revocation[];
  /** Cut, garbage, or of another version: what could be read is here, and the rest has to be found again. */
  readonly damaged: boolean;
};

/** valid: in its file and in its time. replaced: a newer one, or none, is in its place. */
export type RegisterState = 'valid' | 'expired' | 'revoked' | 'replaced';

/** The first line. A file of another version is kept aside, and the register made anew. */
export const registerHead = `${JSON.stringify({ register: 1 })}\n`;

/** An entry, or a revocation, as a line of the file. */
export function registerLine(record: RegisterEntry | Revocation): string {
  return `${JSON.stringify(record)}\n`;
}

/** The entry of a certificate that was just issued (PEM). @throws UserError (6) for what is none. */
export function registerEntry(pem: string, name: string, purpose: RegisterPurpose): RegisterEntry {
  return entryOf(identify(pemBytes(pem, 'CERTIFICATE') ?? Buffer.alloc(0)), name, purpose);
}

/** The entry of a certificate that was read already. */
export function entryOf(facts: Identity, name: string, purpose: RegisterPurpose): RegisterEntry {
  const { serial, fingerprint, subject, notBefore, notAfter } = facts;
  const dates = { notBefore: notBefore.toISOString(), notAfter: notAfter.toISOString() };
  return { serial, fingerprint, name, purpose, subject, ...dates };
}

const purposes: readonly string[] = ['ca', 'server', 'client', 'operator', 'probe'] satisfies RegisterPurpose[];
const serialForm = /^[0-9a-f]{1,40}$/;
const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));

function entryIn(value: Record<string, unknown>): RegisterEntry | undefined {
  const { serial, fingerprint, name, purpose, subject, notBefore, notAfter } = value;
  const right =
    serialForm.test(String(serial)) &&
    /^[0-9a-f]{64}$/.test(String(fingerprint)) &&
    typeof name === 'string' &&
    typeof subject === 'string' &&
    purposes.includes(String(purpose)) &&
    isTime(notBefore) &&
    isTime(notAfter);
  return right ? (value as RegisterEntry) : undefined;
}

function recordIn(line: string): { entry: RegisterEntry } | { revocation: Revocation } | undefined {
  try {
    const value: unknown = JSON.parse(line);
    if (!value || typeof value !== 'object') return undefined;
    const entry = entryIn(value as Record<string, unknown>);
    if (entry) return { entry };
    const { revoked, time } = value as Record<string, unknown>;
    return serialForm.test(String(revoked)) && isTime(time) ? { revocation: value as Revocation } : undefined;
  } catch {
    return undefined;
  }
}

/** Reads a register, whatever is in the file. A serial that stands twice counts once. */
export function parseRegister(text: string): Register {
  const headed = text.startsWith(registerHead);
  const lines = text.split('\n');
  const whole = lines.at(-1) === '';
  const found = lines.slice(headed ? 1 : 0, whole ? -1 : undefined).map(recordIn);
  const entries = found.flatMap((each) => (each && 'entry' in each ? [each.entry] : []));
  return {
    entries: [...new Map(entries.map((entry) => [entry.fingerprint, entry])).values()],
    revoked: found.flatMap((each) => (each && 'revocation' in each ? [each.revocation] : [])),
    damaged: !headed || !whole || found.includes(undefined),
  };
}

/**
 * How a certificate stands today.
 * @param current fingerprints of the certificates that lie in their files
 */
export function registerState(
  { serial, fingerprint, notAfter }: RegisterEntry,
  revoked: ReadonlySet<string>,
  current: ReadonlySet<string>,
  now: Date,
): RegisterState {
  if (revoked.has(serial)) return 'revoked';
  if (Date.parse(notAfter) <= now.getTime()) return 'expired';
  return current.has(fingerprint) ? 'valid' : 'replaced';
}
