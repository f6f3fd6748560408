import { isNode, type Node, type Reading, within } from './reading.ts';

/** Each heavy or effectful library has its rooms; nobody else knows that it exists, not even by type. */
const rooms: Readonly<Record<string, readonly string[]>> = {
  'node-forge': ['source/pki/'],
  'smol-toml': ['source/network/'],
  ssh2: ['source/ssh/', 'source/demo/'],
  '@grpc/grpc-js': ['source/rpc/'],
  protobufjs: ['source/rpc/'],
  ink: ['source/ui/'],
  react: ['source/ui/'],
  'ink-select-input': ['source/ui/'],
  '@inkjs/ui': ['source/ui/'],
  echarts: ['source/report/'],
};

/** What `--help` must not pay for. */
export const heavy = [...Object.keys(rooms), 'yaml', 'zod'];

/** Rooms of pure functions, and what of Node they may use: what only computes. */
export const pureRooms = ['source/plan/', 'source/flower/'];
const computing = ['node:path', 'node:path/posix', 'node:url', 'node:util', 'node:crypto', 'node:buffer'];

/** How the program was started, speaks and ends: what is started decides that, and the one file that it loads. */
const ownProcess = ['source/cli.ts', 'source/start.ts'];
const onlyForCli = new Set([
  'argv',
  'env',
  'stdin',
  'stdout',
  'stderr',
  'exit',
  'exitCode',
  'abort',
  'on',
  'once',
  'off',
  'cwd',
  'chdir',
  'umask',
]);

/** `react` of `react/jsx-runtime`, `@inkjs/ui` of itself. */
export function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

export const isEffect = (specifier: string) => specifier.startsWith('node:') && !computing.includes(specifier);

export const hasRooms = (specifier: string) => packageOf(specifier) in rooms;

const at = (reading: Reading, line: number, text: string) => `${reading.path}:${line} ${text}`;

export function strangersInRooms(reading: Reading): string[] {
  return reading.imports.flatMap(({ specifier, line }) => {
    const allowed = rooms[packageOf(specifier)];
    if (allowed === undefined || allowed.some((room) => reading.path.startsWith(room))) return [];
    return [at(reading, line, `imports ${specifier}, which only ${allowed.join(' and ')} may`)];
  });
}

/** Node's own modules are named with `node:`, so that the other rules see them. */
export function bareBuiltins(reading: Reading): string[] {
  const bare = /^(fs|child_process|net|http|https|tls|os|path|crypto|process|timers|stream|url|util|events)(\/|$)/;
  const found = reading.imports.filter(({ specifier }) => bare.test(specifier));
  return found.map(({ specifier, line }) => at(reading, line, `imports ${specifier}, write node:${specifier}`));
}

const isIdentifier = (node: unknown, name: string): node is Node =>
  isNode(node) && node.type === 'Identifier' && node.name === name;

/** A variable of that name (facts about a process, say) hides the global one. */
function bindsProcess({ nodes }: Reading): boolean {
  const patterns = nodes.flatMap((node) => [node.id, node.params, node.param].flat()).filter(isNode);
  return patterns.some((pattern) => within(pattern).some((node) => isIdentifier(node, 'process')));
}

export function processOutsideCli(reading: Reading): string[] {
  if (ownProcess.includes(reading.path)) return [];
  const imported = reading.imports.filter(({ specifier }) => specifier === 'node:process');
  const violations = imported.map(({ line }) =>
    at(reading, line, 'imports node:process, which only source/cli.ts may'),
  );
  if (bindsProcess(reading)) return violations;
  for (const node of reading.nodes) {
    const { object, property } = node;
    if (node.type !== 'MemberExpression' || !isIdentifier(object, 'process') || !isNode(property)) continue;
    const name = String(property.name ?? property.value);
    if (onlyForCli.has(name))
      violations.push(at(reading, reading.lineOf(node), `uses process.${name}, which only source/cli.ts may`));
  }
  return violations;
}

export function anys(reading: Reading): string[] {
  const found = reading.nodes.filter(({ type }) => type === 'TSAnyKeyword');
  return found.map((node) => at(reading, reading.lineOf(node), 'says `any`'));
}

/** Does this timer call end the promise it is in, and nothing else? Then it is a sleep, not a time limit. */
function sleeps(timer: Node, resolve: string): boolean {
  const [work] = [timer.arguments].flat();
  if (!isNode(work)) return false;
  if (isIdentifier(work, resolve)) return true;
  const calls = within(work).filter((node) => node.type === 'CallExpression');
  return calls.some((call) => isIdentifier(call.callee, resolve));
}

/** A pause between two looks at something is no blind wait: the loop ends by what is seen. */
function outsideLoops({ nodes }: Reading): (node: Node) => boolean {
  const loops = nodes.filter(({ type }) => /^(For|While|DoWhile)Statement$/.test(type));
  const inside = new Set(loops.flatMap(within));
  return (node) => !inside.has(node);
}

/** The timers in promises that only wait: `new Promise((done) => setTimeout(done, 50))`. */
function promisedSleeps({ nodes }: Reading): Node[] {
  return nodes.flatMap((promise) => {
    if (promise.type !== 'NewExpression' || !isIdentifier(promise.callee, 'Promise')) return [];
    const executor = [promise.arguments].flat().find(isNode);
    const resolve = executor && [executor.params].flat().find(isNode)?.name;
    if (executor === undefined || typeof resolve !== 'string') return [];
    const calls = within(executor).filter((node) => node.type === 'CallExpression');
    return calls.filter((call) => isIdentifier(call.callee, 'setTimeout') && sleeps(call, resolve));
  });
}

/** Calls of `setTimeout` from node:timers/promises, under whatever name. */
function importedSleeps({ nodes }: Reading): Node[] {
  const fromTimers = nodes.filter(
    ({ type, source }) => type === 'ImportDeclaration' && isNode(source) && source.value === 'node:timers/promises',
  );
  const names = fromTimers.flatMap(({ specifiers }) =>
    [specifiers]
      .flat()
      .filter(isNode)
      .map(({ local }) => local),
  );
  const calls = nodes.filter(({ type }) => type === 'CallExpression');
  return calls.filter(({ callee }) => names.some((name) => isNode(name) && isIdentifier(callee, String(name.name))));
}

/** A test waits for a word or an event, never for milliseconds. */
export function sleepingTests(reading: Reading): string[] {
  const found = [...promisedSleeps(reading), ...importedSleeps(reading)].filter(outsideLoops(reading));
  return found.map((node) => at(reading, reading.lineOf(node), 'waits for milliseconds: wait for an event'));
}
