/** A host's answer to a look, read with care: it comes from another machine. */
import { createPublicKey } from 'node:crypto';
import * as z from 'zod';
import { keyKind, publicKeyDigest } from '../pki/key.ts';
import type { HostFacts, ProcessLook, RunFacts } from '../plan/host-facts.ts';
import { checked, known, present } from './answer.ts';

const file = z.object({
  mode: z.number(),
  owner: z.string(),
  kind: z.enum(['file', 'folder', 'link', 'other']),
  sha256: z.string().exactOptional(),
});

const state = z.enum(['none', 'starting', 'running', 'finished', 'refused', 'failed', 'stopped']).catch('none');

/** A unit's name becomes a word of a command, and its path a file that is removed: none but ours. */
export const unit = z.object({
  kind: z.enum(['system', 'user']),
  name: z.string().regex(/^fl-wizard-[A-Za-z0-9._-]{1,200}\.service$/),
  path: z.string().regex(/^\/[^\0]*\/fl-wizard-[A-Za-z0-9._-]{1,200}\.service$/),
});

/** What keeps a process says of it. */
export const process = z
  .object({
    state,
    pid: known(z.number()),
    since: known(z.string()),
    restarts: known(z.number()),
    exitCode: known(z.number()),
    detail: known(z.string()),
    unit: known(unit.extend({ omitted: z.array(z.string()) })),
  })
  .transform((value) => present(value) as HostFacts['process']);

/** A run's name becomes a folder's here: a number, and no path. */
const run = z.string().regex(/^\d{1,15}$/);
const port = z.int().min(1).max(65535);
const server = z.object({
  phase: z.string().catch('serving'),
  port,
  monitorPort: port,
  run,
  host: z.string().exactOptional(),
  settings: z.string().exactOptional(),
  notices: z.array(z.string().max(1000)).max(20).exactOptional().catch([]),
  lost: z
    .record(z.string(), z.object({ detail: known(z.string()), since: known(z.string()) }).transform(present))
    .transform((value) => value as NonNullable<HostFacts['server']>['lost'] & object)
    .exactOptional(),
});
const client = z.object({
  state: z.string(),
  detail: z.string().exactOptional(),
  settings: z.string().exactOptional(),
});

const trace = z.array(z.string().max(400)).max(40);

/** A SubjectPublicKeyInfo, base64 of DER. That of RSA with 16,384 bits takes 2,800 characters. */
const publicKey = z
  .string()
  .max(4096)
  .transform((text, context): NonNullable<HostFacts['publicKey']> => {
    try {
      const key = createPublicKey({ key: Buffer.from(text, 'base64'), type: 'spki', format: 'der' });
      const kind = keyKind(key);
      return { sha256: publicKeyDigest(key), ...(kind ? { kind } : {}) };
    } catch {
      context.addIssue('it is no public key');
      return z.NEVER;
    }
  });

/** A name below the home: it becomes the path of a file that is removed. */
const below = z.string().regex(/^(?:app|runtime)(?:\/(?!\.{1,2}(?:\/|$))[^/\0\n]+)+$/);

const look = z.object({
  os: z.string(),
  architecture: z.string(),
  user: z.string(),
  python: z.string(),
  libc: z.string(),
  venv: z.boolean(),
  now: z.number(),
  diskFree: z.number(),
  diskAt: z.string().exactOptional(),
  paths: z.object({ home: z.string(), certificates: z.string(), environment: z.string(), policy: z.string() }),
  sudo: z.enum(['not needed', 'works', 'wants a password', 'not allowed', 'absent', 'of no use']),
  unsafeParent: z.string().exactOptional(),
  barred: z.object({ path: z.string(), readOnly: z.boolean() }).exactOptional(),
  port: z.object({
    holder: z.enum(['nobody', 'ours', 'other']),
    name: z.string().exactOptional(),
    network: z.string().max(300).exactOptional(),
    free: z.number().int().min(1).max(65_535).exactOptional(),
  }),
  environmentReady: z.boolean(),
  flower: z.string().max(100).exactOptional(),
  openssl: z.boolean(),
  publicKey: publicKey.exactOptional(),
  files: z.record(z.string(), file),
  before: z.string().max(100).exactOptional(),
  sharing: z.array(z.string().max(300)).exactOptional(),
  former: z
    .record(below, z.object({ placed: z.string(), found: known(z.string()) }).transform(present))
    .transform((value) => value as HostFacts['former'] & object)
    .exactOptional(),
  certificateFolder: file.extend({ names: z.array(z.string()) }).exactOptional(),
  process,
  server: server.exactOptional(),
  client: client.exactOptional(),
  trace: trace.exactOptional(),
  runs: z.array(
    z
      .object({
        run,
        rounds: z.number(),
        done: z.number(),
        finished: z.boolean(),
        last: z.number().exactOptional(),
        started: known(z.string()),
        until: known(z.string()),
        outcome: known(z.string()),
        detail: known(z.string()),
      })
      .transform((value) => present(value) as RunFacts),
  ),
});

/**
 * @param asked our clock just before the host looked at its own, milliseconds; `answered` just after
 */
export function readLook(answer: unknown, asked: number, answered: number): HostFacts {
  const { now, server: serving, client: own, ...rest } = checked(look, answer);
  // While a process is starting, what was told is still the word of the one before it.
  const fresh = rest.process.state !== 'starting';
  const facts = { ...rest, ...(serving && fresh ? { server: serving } : {}), ...(own && fresh ? { client: own } : {}) };
  return { ...facts, clockOffset: offset(now * 1000, asked, answered) / 1000 };
}

/** The host's clock against ours. Its reading lies somewhere between the two of ours: within them it is in step. */
function offset(theirs: number, asked: number, answered: number): number {
  if (theirs < asked) return theirs - asked;
  return theirs > answered ? theirs - answered : 0;
}

const texts = z.object({ texts: z.record(z.string(), z.string()) });

export function readTexts(answer: unknown): Readonly<Record<string, string>> {
  return checked(texts, answer).texts;
}

const told = z.object({ process, told: z.record(z.string(), z.unknown()) });

export function readState(answer: unknown, role: 'server' | 'client'): ProcessLook {
  const { process: found, told: words } = checked(told, answer);
  // A process that is starting has told nothing yet: the words are those of the one before it.
  const lives = found.state === 'running';
  const said = role === 'server' ? server.safeParse(words) : undefined;
  const saidClient =
    role === 'client' && found.state !== 'starting'
      ? client.safeParse(present({ state: words.state, detail: words.detail ?? undefined }))
      : undefined;
  const traced = trace.min(1).safeParse(words.trace);
  return {
    process: found,
    ...(lives && said?.success ? { server: said.data } : {}),
    ...(saidClient?.success ? { client: saidClient.data } : {}),
    ...(found.state !== 'starting' && traced.success ? { trace: traced.data } : {}),
  };
}
