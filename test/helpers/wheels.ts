/** Wheels of our own, and a package index that wants a password. */
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readdirSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

export type WheelWish = {
  readonly name: string;
  readonly version?: string;
  /** Default: what every host can use. */
  readonly tag?: string;
  readonly requires?: readonly string[];
  /** Bytes of the one file in it beside the code; they are not compressed. */
  readonly padding?: number;
};

const code = `
import sys, json, zipfile, base64, hashlib
wish = json.loads(sys.argv[1]); folder = sys.argv[2]
name, version, tag = wish["name"], wish.get("version", "1.0"), wish.get("tag", "py3-none-any")
info = "%s-%s.dist-info" % (name, version)
requires = "".join("Requires-Dist: %s\\n" % each for each in wish.get("requires", []))
files = {
    name + ".py": ("version = %r\\n" % version).encode(),
    name + ".bin": bytes(wish.get("padding", 0)),
    info + "/METADATA": ("Metadata-Version: 2.1\\nName: %s\\nVersion: %s\\n%s\\nText\\nRequires-Dist: nothing\\n" % (name, version, requires)).encode(),
    info + "/WHEEL": ("Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: %s\\n" % tag).encode(),
}
digest = lambda content: base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
record = "".join("%s,sha256=%s,%d\\n" % (path, digest(content), len(content)) for path, content in files.items())
path = "%s/%s-%s-%s.whl" % (folder, name, version, tag)
with zipfile.ZipFile(path, "w") as archive:
    for each, content in {**files, info + "/RECORD": (record + info + "/RECORD,,\\n").encode()}.items():
        archive.writestr(each, content, zipfile.ZIP_STORED if each.endswith(".bin") else zipfile.ZIP_DEFLATED)
print(path)
`;

/** Makes a wheel that pip installs. @returns its path */
export function makeWheel(folder: string, wish: WheelWish): string {
  mkdirSync(folder, { recursive: true });
  return execFileSync('python3', ['-c', code, JSON.stringify(wish), folder], { encoding: 'utf8' }).trim();
}

export type Index = { readonly port: number; readonly asked: readonly string[]; close(): void };

/** Serves a folder of wheels as pip and uv ask for them (PEP 503), to who knows the login. */
export async function startIndex(folder: string, login: string): Promise<Index> {
  const asked: string[] = [];
  const wanted = `Basic ${Buffer.from(login).toString('base64')}`;
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '').replace(/\/$/, '');
    asked.push(path);
    if (request.headers.authorization !== wanted) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="wheels"' }).end();
      return;
    }
    const names = readdirSync(folder);
    const file = names.find((name) => path.endsWith(`/${name}`));
    const own = names.filter((name) => path === `/simple/${name.split('-')[0]?.toLowerCase()}`);
    if (file) createReadStream(join(folder, file)).pipe(response);
    else if (own.length === 0) response.writeHead(404).end();
    else {
      const links = own.map((name) => `<a href="/files/${name}">${name}</a>`);
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<html><body>${links.join('')}</body></html>`);
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, asked, close: () => void server.close() };
}
