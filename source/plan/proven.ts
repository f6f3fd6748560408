/**
 * A proof as it is kept and handed on: one document with all that was tried, expected and seen. It holds no secret:
 * fingerprints, names and dates only. Pure.
 */
import type { CaseName, Limit, Presented, Tls, Word } from './proof.ts';
import type { ServerCase } from './wrong-server.ts';

/** Grows when a reader of an older one would misunderstand it; new members alone don't count. */
export const proofVersion = 1;

export type ProofTry = {
  /** Through whose SSH connection; of what is judged on this machine alone: `this machine`. */
  readonly host: string;
  readonly case: CaseName | ServerCase;
  /** In words, as on the screen. */
  readonly name: string;
  /** The newest TLS that was offered, where it was limited. */
  readonly limit?: Limit;
  /** `accepted`, `refused`: by the server; `refuses`: the client refuses a wrong server. */
  readonly expected: 'accepted' | 'refused' | 'refuses';
  readonly outcome: 'accepted' | 'refused' | 'refuses' | 'unclear' | 'not tried';
  /** Where a refusal came: in the handshake, by the policy, or since it speaks no such version. */
  readonly by?: 'handshake' | 'policy' | 'version';
  readonly ok: boolean;
  /** Who the server saw, the reason of the refusal, or why nothing is proved. */
  readonly detail: string;
  readonly time: string;
  /** What was dialed, HOST:PORT. */
  readonly to?: string;
  readonly tls?: Tls;
  readonly shown?: string;
  readonly presented?: Presented;
  /** Fingerprint of the certificate that a wrong server showed to a client. */
  readonly offered?: string;
  /** Who the server saw: its answer where it let somebody in, its journal where its policy refused. */
  readonly word?: Word;
};

export type ProofCertificate = {
  readonly name: string;
  readonly fingerprint: string;
  readonly notAfter: string;
  /** Whole days at the time of the proof; negative once it has expired. */
  readonly daysLeft: number;
};

/** What runs where, as far as it is known. */
export type ProofHost = {
  readonly name: string;
  readonly role: 'server' | 'client';
  readonly os?: string;
  readonly architecture?: string;
  readonly python?: string;
  readonly openssl?: string;
  /** Versions of installed packages by name: flwr, grpcio, cryptography, numpy. */
  readonly packages?: Readonly<Record<string, string>>;
  /** Digest of what lies there, as `hashes` of the whole; `differs` where a file is missing or another one. */
  readonly runtime?: string;
  readonly app?: string;
  /** Why nothing is known of it. */
  readonly trouble?: string;
};

export type Proof = {
  readonly document: 'fl-wizard proof';
  readonly version: typeof proofVersion;
  readonly network: string;
  /** What the server's certificate has to hold. */
  readonly address: string;
  readonly run: string;
  /** When the first try began, and when the verdict was there. RFC 3339, UTC. */
  readonly started: string;
  readonly time: string;
  readonly mutual: boolean;
  /** The verdict in words. */
  readonly verdict: string;
  readonly tries: readonly ProofTry[];
  readonly certificates: readonly ProofCertificate[];
  readonly hosts: readonly ProofHost[];
  readonly software: { readonly flWizard: string; readonly node: string; readonly openssl: string };
  /** SHA-256 of what `sha256sum` prints for the files in order of their names, as they lie here. */
  readonly hashes: { readonly runtime: string; readonly app: string };
};

/** A document that was read from a journal, if it is one that this version understands. */
export function proofFrom(value: unknown): Proof | undefined {
  if (!value || typeof value !== 'object') return undefined;
  const found = value as Partial<Record<keyof Proof, unknown>>;
  const lists = [found.tries, found.certificates, found.hosts];
  const texts = [found.network, found.address, found.run, found.started, found.time, found.verdict];
  const parts = [found.software, found.hashes];
  const whole =
    found.document === 'fl-wizard proof' &&
    found.version === proofVersion &&
    lists.every((list) => Array.isArray(list) && list.every((each) => each && typeof each === 'object')) &&
    texts.every((text) => typeof text === 'string') &&
    parts.every((part) => part && typeof part === 'object');
  return whole ? (value as Proof) : undefined;
}
