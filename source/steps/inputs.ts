/**
 * What the command line and the help have to know of the steps, without loading what the steps need. The steps take
 * their own declarations from here.
 */
import type { Input } from '../plan/step.ts';

const allowReissue: Input = {
  name: 'allowReissue',
  flag: '--allow-reissue',
  description: 'approve that certificates in use become invalid',
  kind: 'boolean',
};

export const caPassphraseFile: Input = {
  name: 'caPassphraseFile',
  flag: '--ca-passphrase-file <file>',
  description: "passphrase of the CA's key (also FL_WIZARD_CA_PASSPHRASE)",
  kind: 'text',
};

export type StepInputs = {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly inputs: readonly Input[];
};

const wheelhouse: Input = {
  name: 'wheelhouse',
  flag: '--wheelhouse <dir>',
  description: 'install from these wheels, ask no package index',
  kind: 'text',
};

export const stepInputs: readonly StepInputs[] = [
  { id: 'config', title: 'Configuration', summary: '1: writes certificate.conf from fl-network.yaml', inputs: [] },
  {
    id: 'preflight',
    title: 'Hosts',
    summary: '2: looks at every host before anything is signed; changes nothing',
    inputs: [wheelhouse],
  },
  {
    id: 'certs',
    title: 'Certificates',
    summary: '3: CA, server and client keys, CSRs and certificates',
    inputs: [
      { name: 'offline', flag: '--offline', description: 'without looking at hosts first', kind: 'boolean' },
      allowReissue,
      {
        name: 'importCa',
        flag: '--import-ca <files...>',
        description: 'CRT KEY: take over this CA, or an intermediate with its chain',
        kind: 'texts',
      },
      caPassphraseFile,
    ],
  },
  {
    id: 'deploy',
    title: 'Deploy',
    summary: '4: certificates, app and Python environment to the hosts',
    inputs: [
      {
        name: 'onlyCertificates',
        flag: '--only-certificates',
        description: 'no app, no Python environment',
        kind: 'boolean',
      },
      allowReissue,
      wheelhouse,
    ],
  },
  {
    id: 'permissions',
    title: 'Permissions',
    summary: '5: owner and modes on the hosts, put right and checked',
    inputs: [],
  },
  {
    id: 'launch',
    title: 'Launch',
    summary: '6: the server, the proof that it refuses, then the clients',
    inputs: [
      { name: 'new', flag: '--new', description: 'start the next run', kind: 'boolean' },
      { name: 'resume', flag: '--resume <run>', description: 'go on with this run', kind: 'text' },
      { name: 'rounds', flag: '--rounds <n>', description: 'rounds of this run', kind: 'number' },
      {
        name: 'initialWeights',
        flag: '--initial-weights <file>',
        description: 'start from these weights (.npz)',
        kind: 'text',
      },
    ],
  },
  {
    id: 'verify',
    title: 'Verify',
    summary: '7: proves mutual TLS from here and from every client host',
    inputs: [
      {
        name: 'output',
        flag: '--output <file>',
        description: 'also write the proof as a page or a document for an audit (.html, .json)',
        kind: 'text',
      },
    ],
  },
  {
    id: 'monitor',
    title: 'Monitor',
    summary: '8: the live round table',
    inputs: [
      { name: 'once', flag: '--once', description: 'one frame, then end', kind: 'boolean' },
      { name: 'wait', flag: '--wait', description: 'until the run ends', kind: 'boolean' },
      { name: 'after', flag: '--after <n>', description: 'only events after this sequence number', kind: 'number' },
    ],
  },
];

/** The declaration of one step. */
export function declared(id: string): StepInputs {
  const found = stepInputs.find((step) => step.id === id);
  if (!found) throw new Error(`no step ${id}`);
  return found;
}
