// The system's programs that tests use as peers and oracles: real sshd, real openssl, a terminal, a clock that lies.
// What is to be had from Python's packages is pinned there: see python.js.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { run, say } from './process.js';

/** Program → its package in Debian and Ubuntu. */
const packages = {
  sshd: 'openssh-server',
  ssh: 'openssh-client',
  openssl: 'openssl',
  certtool: 'gnutls-bin',
  // The program that a test verifies with is compiled where it is run; keytool comes with it.
  javac: 'default-jdk-headless',
  tmux: 'tmux',
  sudo: 'sudo',
  faketime: 'faketime',
  strace: 'strace',
  // A host that asks for a one-time code: the program makes the secret that its PAM module checks.
  'google-authenticator': 'libpam-google-authenticator',
  // Login shells that are no POSIX shell, or not quite one.
  fish: 'fish',
  zsh: 'zsh',
  tcsh: 'tcsh',
  // What is heard of our lines: a screen reader that reads them to whatever it is given as a voice.
  yasr: 'yasr',
  // Networks and guests of this machine's own.
  ip: 'iproute2',
  debootstrap: 'debootstrap',
  'systemd-nspawn': 'systemd-container',
};

function onPath(program) {
  // Where sshd and others are, though a user's PATH may not name them.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin', '/usr/local/sbin'];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Debian has `venv` without what makes it work in a package of its own. */
function lacksVenv() {
  return spawnSync('python3', ['-c', 'import venv, ensurepip'], { stdio: 'ignore' }).status !== 0;
}

/** With apt-get, as root. @param names of packages */
export async function install(names) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const words = ['install', '-y', '--no-install-recommends'];
  // Lists may be old, or there may be none yet; where they can't be renewed, the packages may still be had.
  await run('apt-get', ['update', '-q'], { title: 'apt-get update', env });
  const title = `installing ${names.join(' ')} with apt-get, for the tests`;
  if ((await run('apt-get', [...words, ...names], { title, env })) === 0) return;
  // One package that a distribution lacks must not keep all others away.
  for (const name of names) {
    const code = await run('apt-get', [...words, name], { title: `installing ${name} by itself`, env });
    if (code !== 0) say(`${name} can't be installed here: tests that need it are skipped or fail`);
  }
}

/** Installs what is missing where that is possible without asking; else says what to type, and goes on. */
export async function systemPackages() {
  const missing = Object.keys(packages).filter((program) => !onPath(program));
  if (lacksVenv()) missing.push('python3', 'python3-venv');
  if (missing.length > 0) {
    const names = missing.map((program) => packages[program] ?? program);
    if (process.getuid?.() === 0 && onPath('apt-get')) await install(names);
    else {
      const line = onPath('apt-get') ? `sudo apt-get install ${names.join(' ')}` : `install ${missing.join(', ')}`;
      say(`tests that need ${missing.join(', ')} can't run here; to have them: ${line}`);
    }
  }
  // Made by the service's start, which a container never sees; without it sshd ends at once when root starts it.
  if (process.getuid?.() === 0 && onPath('sshd')) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
}
