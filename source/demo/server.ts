import type { KeyObject } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { AuthContext, Connection, ParsedKey, Session } from 'ssh2';
import type { Library } from '../ssh/library.ts';
import { privateKeyFile } from '../ssh/openssh-key.ts';
import { type RunningCommand, runCommand } from './command.ts';

/** What one demo host needs. */
export type ServerSettings = {
  readonly hostKey: KeyObject;
  /** The only key that may log in, whatever the user's name. */
  readonly loginKey: ParsedKey;
  readonly home: string;
  /** The environment of its commands, beside HOME and USER. */
  readonly environment: Readonly<Record<string, string>>;
};

/** A demo host that answers. */
export type RunningServer = { readonly port: number; close(): Promise<void> };

/** How long a client may take to hang up after our goodbye, in milliseconds. */
const grace = 500;

/** Starts an SSH server on a free port of 127.0.0.1 that runs commands, and does nothing else of SSH. */
export async function startServer(ssh2: Library, settings: ServerSettings): Promise<RunningServer> {
  const connections = new Map<Connection, Set<RunningCommand>>();
  const ssh = new ssh2.Server({ hostKeys: [privateKeyFile(settings.hostKey)] }, (connection) => {
    const commands = new Set<RunningCommand>();
    connections.set(connection, commands);
    connection.on('close', () => {
      connections.delete(connection);
      for (const command of commands) command.stop();
    });
    // A connection that breaks is the other side's affair; its close follows.
    connection.on('error', () => {});
    serve(connection, settings, commands);
  });
  const sockets = new Set<Socket>();
  // A listener of our own, because ssh2's doesn't know noDelay, and without it each command waits for 40 ms.
  const listener = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    ssh.injectSocket(socket);
  });
  return {
    port: await listen(listener),
    close: async () => {
      const closed = new Promise<void>((resolve) => listener.close(() => resolve()));
      for (const connection of connections.keys()) connection.end();
      const impatient = setTimeout(() => {
        for (const socket of sockets) socket.destroy();
      }, grace);
      await closed;
      clearTimeout(impatient);
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function serve(connection: Connection, settings: ServerSettings, commands: Set<RunningCommand>): void {
  let user = '';
  connection.on('authentication', (context) => {
    if (!mayLogIn(context, settings.loginKey)) return context.reject(['publickey']);
    user = context.username;
    context.accept();
  });
  connection.on('session', (accept) => serveSession(accept(), settings, () => user, commands));
}

/** A client first asks whether a key would do, then signs; both come here. */
function mayLogIn(context: AuthContext, loginKey: ParsedKey): boolean {
  if (context.method !== 'publickey' || !loginKey.getPublicSSH().equals(context.key.data)) return false;
  if (!context.signature) return true;
  return context.blob !== undefined && loginKey.verify(context.blob, context.signature, context.hashAlgo);
}

function serveSession(
  session: Session,
  settings: ServerSettings,
  user: () => string,
  commands: Set<RunningCommand>,
): void {
  session.on('exec', (accept, _reject, { command }) => {
    const channel = accept();
    const running = runCommand(channel, command, {
      cwd: settings.home,
      environment: { ...settings.environment, HOME: settings.home, USER: user(), LOGNAME: user() },
    });
    commands.add(running);
    channel.on('close', () => commands.delete(running));
    session.on('signal', (_accept, _reject, { name }) => running.signal(name));
  });
}
