/**
 * The shape of fl-network.yaml. Each key that may be left out keeps being absent here: whether the user wrote it
 * decides who wins, the file or the script. The values that hold then are in `defaults`.
 */
import * as z from 'zod';
import { hostName, hostNames, userName } from '../ssh/safe-name.ts';
import { leastClients } from './least-clients.ts';
import { memberName } from './member-name.ts';
import { strategy } from './strategy.ts';

const clientName = z.string().regex(memberName, 'must be letters, digits, ".", "_" or "-", at most 63 of them');
const port = z.int().min(1).max(65535);
/** Text that ends in a file or an argument: no control characters, so that a line stays a line. */
const text = z
  .string()
  .min(1)
  .regex(/^[^\u0000-\u001f\u007f]*$/, 'must not contain control characters');
/** What becomes a word of a command there, and must not be taken for an option. */
const word = text.regex(/^(?!-)/, 'must not begin with "-"');

const unsafe = 'without a leading "-", spaces, quotes, or what a shell takes for its own ($ ; | & < > and the like)';

const ssh = z.strictObject({
  host: z
    .string()
    .min(1)
    .regex(hostName, `must be a name, an address or a Host alias, ${unsafe}`)
    .describe('address, name, or a Host alias of ~/.ssh/config'),
  user: z
    .string()
    .min(1)
    .regex(userName, `must be a login name, ${unsafe}`)
    .optional()
    .describe('login name; default: ~/.ssh/config, then yours'),
  port: port.optional().describe('SSH port; default 22'),
  identityFile: text.optional().describe('private key file for the login; default: agent and ~/.ssh'),
  proxyJump: z
    .string()
    .min(1)
    .regex(hostNames, `must be hosts, ${unsafe}`)
    .optional()
    .describe('hosts to go through, comma-separated'),
  hostKey: text
    .regex(/^SHA256:[A-Za-z0-9+/]{43}=?$/, 'must look like SHA256:… (ssh-keygen -lf prints it)')
    .optional()
    .describe('fingerprint of the host key'),
});

const pip = z.strictObject({
  indexUrl: text.optional().describe('package index instead of PyPI'),
  extraIndexUrl: text.optional().describe('a second package index'),
  proxy: text.optional().describe('HTTP proxy of the packages'),
});

/** A folder on a host. */
const place = text.regex(/^(\/|~\/)./, 'must begin with / or ~/ (the owner’s home)');

const limits = z.strictObject({
  memory: z
    .string()
    .regex(/^[1-9][0-9]{0,8}[MGT]$/, 'must be a whole number and M, G or T, such as 4G')
    .optional()
    .describe('most memory of the process and what it starts, e.g. 4G'),
  cpus: z.number().min(0.01).max(10_000).optional().describe('most CPUs at a time, e.g. 1.5'),
});

const remote = z.strictObject({
  certificates: place.optional().describe('folder of ca.crt and the host’s own pair; default /etc/ssl/fl_network'),
  home: place.optional().describe('folder of app, runtime and runs; default ~/fl-wizard/<name>'),
  owner: word.optional().describe('whose files and processes; default: the SSH user'),
  python: word.optional().describe('Python 3.10 or newer; default python3'),
  pip: pip.optional(),
  limits: limits.optional().describe('what a process may take of its host, where systemd keeps it'),
});

const environment = z
  .enum(['managed', 'existing'])
  .optional()
  .describe('managed: made by fl-wizard; existing: remote.python as it is, never changed; default managed');

const env = z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'must be a variable name'), z.string());

/** Flower's word for what differs between the nodes that run one app. */
const node = z.record(
  z.string().regex(/^[A-Za-z][A-Za-z0-9_.-]*$/, 'must be a name of letters, digits, ".", "_" or "-"'),
  z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false'),
);

const client = z.strictObject({
  name: clientName.describe('name of the files and on the screen'),
  commonName: text.max(64).optional().describe('CN of the certificate; default: the name'),
  ssh,
  dial: text
    .regex(/^(\[[0-9A-Fa-f:.]+\]|[^\s:[\]]+):[0-9]{1,5}$/, 'must be HOST:PORT')
    .optional()
    .describe('what this client dials; default server.address:flower.port'),
  env: env.optional(),
  args: z.array(z.string()).optional(),
  node: node
    .optional()
    .describe('what a Flower app finds in context.node_config, beside partition-id and num-partitions'),
  data: z.array(place).max(100).optional().describe('folders and files that its code reads; preflight tries them'),
  writable: z.array(place).max(100).optional().describe('folders and files that its code writes'),
  gpu: z.boolean().optional().describe('whether its code needs a GPU'),
  environment,
  remote: remote.optional(),
});

export const networkSchema = z.strictObject({
  version: z.literal(1),
  name: clientName.describe('name of the network'),
  certificates: z
    .strictObject({
      folder: text.optional(),
      subject: z
        .strictObject({
          C: z
            .string()
            .regex(/^[A-Z]{2}$/, 'must be two capital letters')
            .optional(),
          ST: text.max(128).optional(),
          L: text.max(128).optional(),
          O: text.max(64).optional(),
          OU: text.max(64).optional(),
        })
        .optional(),
      algorithm: z.enum(['rsa', 'ec']).optional(),
      days: z.int().min(1).max(825).optional(),
      caDays: z.int().min(1).max(36500).optional(),
      keys: z.enum(['here', 'host']).optional(),
    })
    .optional(),
  flower: z
    .strictObject({
      version: z
        .string()
        .regex(/^\d+\.\d+\.\d+$/, 'must be a version such as 1.41.0')
        .optional(),
      engine: z.enum(['classic']).optional(),
      port: port.optional(),
      rounds: z.int().min(1).max(1_000_000).optional(),
      minClients: z.int().min(1).max(100_000).optional(),
      strategy: strategy.optional(),
      roundTimeout: z.number().positive().max(31_536_000).optional(),
      keepalive: z.number().min(1).max(86_400).optional(),
      linger: z.number().min(0).max(31_536_000).optional(),
      app: text.optional(),
    })
    .optional(),
  server: z.strictObject({
    address: text.describe('what clients dial: a DNS name or an IP address'),
    names: z.array(text).optional(),
    ssh,
    environment,
    remote: remote.optional(),
  }),
  clients: z.array(client).min(1, 'must name at least one client').max(10_000),
  remote: remote.optional(),
});

/** fl-network.yaml as it was written. */
export type NetworkFile = z.infer<typeof networkSchema>;
export type SshKeys = z.infer<typeof ssh>;
export type RemoteKeys = z.infer<typeof remote>;

/** The values that hold where fl-network.yaml says nothing (interface, "fl-network.yaml"). */
export const defaults = {
  folder: 'fl_network',
  algorithm: 'rsa',
  days: 730,
  caDays: 3650,
  keys: 'here',
  flowerVersion: '1.41.0',
  port: 9092,
  rounds: 3,
  minClients: leastClients,
  roundTimeout: 1800,
  keepalive: 60,
  linger: 600,
  app: 'app',
  remoteCertificates: '/etc/ssl/fl_network',
  python: 'python3',
  environment: 'managed',
} as const;
