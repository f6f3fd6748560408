/** Step 1: certificate.conf from fl-network.yaml. It stays openssl's file, and the user's. */
import { relative } from 'node:path';
import { members, type Network } from '../network/network.ts';
import {
  addProfileSections,
  certificateValues,
  newConfiguration,
  parseConfiguration,
  printConfiguration,
  setValues,
} from '../pki/configuration.ts';
import { bothForms } from '../pki/names.ts';
import { here } from '../plan/action.ts';
import { UserError } from '../plan/failure.ts';
import { type Answers, type Step, standing } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import type { World } from '../plan/world.ts';
import { withKeyElsewhere } from './certs-hosts.ts';
import { issueOf } from './certs-issue.ts';
import { type Lying, readLying } from './certs-look.ts';
import { wrong } from './certs-wrong.ts';
import { diffOf } from './diff.ts';
import { declared } from './inputs.ts';
import { placesOf } from './shared.ts';
import { repeatedNames, valuesOf } from './values.ts';

type Facts = {
  readonly path: string;
  readonly shown: string;
  /** The file as it is; absent where there is none. */
  readonly text?: string;
  /** The certificates that were made from it. */
  readonly lying?: Lying;
};

function wanted(network: Network, facts: Facts): string {
  const values = valuesOf(network);
  if (facts.text === undefined) return newConfiguration(values);
  const changed = setValues(parseConfiguration(facts.text, facts.shown), values);
  return printConfiguration(addProfileSections(changed, network.certificates.algorithm));
}

/** What lies there only tells what a change costs: where it can't be read, step 3 says so. */
async function lyingIn(answers: Answers, world: World): Promise<Pick<Facts, 'lying'>> {
  try {
    return { lying: await readLying(answers, world) };
  } catch (error) {
    if (error instanceof UserError) return {};
    throw error;
  }
}

/** What a change costs is said before it is made: the certificates that no longer fit. */
function outdated(answers: Answers, { lying, shown }: Facts, content: string): string {
  if (!lying) return '';
  const profile = certificateValues(parseConfiguration(content, shown));
  const broken = [...members(answers.network), { name: 'operator', role: 'client' as const }].flatMap((member) => {
    const pair = withKeyElsewhere(lying.pairs[member.name], answers.network, member.name);
    if (!pair?.certificate) return [];
    const why = wrong(pair, issueOf(member, answers, { ...lying, profile }), lying);
    return why === undefined ? [] : [`${member.name}.crt (${why})`];
  });
  return broken.length === 0 ? '' : `; certs then has to issue ${list(broken)} again`;
}

/** A name that is said twice does no harm, but somebody may have meant another one. */
function mergedNote(inFile: readonly string[], inNetwork: readonly string[]): string | undefined {
  const said = [
    ...(inNetwork.length > 0 ? [`server.names of fl-network.yaml says ${list(inNetwork)} again`] : []),
    ...(inFile.length > 0 ? [`[alt_names] says ${list(inFile)} more than once`] : []),
  ];
  return said.length > 0 ? `${said.join('; ')}: it stands in the certificate once` : undefined;
}

export const configStep: Step<Facts> = {
  ...declared('config'),
  effect: 'changes',
  async observe(answers, world) {
    const { network } = answers;
    const path = placesOf(world.directory, network).configuration;
    const file = await world.read(path);
    const shown = relative(world.directory, path);
    if (!file) return { path, shown };
    return { path, shown, text: file.content.toString('utf8'), ...(await lyingIn(answers, world)) };
  },
  plan(answers, facts) {
    const { network } = answers;
    const content = wanted(network, facts);
    if (content === facts.text) return [];
    const { dns, ips } = valuesOf(network);
    const names = list([...dns.map(bothForms), ...ips]);
    const text =
      facts.text === undefined
        ? `write ${facts.shown}: ${names}`
        : `change [dn] and [alt_names] of ${facts.shown}: ${names}${outdated(answers, facts, content)}`;
    return [
      {
        title: 'certificate.conf',
        lanes: {
          [here]: [
            {
              kind: 'write-file',
              path: facts.path,
              content,
              mode: 0o644,
              text,
              ...(facts.text === undefined ? {} : { diff: diffOf(facts.text, content) }),
            },
          ],
        },
      },
    ];
  },
  stands: (_, { text }, planned) => standing(planned, text !== undefined),
  async *verify({ network }, facts) {
    const values = certificateValues(parseConfiguration(facts.text ?? '', facts.shown));
    const detail = `${list([...values.dns, ...values.ips])}; ${network.certificates.algorithm === 'ec' ? 'EC P-256' : `RSA ${values.bits}`}, ${values.digest}`;
    const hint = mergedNote(values.repeated, repeatedNames(network));
    yield { check: { name: facts.shown, kind: 'state', ok: true, detail, ...(hint ? { hint } : {}) } };
  },
};
