/** Runs the built program as a user or a script would. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Event } from '../../source/plan/event.ts';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');
export const program = join(root, 'dist', 'fl-wizard.js');

export type Ended = {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The lines of stdout that are JSON objects (`--json`). */
  readonly events: readonly Event[];
};

export type WizardOptions = {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  /** Called with each event as it comes. */
  onEvent?(event: Event, kill: (signal: NodeJS.Signals) => void): void;
};

function parse(line: string): Event[] {
  if (!line.startsWith('{')) return [];
  try {
    return [JSON.parse(line) as Event];
  } catch {
    return [];
  }
}

/** Never rejects for the program's own end: the test looks at the code. */
export function wizard(words: readonly string[], options: WizardOptions = {}): Promise<Ended> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd: options.cwd ?? root,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    let rest = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk;
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const event of lines.flatMap(parse)) options.onEvent?.(event, (signal) => child.kill(signal));
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => done({ code, stdout, stderr, events: stdout.split('\n').flatMap(parse) }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
  });
}

/** Events of one type, as that type. */
export function of<Type extends Event['type']>(
  events: readonly Event[],
  type: Type,
): readonly Extract<Event, { type: Type }>[] {
  return events.filter((event): event is Extract<Event, { type: Type }> => event.type === type);
}

/** The tutorial's two scripts, taken out of its text while the test runs; a user's clone hasn't got it. */
export function tutorialScripts(): { server: string; client: string } | undefined {
  const folder = join(process.env.FL_WIZARD_SHARED ?? join(root, '..', 'shared'), 'seed');
  const file = existsSync(folder) ? readdirSync(folder).find((name) => name.endsWith('.txt')) : undefined;
  if (file === undefined) return undefined;
  const text = readFileSync(join(folder, file), 'utf8');
  const script = (name: string) => text.split(`(\`${name}\`):**`)[1]?.match(/```python\n([\s\S]*?)```/)?.[1];
  const [server, client] = [script('server.py'), script('client.py')];
  return server && client ? { server, client } : undefined;
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => done(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
