/**
 * Hosts that hold the certificates of another CA than ours: a network of the same name that another folder made, or this one's
 * own from before. Replacing them ends it, so who approves that has to know whose it is.
 */
import * as z from 'zod';
import { authorityName, certificatesMark, markPath } from '../flower/layout.ts';
import type { Member } from '../network/network.ts';
import { inspectCertificate } from '../pki/inspect.ts';
import type { Action } from '../plan/action.ts';
import { UserError } from '../plan/failure.ts';
import type { HostFacts, Looks } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { type Placed, type Placement, resolvePath } from './placed.ts';
import { chosen, factsOf } from './shared.ts';

/** By host: whose certificates lie there, as the end of a sentence. */
export type OtherCas = Readonly<Record<string, string>>;

/** A CA's chain takes some 10 kB. */
const longest = 100_000;
/** So much of a fingerprint tells two CAs apart. */
const shownDigits = 16;

const text = z.string().min(1).max(300);
const mark = z.object({ user: text, folder: text, time: z.iso.datetime() });
type Mark = z.infer<typeof mark>;

/** Who placed what lies on a host, and from where: it goes along with the CA's certificate, and is compared with nothing. */
export function markOf(world: Pick<World, 'user' | 'directory' | 'now'>): string {
  const { user, directory: folder } = world;
  return `${JSON.stringify({ user, folder, time: world.now().toISOString() } satisfies Mark)}\n`;
}

/** The digest of our CA's certificate, which every host gets. */
export function authorityOf({ files }: Placement): string | undefined {
  const [first = []] = Object.values(files);
  return first.find(({ to }) => to === `${certificatesMark}/${authorityName}`)?.sha256;
}

/** @param ours SHA-256 of our CA's file; nothing where there is none yet */
export async function otherCas(
  answers: Answers,
  looks: Looks,
  ours: string | undefined,
  world: World,
): Promise<OtherCas> {
  const taken = chosen(answers).flatMap((member) => {
    const facts = factsOf(looks, member.name);
    const there = facts?.files[`${facts.paths.certificates}/${authorityName}`];
    return facts && there && there.sha256 !== ours ? [{ member, facts, digest: there.sha256 }] : [];
  });
  // What a thousand hosts hold is mostly one CA: it is read once.
  const asked = new Map<string, Promise<string>>();
  const said = taken.map(async ({ member, facts, digest = member.name }) => {
    const words = asked.get(digest) ?? wordsOf(member, facts, world);
    asked.set(digest, words);
    return [member.name, await words] as const;
  });
  return Object.fromEntries(await Promise.all(said));
}

async function wordsOf(member: Member, facts: HostFacts, world: World): Promise<string> {
  const [certificate, placed] = [`${facts.paths.certificates}/${authorityName}`, resolvePath(markPath, member, facts)];
  const texts = await world.readTexts(member, [certificate, placed], longest).catch(unasked);
  const known = texts[placed] === undefined ? undefined : markIn(texts[placed]);
  const about = texts[certificate] === undefined ? undefined : aboutCa(texts[certificate]);
  const own = known?.folder === world.directory && known.user === world.user;
  const by = known ? `placed by ${known.user} from ${known.folder} at ${minute(new Date(known.time))}` : undefined;
  const details = [about, by].filter((each) => each !== undefined).join(', ');
  const whose = own ? 'those of the CA that this folder had before' : 'another CA’s';
  const after = own
    ? 'what runs with those stops working'
    : 'the network that runs with those stops working; for one beside it, give this one another name, remote.certificates and flower.port in fl-network.yaml';
  return `${whose}${details ? ` (${details})` : ''}: ${after}`;
}

/** A host that is lost in between is told of by what needs it next. */
function unasked(error: unknown): Readonly<Record<string, string>> {
  if (error instanceof UserError) return {};
  throw error;
}

function aboutCa(pem: string): string | undefined {
  try {
    const { subject, fingerprint, notBefore } = inspectCertificate(pem);
    return `${subject}, SHA-256 ${fingerprint.slice(0, shownDigits)}…, made at ${minute(notBefore)}`;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function markIn(content: string): Mark | undefined {
  try {
    return mark.safeParse(JSON.parse(content)).data;
  } catch {
    return undefined;
  }
}

const minute = (date: Date) => `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** What a CA is made for while hosts hold certificates of others, as the words of that action. */
export function inPlaceOf(words: string, others: OtherCas): Pick<Action, 'text' | 'invalidates'> {
  const hosts = Object.keys(others);
  if (hosts.length === 0) return { text: words };
  const said = [...new Set(Object.values(others))].map((whose) => {
    const held = hosts.filter((host) => others[host] === whose);
    return `. ${list(held)} ${held.length === 1 ? 'holds' : 'hold'} ${whose}`;
  });
  return { text: `${words}${said.join('')}`, invalidates: hosts };
}

/** The file that says so, where the CA's certificate is copied. */
export function withMark(
  files: readonly Placed[],
  content: string | undefined,
): readonly Pick<Placed, 'from' | 'to' | 'mode'>[] {
  const isNew = content !== undefined && files.some(({ to }) => to.endsWith(`/${authorityName}`));
  return isNew ? [...files, { from: { text: content }, to: markPath, mode: 0o600 }] : files;
}
