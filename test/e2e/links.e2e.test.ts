/** deploy over links that are slow, cut, silent, or lead to nobody: it comes through, or the next run does the rest. */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../source/plan/event.ts';
import { startNetwork, type TestNetwork } from '../helpers/hosts.ts';
import { edit, tutorialApp, variant } from '../helpers/project.ts';
import { canRunSshd } from '../helpers/sshd.ts';
import { canRunToxiproxy, type Link, startToxiproxy, type Toxic, type Toxiproxy } from '../helpers/toxiproxy.ts';
import { type Ended, freePort, of, root, wizard } from '../helpers/wizard.ts';

/** Planned actions by host. */
const planned = ({ events }: Ended, host: string) =>
  of(events, 'plan-ready').flatMap(({ actions }) =>
    actions.filter((each) => each.host === host).map(({ text }) => text),
  );
const failed = ({ events }: Ended) =>
  Object.fromEntries(of(events, 'host-failed').map(({ host, failure }) => [host, failure]));
const digest = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');
const filesBelow = (folder: string) =>
  (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: 'utf8' }) : [])
    .map((path) => join(folder, path))
    .filter((path) => statSync(path).isFile());

/** What was placed there; beside it is only the link to the Python environment. */
const below = (placed: string) =>
  ['fl_network', 'home/app', 'home/runtime'].flatMap((folder) => filesBelow(join(placed, folder)));

describe.skipIf(!canRunSshd || !canRunToxiproxy)('deploy', () => {
  let network: TestNetwork;
  let proxy: Toxiproxy;
  const servers: Server[] = [];
  const sockets = new Set<Socket>();

  beforeAll(async () => {
    const ballast = Array.from({ length: 10_000 }, (_, at) => `line ${at} of data\n`).join('');
    [network, proxy] = await Promise.all([
      startNetwork({ app: { ...tutorialApp(), 'data.csv': ballast }, algorithm: 'ec' }),
      startToxiproxy(),
    ]);
    for (const words of [['config'], ['certs', '--offline']]) {
      const { code, stderr } = await wizard([...words, '--yes', '-C', network.project]);
      if (code !== 0) throw new Error(stderr);
    }
    // The environment that all of these link to: made over a good link, so that none of them waits for packages.
    const made = await wizard(['deploy', '--yes', '-C', network.project]);
    if (made.code !== 0) throw new Error(made.stderr);
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    for (const server of servers) server.close();
    await Promise.all([network?.stop(), proxy?.stop()]);
  });

  type Case = { readonly link: Link; readonly placed: string; deploy(...words: string[]): Promise<Ended> };

  /** The same project and certificates, for new folders on the hosts, with a link of its own to client1. */
  async function prepare(name: string, onEvent?: (event: Event, link: Link) => void): Promise<Case> {
    const [, client1] = network.hosts;
    if (!client1) throw new Error('no client1');
    const link = await proxy.link(client1.port);
    const project = join(network.directory, name);
    cpSync(network.project, project, { recursive: true });
    edit(project, (file) => {
      Object.assign(file, { remote: { certificates: `~/${name}/fl_network`, home: `~/${name}/home` } });
      const [first] = file.clients;
      if (first) first.ssh.port = link.port;
    });
    const options = onEvent ? { onEvent: (event: Event) => onEvent(event, link) } : {};
    return {
      link,
      placed: join(client1.home, name),
      deploy: (...words) => wizard(['deploy', '--yes', '--json', '-C', project, ...words], options),
    };
  }

  /** Poisons the link when the first upload to client1 begins. */
  function atUpload(toxic: Toxic): (event: Event, link: Link) => void {
    const uploads = new Set<number>();
    let done = false;
    return (event, link) => {
      if (event.type === 'plan-ready')
        for (const [at, { text, host }] of event.actions.entries())
          if (host === 'client1' && text.startsWith('copy')) uploads.add(at);
      if (done || event.type !== 'action-started' || !uploads.has(event.action)) return;
      done = true;
      void link.poison(toxic);
    };
  }

  const text = expect.stringMatching(/./);
  const whoPlaced = { user: text, folder: text, time: text };

  /** What lies on the host is whole: each file is one of ours. One that is still being given up has its own name. */
  function whole(placed: string): void {
    const ours = [
      join(network.project, 'app'),
      join(network.project, 'fl_network'),
      join(root, 'templates', 'runtime'),
    ];
    const digests = new Set(ours.flatMap(filesBelow).map(digest));
    const files = below(placed).filter((file) => !file.endsWith('.fl-wizard-tmp'));
    const record = join(placed, 'home/runtime/copied.sha256');
    const mark = join(placed, 'home/runtime/placed-by.json');
    expect(files.filter((file) => file !== record && file !== mark && !digests.has(digest(file)))).toEqual([]);
    if (existsSync(mark)) expect(JSON.parse(readFileSync(mark, 'utf8'))).toEqual(whoPlaced);
    // The list of what was copied, cut nowhere: it ends with a line's end, and all that it names is ours.
    if (existsSync(record)) {
      const lines = readFileSync(record, 'utf8').split('\n');
      expect(lines.pop()).toBe('');
      expect(lines.filter((line) => !digests.has(line.split('  ')[0] ?? ''))).toEqual([]);
    }
  }

  function complete(placed: string): void {
    whole(placed);
    const names = below(placed).map((file) => relative(placed, file));
    expect(names.filter((name) => name.endsWith('-tmp'))).toEqual([]);
    for (const name of ['fl_network/ca.crt', 'fl_network/client1.crt', 'fl_network/client1.key', 'home/app/data.csv'])
      expect(names).toContain(name);
  }

  /** What failed in the middle of its upload is told, and is all that the next run does. */
  async function lostThenRepaired({ link, placed, deploy }: Case, why: RegExp): Promise<void> {
    const cut = await deploy();
    expect(cut.code).toBe(4);
    expect(Object.keys(failed(cut))).toEqual(['client1']);
    expect(failed(cut).client1).toMatchObject({ exitCode: 4, host: 'client1', why: expect.stringMatching(why) });
    expect(`${failed(cut).client1?.doing} ${failed(cut).client1?.hint}`).toMatch(/client1.* run it again/);
    whole(placed);
    await link.cure();
    const again = await deploy();
    expect(again.code).toBe(0);
    expect([planned(again, 'server'), planned(again, 'client2')]).toEqual([[], []]);
    expect(planned(again, 'client1').length).toBeGreaterThan(0);
    complete(placed);
    expect((await deploy()).events.at(-1)).toMatchObject({ outcome: 'unchanged', exitCode: 0 });
  }

  // These wait for the clock, not for this machine: side by side.
  describe.concurrent('over a link', () => {
    test('of 800 ms comes through', async () => {
      const { link, deploy } = await prepare('late');
      await link.poison({ type: 'latency', stream: 'downstream', attributes: { latency: 800 } });
      expect((await deploy('--only-certificates')).events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
    });

    test('of 20 kB/s comes through, certificates and app', async () => {
      const { link, placed, deploy } = await prepare('slow');
      for (const stream of ['upstream', 'downstream'] as const)
        await link.poison({ type: 'bandwidth', stream, attributes: { rate: 20 } });
      expect((await deploy()).events.at(-1)).toMatchObject({ outcome: 'changed', exitCode: 0 });
      complete(placed);
    });

    test('that is reset in the middle of the upload: 4, and the next run does the rest', async () => {
      const made = await prepare(
        'reset',
        atUpload({ type: 'reset_peer', stream: 'upstream', attributes: { timeout: 0 } }),
      );
      await made.link.poison({ type: 'bandwidth', stream: 'upstream', attributes: { rate: 100 } });
      await lostThenRepaired(made, /the connection was lost/);
    });

    test('that goes silent in the middle of the upload: 4 within the keepalive, and the next run does the rest', async () => {
      let since = 0;
      const silence = atUpload({ type: 'timeout', stream: 'downstream', attributes: { timeout: 0 } });
      const took: number[] = [];
      const made = await prepare('silent', (event, link) => {
        silence(event, link);
        if (event.type === 'action-started' && event.host === 'client1') since = Date.parse(event.time);
        if (event.type === 'host-failed') took.push(Date.parse(event.time) - since);
      });
      // The upload has not ended when the silence begins.
      await made.link.poison({ type: 'bandwidth', stream: 'upstream', attributes: { rate: 20 } });
      await lostThenRepaired(made, /the host stopped answering/);
      // Three signs of life, ten seconds apart, and the one that was answered last.
      expect(took).toHaveLength(1);
      expect(took[0]).toBeLessThan(50_000);
    });
  });

  test('over a link that is cut after so many bytes, in every stage: never half a file, and each run goes on', async () => {
    const { link, placed, deploy } = await prepare('cut');
    const told: string[] = [];
    // In the greeting, the key exchange, the login, the look, and several times in the upload.
    for (const bytes of [8, 500, 1800, 20_000, 120_000, 200_000, 300_000]) {
      await link.poison({ type: 'limit_data', stream: 'upstream', attributes: { bytes } });
      const cut = await deploy('--only', 'client1');
      expect(cut.code, `${bytes} bytes`).toBe(4);
      expect(Object.keys(failed(cut))).toEqual(['client1']);
      told.push(`${failed(cut).client1?.doing}: ${failed(cut).client1?.why}`);
      whole(placed);
      await link.cure();
    }
    expect(told[0]).toMatch(/Connecting to client1/);
    expect(told.at(-1)).toMatch(/client1: the connection was lost/);
    expect((await deploy('--only', 'client1')).code).toBe(0);
    complete(placed);
  });

  describe('to who is no SSH server', () => {
    const serve = (greet: (socket: Socket) => void): Promise<number> => {
      const server = createServer((socket) => {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
        greet(socket);
      });
      servers.push(server);
      return new Promise((listens) => {
        server.listen(0, '127.0.0.1', () => listens((server.address() as AddressInfo).port));
      });
    };
    const endless = (socket: Socket) => {
      const say = () => socket.write('welcome\r\n', () => setImmediate(() => socket.writable && say()));
      say();
    };
    const web = (socket: Socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

    /** A project with further clients, and the certificates of all. */
    async function with_(name: string, clients: Readonly<Record<string, { host: string; port?: number }>>) {
      const project = variant(network, name, (file) => {
        Object.assign(file, { remote: { certificates: `~/${name}/fl_network`, home: `~/${name}/home` } });
        file.clients.push(...Object.entries(clients).map(([each, ssh]) => ({ name: each, ssh })));
      });
      mkdirSync(join(project, 'home'));
      for (const words of [['config'], ['certs', '--offline']])
        expect((await wizard([...words, '--yes', '-C', project])).code).toBe(0);
      const env = { HOME: join(project, 'home'), SSH_AUTH_SOCK: '' };
      return wizard(['deploy', '--only-certificates', '--yes', '--json', '-C', project], { env });
    }

    function othersWentOn(done: Ended, name: string): void {
      for (const host of network.hosts)
        expect(readdirSync(join(host.home, name, 'fl_network')).sort()).toEqual(
          ['ca.crt', `${host.name}.crt`, `${host.name}.key`].sort(),
        );
      expect(done.events.at(-1)).toMatchObject({ outcome: 'failed', exitCode: 4 });
    }

    test('refused, and an unknown name: 4 within two seconds, the others go on', async () => {
      const done = await with_('nobody', {
        closed: { host: '127.0.0.1', port: await freePort() },
        nameless: { host: 'no-such-host.invalid' },
      });
      othersWentOn(done, 'nobody');
      expect(failed(done)).toMatchObject({
        closed: { exitCode: 4, why: expect.stringContaining('refused') },
        nameless: { exitCode: 4, why: expect.stringContaining('unknown') },
      });
      const begun = Date.parse(of(done.events, 'step-started')[0]?.time ?? '');
      for (const { time } of of(done.events, 'host-failed')) expect(Date.parse(time) - begun).toBeLessThan(2000);
    });

    test('silence, a banner without end, a web server: 4 at the connect timeout, the others go on', async () => {
      const at = async (greet: (socket: Socket) => void) => ({ host: '127.0.0.1', port: await serve(greet) });
      const done = await with_('others', {
        silent: await at(() => undefined),
        endless: await at(endless),
        web: await at(web),
      });
      othersWentOn(done, 'others');
      expect(failed(done)).toMatchObject({
        silent: { exitCode: 4, why: expect.stringContaining('said nothing more for 10 s') },
        endless: { exitCode: 4, why: expect.stringContaining('no SSH server: it said "welcome"') },
        web: { exitCode: 4, why: expect.stringContaining('it said "HTTP/1.1 400 Bad Request"') },
      });
      for (const { hint } of Object.values(failed(done))) expect(hint).toContain('port');
    });
  });
});
