/** Hosts that each have a network of their own, as in life: what one listens at is nobody else's port. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request, type Server } from 'node:http';
import { type AddressInfo, connect, createServer as createRelay, type Server as Relay, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, packageSettings } from './hosts.ts';
import { type Sshd, startSshd } from './sshd.ts';
import { Wires } from './wires.ts';

export type HostsApart = {
  readonly directory: string;
  readonly hosts: readonly Sshd[];
  /** A home whose ~/.ssh/config knows them by their names. */
  readonly home: string;
  stop(): Promise<void>;
};

/** Starts hosts on one segment, which this machine is on, too. */
export async function startApart(names: readonly string[]): Promise<HostsApart> {
  const directory = mkdtempSync(join(tmpdir(), 'flw-apart-'));
  // The hosts' user has to get through to its home.
  chmodSync(directory, 0o755);
  const wires = new Wires();
  const hosts: Sshd[] = [];
  let way: Way | undefined;
  const stop = async () => {
    await Promise.all(hosts.map((host) => host.stop()));
    way?.close();
    wires.remove();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    const segment = wires.segment({ joined: true });
    way = await wayOut(segment.own ?? '');
    const environment = { ...packageSettings(), PIP_PROXY: way.proxy, XDG_CACHE_HOME: cacheFolder() };
    for (const name of names) {
      const namespace = wires.namespace();
      const network = { namespace, address: wires.join(namespace, segment) };
      hosts.push(await startSshd({ directory: join(directory, 'hosts'), name, user: 'ubuntu', network, environment }));
    }
    const home = join(directory, 'operator');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(join(home, '.ssh', 'config'), hosts.map(aliasOf).join('\n'));
    return { directory, hosts, home, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function aliasOf({ name, address, port, user, identityFile }: Sshd): string {
  return `Host ${name}\n  HostName ${address}\n  Port ${port}\n  User ${user}\n  IdentityFile ${identityFile}\n`;
}

/** For pip on the hosts, which are routed nowhere. */
type Way = { readonly proxy: string; close(): void };

async function wayOut(own: string): Promise<Way> {
  const given = process.env.PIP_PROXY ?? process.env.https_proxy ?? process.env.HTTPS_PROXY;
  const upstream = given ? new URL(given) : undefined;
  const sockets = new Set<Socket>();
  const server = upstream ? relayTo(upstream) : proxy(sockets);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket.on('error', () => undefined));
  });
  await new Promise<void>((listens) => server.listen(0, own, listens));
  const { port } = server.address() as AddressInfo;
  const login = upstream?.username ? `${upstream.username}:${upstream.password}@` : '';
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { proxy: `http://${login}${own}:${port}`, close };
}

/** Where this machine has a proxy itself, its words go there as they are. */
function relayTo({ hostname, port }: URL): Relay {
  return createRelay((socket) => joined(socket, connect(Number(port || 80), hostname)));
}

function joined(near: Socket, far: Socket): void {
  near.pipe(far).pipe(near);
  far.on('error', () => near.destroy());
  near.on('error', () => far.destroy());
}

function proxy(sockets: Set<Socket>): Server {
  const server = createServer((asked, answer) => {
    const on = request(asked.url ?? '', { method: asked.method, headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    asked.pipe(on.on('error', () => answer.destroy()));
  });
  server.on('connect', ({ url = '' }, near: Socket, head: Buffer) => {
    const { hostname, port } = new URL(`http://${url}`);
    const far = connect(Number(port || 443), hostname, () => {
      near.write('HTTP/1.1 200 OK\r\n\r\n');
      far.write(head);
      joined(near, far);
    });
    sockets.add(far.on('error', () => near.destroy()));
  });
  return server;
}
