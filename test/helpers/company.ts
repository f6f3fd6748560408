/** A root and an intermediate of some company, made by plain openssl: a CA that exists, for `--import-ca`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type CompanyWish = {
  /** The intermediate's keyUsage, in openssl's words. */
  readonly usage?: string;
  /** Further lines of the intermediate's extensions. */
  readonly extensions?: string;
};

/** Makes the folder; returns where its files are: root.crt, sub.crt, sub.key, and chain.crt with both. */
export function company(folder: string, wish: CompanyWish = {}): (name: string) => string {
  mkdirSync(folder);
  const at = (name: string) => join(folder, name);
  const openssl = (line: string, ...files: readonly string[]) =>
    execFileSync('openssl', [...line.split(' '), ...files], { stdio: 'pipe', cwd: folder });
  for (const name of ['root', 'sub'])
    openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out', `${name}.key`);
  const usage = 'critical,keyCertSign,cRLSign';
  openssl(
    `req -x509 -new -key root.key -addext keyUsage=${usage} -days 5000 -out root.crt -subj`,
    '/O=Company/CN=Root',
  );
  openssl('req -new -key sub.key -out sub.csr -subj', '/O=Company/CN=FL Issuing');
  const extensions = [
    'basicConstraints=critical,CA:TRUE,pathlen:0',
    `keyUsage=${wish.usage ?? usage}`,
    'subjectKeyIdentifier=hash',
    'authorityKeyIdentifier=keyid',
    wish.extensions ?? '',
  ];
  writeFileSync(at('ext'), `${extensions.join('\n')}\n`);
  openssl('x509 -req -in sub.csr -CA root.crt -CAkey root.key -set_serial 2 -days 4000 -extfile ext -out', 'sub.crt');
  // In the wrong order, as people paste them.
  writeFileSync(at('chain.crt'), readFileSync(at('root.crt'), 'utf8') + readFileSync(at('sub.crt'), 'utf8'));
  return at;
}
