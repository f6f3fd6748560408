/** Step 1: certificate.conf from fl-network.yaml. It stays openssl's file, and the user's. */
import { relative } from 'node:path';
import type { Network } from '../network/network.ts';
import {
  addProfileSections,
  certificateValues,
  newConfiguration,
  parseConfiguration,
  printConfiguration,
  setValues,
} from '../pki/configuration.ts';
import { here } from '../plan/action.ts';
import type { Step } from '../plan/step.ts';
import { declared } from './inputs.ts';
import { list, placesOf } from './shared.ts';
import { valuesOf } from './values.ts';

type Facts = {
  readonly path: string;
  readonly shown: string;
  /** The file as it is; absent where there is none. */
  readonly text?: string;
};

function wanted(network: Network, facts: Facts): string {
  const values = valuesOf(network);
  if (facts.text === undefined) return newConfiguration(values);
  const changed = setValues(parseConfiguration(facts.text, facts.shown), values);
  return printConfiguration(addProfileSections(changed, network.certificates.algorithm));
}

export const configStep: Step<Facts> = {
  ...declared('config'),
  effect: 'changes',
  async observe({ network }, world) {
    const path = placesOf(world.directory, network).configuration;
    const file = await world.read(path);
    const shown = relative(world.directory, path);
    return { path, shown, ...(file ? { text: file.content.toString('utf8') } : {}) };
  },
  plan({ network }, facts) {
    const content = wanted(network, facts);
    if (content === facts.text) return [];
    const { dns, ips } = valuesOf(network);
    const text =
      facts.text === undefined
        ? `write ${facts.shown}: ${list([...dns, ...ips])}`
        : `change [dn] and [alt_names] of ${facts.shown}: ${list([...dns, ...ips])}`;
    return [
      {
        title: 'certificate.conf',
        lanes: { [here]: [{ kind: 'write-file', path: facts.path, content, mode: 0o644, text }] },
      },
    ];
  },
  async *verify({ network }, facts) {
    const values = certificateValues(parseConfiguration(facts.text ?? '', facts.shown));
    const detail = `${list([...values.dns, ...values.ips])}; ${network.certificates.algorithm === 'ec' ? 'EC P-256' : `RSA ${values.bits}`}, ${values.digest}`;
    yield { check: { name: facts.shown, kind: 'state', ok: true, detail } };
  },
};
