/** The tree that all guests stand on: Debian, as debootstrap makes it; kept beside other caches, outside of a clone. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const guestUser = { name: 'ubuntu', id: 1000 };

const suite = 'bookworm';
const packages = [
  'systemd',
  'systemd-sysv',
  'libpam-systemd',
  'dbus',
  'openssh-server',
  'sudo',
  'python3',
  'python3-venv',
  'openssl',
  'iproute2',
  'procps',
  'polkitd',
];

/** Where this machine's own packages come from: the one place that it is sure to reach. */
function mirror(): string | undefined {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const text = files
    .filter((file) => /\.(list|sources)$/.test(file) && existsSync(file))
    .map((file) => readFileSync(file, 'utf8').replaceAll(/^\s*#.*$/gm, ''))
    .join('\n');
  return /https?:\/\/\S+\/debian\/?(?=\s|$)/m.exec(text)?.[0];
}

function lacking(program: string): boolean {
  return !['/usr/sbin', '/usr/bin', '/sbin', '/bin'].some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why no guest can be started here; undefined where it can. */
export function noGuests(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'guests need root on Linux';
  const missing = ['systemd-nspawn', 'debootstrap', 'ip', 'nsenter'].filter(lacking);
  if (missing.length > 0) return `guests need ${missing.join(', ')}; npm test installs them`;
  return existsSync(tree()) || mirror()
    ? undefined
    : 'guests are made of Debian packages, and apt knows no mirror of them';
}

/** Another list of packages makes another tree, and so does another end of its making. */
function tree(): string {
  const made = createHash('sha256')
    .update([suite, ...packages, finish].join(' '))
    .digest('hex')
    .slice(0, 12);
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  return join(cache, 'fl-wizard-tests', `guest-${made}`);
}

/** Makes the tree where it is not there: a minute, and 330 MB. */
export async function baseTree(): Promise<string> {
  const done = tree();
  if (existsSync(done)) return done;
  mkdirSync(dirname(done), { recursive: true });
  const draft = mkdtempSync(`${done}-`);
  try {
    const words = ['--variant=minbase', `--include=${packages.join(',')}`, suite, draft, mirror() ?? ''];
    await run('debootstrap', words, { maxBuffer: 64 * 1024 * 1024 });
    await finish(draft);
    await run('chmod', ['755', draft]);
    rmSync(join(draft, 'var', 'cache', 'apt'), { recursive: true, force: true });
    // Where two make it at once, the second has the first one's.
    if (!existsSync(done)) renameSync(draft, done);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return done;
}

/** What is the same for all guests. Host keys are each one's own. */
async function finish(root: string): Promise<void> {
  const { name, id } = guestUser;
  await run('chroot', [root, 'useradd', '-m', '-u', String(id), '-s', '/bin/bash', name]);
  await run('chroot', [root, 'systemctl', 'enable', 'ssh']);
  execFileSync('sh', ['-c', 'rm -f "$1"/etc/ssh/ssh_host_*', 'sh', root]);
  writeFileSync(join(root, 'etc', 'machine-id'), '');
  // Told to end in the moment of a logout, a user's manager of systemd 252 may hang, by default for two minutes.
  const settings = join(root, 'etc', 'systemd', 'system', 'user@.service.d');
  mkdirSync(settings);
  writeFileSync(join(settings, 'patience.conf'), '[Service]\nTimeoutStopSec=5s\n');
}
