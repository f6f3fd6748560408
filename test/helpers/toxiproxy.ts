/** Bad links: toxiproxy between us and a host, told by its HTTP API what to do to the bytes. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { tool } from './tools.ts';
import { freePort } from './wizard.ts';

const program = tool('toxiproxy-server');

/** Whether links can be made bad here. */
export const canRunToxiproxy = program !== undefined;

/** What is done to the bytes: `downstream` comes from the host, `upstream` goes there. */
export type Toxic = { readonly stream: 'upstream' | 'downstream' } & (
  | { readonly type: 'latency'; readonly attributes: { readonly latency: number } }
  /** kB a second. */
  | { readonly type: 'bandwidth'; readonly attributes: { readonly rate: number } }
  /** Milliseconds until the connection is reset; 0: at once. */
  | { readonly type: 'reset_peer'; readonly attributes: { readonly timeout: number } }
  /** With 0, nothing comes through and nothing is closed. */
  | { readonly type: 'timeout'; readonly attributes: { readonly timeout: number } }
  /** Closes each connection after so many bytes. */
  | { readonly type: 'limit_data'; readonly attributes: { readonly bytes: number } }
);

export type Link = {
  /** Of this machine: what is dialed instead of the host's. */
  readonly port: number;
  /** Also for connections that are open. */
  poison(...toxics: readonly Toxic[]): Promise<void>;
  /** Takes all that was added away. */
  cure(): Promise<void>;
};

export type Toxiproxy = {
  /** A good link to a port of this machine. */
  link(to: number): Promise<Link>;
  stop(): Promise<void>;
};

/** Starts toxiproxy; it dies with us. */
export async function startToxiproxy(): Promise<Toxiproxy> {
  if (program === undefined) throw new Error('toxiproxy-server is missing');
  const port = await freePort();
  const words = ['--pdeathsig', 'KILL', program, '-host', '127.0.0.1', '-port', String(port)];
  const child = spawn('setpriv', words, { stdio: ['ignore', 'pipe', 'inherit'], env: { LOG_LEVEL: 'info' } });
  const api = `http://127.0.0.1:${port}`;
  try {
    await serving(child, api);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  let links = 0;
  return {
    async link(to) {
      const name = `link${links++}`;
      const { listen } = (await tell('POST', `${api}/proxies`, {
        name,
        listen: '127.0.0.1:0',
        upstream: `127.0.0.1:${to}`,
        enabled: true,
      })) as { listen: string };
      const toxics = `${api}/proxies/${name}/toxics`;
      return {
        port: Number(listen.split(':').at(-1)),
        async poison(...wanted) {
          for (const toxic of wanted) await tell('POST', toxics, toxic);
        },
        async cure() {
          for (const { name: toxic } of (await tell('GET', toxics)) as { name: string }[])
            await tell('DELETE', `${toxics}/${toxic}`);
        },
      };
    },
    async stop() {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** It speaks of its listener just before it opens it. */
async function serving(child: ChildProcess, api: string): Promise<void> {
  if (!child.stdout) throw new Error('toxiproxy has no output');
  let spoken = false;
  for await (const line of createInterface({ input: child.stdout })) {
    spoken = line.includes('HTTP server');
    if (spoken) break;
  }
  if (!spoken) throw new Error(`toxiproxy ended with ${child.exitCode}`);
  child.stdout.resume();
  for (;;) {
    const answered = await fetch(`${api}/version`).then(
      () => true,
      () => false,
    );
    if (answered) return;
    if (child.exitCode !== null) throw new Error(`toxiproxy ended with ${child.exitCode}`);
  }
}

async function tell(method: string, url: string, body?: object): Promise<unknown> {
  const answer = await fetch(url, { method, ...(body ? { body: JSON.stringify(body) } : {}) });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`toxiproxy: ${method} ${url}: ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}
