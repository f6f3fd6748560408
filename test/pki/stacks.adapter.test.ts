import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { tool } from '../helpers/tools.ts';
import { runTool, serverSans } from './helpers.ts';
import {
  type Algorithm,
  algorithms,
  type CaName,
  folder,
  type LeafName,
  make,
  pathOf,
  pemOf,
} from './stacks/certificates.ts';
import {
  askNode,
  dial,
  dialWith,
  freePort,
  letIn,
  listen,
  listenWith,
  type Question,
  type Version,
} from './stacks/connections.ts';

/** What can be wrong with a certificate. */
type Fault = 'purpose' | 'foreign' | 'expired' | 'name';

const tools = {
  openssl: tool('openssl'),
  python: tool('python'),
  go: tool('go'),
  certtool: tool('certtool'),
  gnutlsServer: tool('gnutls-serv'),
  gnutlsClient: tool('gnutls-cli'),
  java: tool('javac') && tool('java'),
  keytool: tool('keytool'),
};
const programs = join(import.meta.dirname, 'stacks');
const openssl = tools.openssl ?? '';
const python = [tools.python ?? '', join(programs, 'peer.py')] as const;
const go = [join(folder, 'peer')] as const;

beforeAll(async () => {
  await Promise.all(algorithms.map(make));
  if (tools.go === undefined) return;
  // In the way that zlint was built, so that the standard library is there already.
  const env = { ...process.env, GOROOT: '', GOTOOLCHAIN: 'local', CGO_ENABLED: '0' };
  const words = ['build', '-o', join(folder, 'peer'), join(programs, 'peer.go')];
  const { status, stderr } = spawnSync(tools.go, words, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`go build: ${stderr}`);
});

const ours = { ca: 'ca', host: '' } as const;
const asServer = { ...ours, leaf: 'server', purpose: 'server' } as const;
const questions: readonly (Question & { readonly fault?: Fault })[] = [
  asServer,
  ...[...serverSans.dns, ...serverSans.ips].map((host) => ({ ...asServer, host })),
  { ...ours, leaf: 'client', purpose: 'client' },
  { ...ours, leaf: 'operator', purpose: 'client' },
  { ...asServer, leaf: 'client', fault: 'purpose' },
  { ...asServer, leaf: 'operator', fault: 'purpose' },
  { ...asServer, purpose: 'client', fault: 'purpose' },
  { ...asServer, leaf: 'foreign-server', fault: 'foreign' },
  { ...asServer, ca: 'foreign-ca', fault: 'foreign' },
  { ...ours, leaf: 'foreign-client', purpose: 'client', fault: 'foreign' },
  { ...asServer, leaf: 'expired-server', fault: 'expired' },
  { ...ours, leaf: 'expired-client', purpose: 'client', fault: 'expired' },
  ...['other.co', 'sub.scriptchain.co', '127.0.0.2', '::2'].map(
    (host) => ({ ...asServer, host, fault: 'name' }) as const,
  ),
];

/** The words in which a stack tells the fault: it could refuse for many reasons, and only one is the right one. */
type Reasons = Readonly<Record<Fault, RegExp>>;
const opensslReasons: Reasons = {
  purpose: /certificate purpose/,
  foreign: /unable to get local issuer certificate/,
  expired: /certificate has expired/,
  name: /(hostname|IP address) mismatch/i,
};
const goReasons: Reasons = {
  // Its client compares names before purposes, and a client's certificate has no name that could fit.
  purpose: /incompatible key usage|not valid for any names/,
  foreign: /signed by unknown authority/,
  expired: /has expired/,
  name: /certificate is valid for .*, not /,
};
const gnutlsReasons: Reasons = {
  purpose: /does not match the intended purpose/,
  foreign: /issuer is unknown/,
  expired: /expired certificate/,
  name: /name in the certificate does not match/,
};

type Verifier = {
  readonly name: string;
  readonly here: boolean;
  /** An empty answer accepts; all others say why not. */
  readonly ask: (algorithm: Algorithm) => Promise<readonly string[]> | readonly string[];
  readonly reasons: Reasons;
};

const file = (algorithm: Algorithm, name: LeafName | CaName) => pathOf(algorithm, name);
const opensslHost = (host: string) => (isIP(host) ? ['-verify_ip', host] : ['-verify_hostname', host]);

/** For the programs that take all questions at once, as JSON. */
function askPeer(algorithm: Algorithm, [command = '', ...words]: readonly string[]): readonly string[] {
  const server = file(algorithm, 'server');
  const asked = questions.map(({ leaf, ca, purpose, host }) => {
    return { leaf: file(algorithm, leaf), ca: file(algorithm, ca), purpose, host, server };
  });
  const { ok, text } = runTool(command, words, JSON.stringify(asked));
  if (!ok) throw new Error(text);
  return JSON.parse(text) as string[];
}

const verifiers: readonly Verifier[] = [
  {
    name: 'openssl',
    here: tools.openssl !== undefined,
    ask: (algorithm) =>
      questions.map(({ leaf, ca, purpose, host }) => {
        const words = ['verify', '-x509_strict', '-purpose', `ssl${purpose}`, '-CAfile', file(algorithm, ca)];
        const named = host ? opensslHost(host) : [];
        const { ok, text } = runTool(openssl, [...words, ...named, file(algorithm, leaf)]);
        return ok ? '' : text;
      }),
    reasons: opensslReasons,
  },
  {
    name: 'Python ssl',
    here: tools.python !== undefined,
    ask: (algorithm) => askPeer(algorithm, [...python, 'verify', 'ssl']),
    reasons: opensslReasons,
  },
  {
    name: 'Python cryptography',
    here: tools.python !== undefined,
    ask: (algorithm) => askPeer(algorithm, [...python, 'verify', 'cryptography']),
    reasons: {
      // As a server it looks for a name first, and a client's certificate has none that could fit.
      purpose: /required EKU not found|no matching subjectAltName/,
      foreign: /candidates exhausted/,
      expired: /not valid at validation time/,
      name: /no matching subjectAltName/,
    },
  },
  {
    name: 'Go',
    here: tools.go !== undefined,
    ask: (algorithm) => askPeer(algorithm, [...go, 'verify']),
    reasons: goReasons,
  },
  {
    name: 'GnuTLS',
    here: tools.certtool !== undefined,
    ask: (algorithm) =>
      questions.map(({ leaf, ca, purpose, host }) => {
        const usage = purpose === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2';
        const words = ['--verify', '--verify-profile', 'medium', '--verify-purpose', usage];
        const files = ['--load-ca-certificate', file(algorithm, ca), '--infile', file(algorithm, leaf)];
        const { text } = runTool(tools.certtool ?? '', [
          ...words,
          ...(host ? ['--verify-hostname', host] : []),
          ...files,
        ]);
        return text.includes('Chain verification output: Verified. The certificate is trusted.') ? '' : text;
      }),
    reasons: gnutlsReasons,
  },
  {
    name: 'Java',
    here: tools.java !== undefined,
    ask: (algorithm) => {
      // The names of a certificate are compared by a class that is the JDK's own.
      const options = ['-XX:TieredStopAtLevel=1', '--add-exports', 'java.base/sun.security.util=ALL-UNNAMED'];
      const words = questions.flatMap(({ leaf, ca, purpose, host }) => [
        file(algorithm, leaf),
        file(algorithm, ca),
        purpose,
        host,
      ]);
      const { ok, text } = runTool(tools.java ?? '', [...options, join(programs, 'Verify.java'), ...words]);
      if (!ok) throw new Error(text);
      return text.split('\n').slice(0, -1);
    },
    reasons: {
      purpose: /Extended key usage does not permit/,
      foreign: /does not chain|unable to find valid certification path|signature check failed/,
      expired: /CertificateExpiredException/,
      name: /No (subject alternative|name matching)/,
    },
  },
  {
    name: 'Node',
    here: true,
    ask: (algorithm) => Promise.all(questions.map((question) => askNode(algorithm, question))),
    reasons: {
      purpose: /INVALID_PURPOSE/,
      // By the CA that the other side sends along, or without it.
      foreign: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
      expired: /CERT_HAS_EXPIRED/,
      name: /ERR_TLS_CERT_ALTNAME_INVALID/,
    },
  },
];

describe.each(algorithms)('%s certificates', (algorithm) => {
  describe.each(verifiers)('$name', ({ here, ask, reasons }) => {
    it.skipIf(!here)('judges them by key, dates, purpose and name', async () => {
      const answers = await ask(algorithm);
      expect(answers).toHaveLength(questions.length);
      for (const [index, { fault, leaf, ca, purpose, host }] of questions.entries()) {
        const question = `${leaf} of ${ca} as ${purpose} ${host}`;
        if (fault === undefined) expect.soft(answers[index], question).toBe('');
        else expect.soft(answers[index], question).toMatch(reasons[fault]);
      }
    });
  });

  it("are read by Node's X509Certificate", () => {
    const [ca, server, client] = (['ca', 'server', 'client'] as const).map(
      (name) => new X509Certificate(pemOf(algorithm, name).cert),
    );
    expect(server?.checkIssued(ca as X509Certificate) && server.verify((ca as X509Certificate).publicKey)).toBe(true);
    for (const name of serverSans.dns) expect(server?.checkHost(name)).toBe(name);
    for (const ip of serverSans.ips) expect(server?.checkIP(ip)).toBe(ip);
    expect(server?.checkHost('other.co')).toBeUndefined();
    expect(server?.checkIP('127.0.0.2')).toBeUndefined();
    expect(client?.checkHost('scriptchain.co')).toBeUndefined();
    expect([server?.keyUsage, client?.keyUsage]).toEqual([['1.3.6.1.5.5.7.3.1'], ['1.3.6.1.5.5.7.3.2']]);
  });
});

it.skipIf(tools.keytool === undefined)('keytool reads them', () => {
  // One file with all of them, because Java takes a second to start.
  const all = join(folder, 'all.crt');
  const names = ['ca', 'server', 'client'] as const;
  const certificates = algorithms.flatMap((algorithm) => names.map((name) => pemOf(algorithm, name).cert));
  writeFileSync(all, certificates.join(''));
  const { text } = runTool(tools.keytool ?? '', ['-J-XX:TieredStopAtLevel=1', '-printcert', '-file', all]);
  const words = [
    /CA:true\s+PathLen:0/g,
    /ExtendedKeyUsages \[\s+serverAuth\s+\]/g,
    /ExtendedKeyUsages \[\s+clientAuth\s+\]/g,
    /DNSName: scriptchain\.co\s+DNSName: localhost\s+IPAddress: 127\.0\.0\.1\s+IPAddress: 0:0:0:0:0:0:0:1\s+\]/g,
    /\[\s+URIName: spiffe:\/\/scriptchain\.co\/fl\/client\/FLClient1\s+\]/g,
  ];
  for (const word of words) expect(text.match(word), `${word}`).toHaveLength(algorithms.length);
});

type Identity = { readonly version: Version; readonly cert: string; readonly ca: string };
type Call = Omit<Identity, 'cert'> & { readonly cert?: string; readonly port: number; readonly host: string };

type Stack = {
  readonly name: string;
  readonly here: boolean;
  /** The words that start a server which lets in whom the CA has certified. */
  readonly serve: (identity: Identity, port: number) => readonly string[];
  /** What it says when it is ready, with its port. */
  readonly ready: RegExp;
  readonly call: (call: Call) => readonly string[];
  readonly reasons: Reasons;
  /** Left out where a server doesn't ask what its clients' certificates are for. */
  readonly asksForPurpose: boolean;
};

const keyed = (cert: string | undefined, certOption: string, keyOption: string) =>
  cert === undefined ? [] : [certOption, cert, keyOption, `${cert}.key`];
const opensslVersion = (version: Version) => `-tls${version.replace('.', '_')}`;
const gnutlsVersion = (version: Version) => ['--priority', `NORMAL:-VERS-ALL:+VERS-TLS${version}`];

const peer = (words: readonly string[]) => ({
  serve: ({ version, cert, ca }: Identity) => [...words, 'serve', version, cert, `${cert}.key`, ca],
  ready: /port (\d+)/,
  call: ({ version, cert, ca, port, host }: Call) => [
    ...[...words, 'dial', version, `${port}`, ca, host],
    ...(cert === undefined ? [] : [cert, `${cert}.key`]),
  ],
  asksForPurpose: true,
});

const stacks: readonly Stack[] = [
  {
    name: 'openssl',
    here: tools.openssl !== undefined,
    serve: ({ version, cert, ca }) => [
      ...[openssl, 's_server', '-accept', '127.0.0.1:0', opensslVersion(version), '-rev', '-x509_strict'],
      ...[...keyed(cert, '-cert', '-key'), '-CAfile', ca, '-Verify', '1', '-verify_return_error'],
    ],
    ready: /ACCEPT \S+:(\d+)/,
    call: ({ version, cert, ca, port, host }) => [
      ...[openssl, 's_client', '-connect', `127.0.0.1:${port}`, opensslVersion(version), '-quiet', '-x509_strict'],
      ...[...keyed(cert, '-cert', '-key'), '-CAfile', ca, '-verify_return_error', ...opensslHost(host)],
    ],
    reasons: opensslReasons,
    asksForPurpose: true,
  },
  { name: 'Python ssl', here: tools.python !== undefined, ...peer(python), reasons: opensslReasons },
  { name: 'Go', here: tools.go !== undefined, ...peer(go), reasons: goReasons },
  {
    name: 'GnuTLS',
    here: tools.gnutlsServer !== undefined && tools.gnutlsClient !== undefined,
    serve: ({ version, cert, ca }, port) => [
      ...[tools.gnutlsServer ?? '', '--port', `${port}`, ...gnutlsVersion(version), '--echo'],
      ...[...keyed(cert, '--x509certfile', '--x509keyfile'), '--x509cafile', ca],
      ...['--require-client-cert', '--verify-client-cert'],
    ],
    ready: /port (\d+)\.\.\.done/,
    call: ({ version, cert, ca, port, host }) => [
      ...[tools.gnutlsClient ?? '', '--port', `${port}`, ...gnutlsVersion(version), '--x509cafile', ca],
      ...[...keyed(cert, '--x509certfile', '--x509keyfile'), '--verify-hostname', host, '127.0.0.1'],
    ],
    reasons: gnutlsReasons,
    // gnutls-serv hands no purpose to its library; certtool does, and is told the right thing above.
    asksForPurpose: false,
  },
];

/** The alert by which a server refuses; a connection reset with what it had not yet read loses it. */
const alerts = {
  none: /ALERT_(HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED|DECODE_ERROR)|ECONNRESET|EPIPE/,
  'foreign-client': /ALERT_(UNKNOWN_CA|ACCESS_DENIED)|ECONNRESET|EPIPE/,
  'expired-client': /ALERT_(CERTIFICATE_EXPIRED|ACCESS_DENIED)|ECONNRESET|EPIPE/,
  server: /ALERT_(UNSUPPORTED_CERTIFICATE|BAD_CERTIFICATE)|ECONNRESET|EPIPE/,
};

describe.each<[Version, Algorithm]>([
  ['1.2', 'rsa'],
  ['1.3', 'rsa'],
  ['1.2', 'ec'],
  ['1.3', 'ec'],
])('TLS %s with %s certificates', (version, algorithm) => {
  const ca = pathOf(algorithm, 'ca');

  describe.each(stacks)('$name', ({ here, serve, ready, call, reasons, asksForPurpose }) => {
    it.skipIf(!here)('as a server lets the right clients in and keeps the others out', async () => {
      const identity = { version, cert: pathOf(algorithm, 'server'), ca };
      const server = await listenWith(serve(identity, await freePort()), ready);
      try {
        const enter = (leaf?: LeafName) => dial(server.port, { algorithm, version, ...(leaf ? { leaf } : {}) });
        expect(await enter('client')).toBe(letIn);
        expect(await enter()).toMatch(alerts.none);
        expect(await enter('foreign-client')).toMatch(alerts['foreign-client']);
        expect(await enter('expired-client')).toMatch(alerts['expired-client']);
        if (asksForPurpose) expect(await enter('server')).toMatch(alerts.server);
        // It was there all the time.
        expect(await enter('operator')).toBe(letIn);
      } finally {
        await server.stop();
      }
    });

    it.skipIf(!here)('as a client is let in as the right one only, and hears of it', async () => {
      const server = await listen(algorithm, version, 'server');
      const enter = (leaf?: LeafName, host = 'scriptchain.co') => {
        const cert = leaf && { cert: pathOf(algorithm, leaf) };
        return dialWith(call({ version, ca, port: server.port, host, ...cert }));
      };
      for (const host of ['scriptchain.co', '127.0.0.1', '::1']) expect(await enter('client', host)).toBe(letIn);
      expect(server.seen).toEqual({ in: 3, out: 0 });
      for (const leaf of [undefined, 'foreign-client', 'expired-client', 'server'] as const)
        expect(await enter(leaf), leaf).not.toBe(letIn);
      await server.close();
      expect(server.seen).toEqual({ in: 3, out: 4 });
    });

    it.skipIf(!here)('as a client leaves a wrong server', async () => {
      const wrong = [
        ['client', 'scriptchain.co', 'purpose'],
        ['foreign-server', 'scriptchain.co', 'foreign'],
        ['expired-server', 'scriptchain.co', 'expired'],
        ['server', 'other.co', 'name'],
        ['server', '127.0.0.2', 'name'],
      ] as const;
      for (const [leaf, host, fault] of wrong) {
        const server = await listen(algorithm, version, leaf);
        const cert = pathOf(algorithm, 'client');
        expect(await dialWith(call({ version, ca, cert, port: server.port, host })), leaf).toMatch(reasons[fault]);
        await server.close();
      }
    });
  });
});
