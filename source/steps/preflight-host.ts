/** What preflight makes of a look at a host. Pure. */
import type { WheelFile } from '../flower/wheels.ts';
import type { Member, Network } from '../network/network.ts';
import { unsetBeside } from '../network/unset.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { StepCheck } from '../plan/step.ts';
import { list } from '../plan/words.ts';
import { environmentTrouble } from './environment.ts';
import { portTaken } from './neighbors.ts';
import { folderTrouble, homeTrouble, madeOnHosts } from './shared.ts';
import { flowerFindings } from './versions.ts';

/**
 * The runtime needs 3.10. flwr's own Requires-Python went from 3.10 to 3.11 after 1.30, which is the newest that
 * installs on 3.10.
 */
function oldestPython(flower: string): readonly [number, number] {
  const [major = 0, minor = 0] = flower.split('.').map(Number);
  return major > 1 || minor > 30 ? [3, 11] : [3, 10];
}
/** flwr, numpy and what they bring take 302 MB; twice that while they are unpacked. */
const diskNeeded = 600_000_000;
/** Once the environment is there, weights and logs need room. */
const diskNeededLater = 100_000_000;
/** Certificates begin five minutes back: beyond that a host calls them "not yet valid". One minute is kept in hand. */
const clockLimit = 240;
/** Worth a word long before it is a failure. */
const clockWarning = 30;

export type Finding = Omit<StepCheck, 'host' | 'kind' | 'exitCode'>;

export function pythonCheck({ environment }: Member, facts: HostFacts, flower: string): Finding {
  const [major = 0, minor = 0] = facts.python.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestPython(flower);
  const name = 'Python';
  if (major < oldestMajor || (major === oldestMajor && minor < oldestMinor))
    return {
      name,
      ok: false,
      detail: `Python ${facts.python} is too old: flwr ${flower} needs ${oldestMajor}.${oldestMinor} or newer`,
      hint:
        major === 3 && minor === 10
          ? 'name a newer one in remote.python, or set flower.version to 1.30.0'
          : 'install a newer one and name it in remote.python',
    };
  if (!facts.venv && !facts.environmentReady && environment === 'managed')
    return {
      name,
      ok: false,
      detail: `Python ${facts.python} has no venv module`,
      hint: `apt install python3-venv (Debian and Ubuntu package it apart)`,
    };
  return { name, ok: true, detail: `Python ${facts.python}` };
}

function diskCheck({ environment }: Member, facts: HostFacts): Finding {
  const needed = facts.environmentReady || environment === 'existing' ? diskNeededLater : diskNeeded;
  const free = `${(facts.diskFree / 1e9).toFixed(1)} GB free`;
  if (facts.diskFree >= needed) return { name: 'disk', ok: true, detail: free };
  const at = facts.diskAt ?? facts.paths.home;
  return {
    name: 'disk',
    ok: false,
    detail: `only ${free} for ${at}, ${(needed / 1e9).toFixed(1)} GB are needed`,
    // The environment lies in the user's cache, wherever the home is.
    hint: at === facts.paths.home ? 'free some space, or set remote.home to a larger disk' : 'free some space there',
  };
}

function clockCheck(facts: HostFacts, host: string): Finding {
  const off = Math.abs(Math.round(facts.clockOffset));
  const detail = `the clock of ${host} is ${off} s ${facts.clockOffset < 0 ? 'behind' : 'ahead'}`;
  const hint = 'switch on time synchronization there: timedatectl set-ntp true';
  if (off > clockLimit) return { name: 'clock', ok: false, detail, hint };
  if (off > clockWarning) return { name: 'clock', ok: true, detail, hint };
  return { name: 'clock', ok: true, detail: off <= 1 ? 'in step' : detail };
}

function portCheck(facts: HostFacts, network: Network): Finding {
  const { port, portFrom } = network.flower;
  const { holder } = facts.port;
  const from = portFrom === undefined ? '' : ` (from ${portFrom})`;
  if (holder === 'nobody') return { name: 'port', ok: true, detail: `${port} is free${from}` };
  if (holder === 'ours')
    return {
      name: 'port',
      ok: true,
      detail: `our own server listens on ${facts.server?.port ?? port}${lingers(facts)}`,
    };
  const { why: detail, ...rest } = portTaken(network, facts);
  return { name: 'port', ok: false, detail, ...rest };
}

/** A run that has ended is no run that goes on, though its server still answers. */
function lingers({ runs }: HostFacts): string {
  const last = runs.at(-1);
  return last?.finished ? `, though run ${last.run} has ended` : '';
}

function folderCheck(facts: HostFacts, member: Member): Finding {
  const path = facts.paths.certificates;
  const trouble = folderTrouble(facts, member);
  if (trouble) return { name: 'certificates folder', ok: false, ...trouble };
  return {
    name: 'certificates folder',
    ok: true,
    detail: facts.certificateFolder
      ? `${path} is there`
      : `${path} can be made${facts.sudo === 'asks' ? ', with the password that sudo asks for then' : ''}`,
  };
}

function opensslCheck(facts: HostFacts): Finding {
  if (facts.openssl) return { name: 'openssl', ok: true, detail: 'is there' };
  const detail = 'openssl is not there, and makes the host’s private key (certificates.keys: host)';
  return { name: 'openssl', ok: false, detail, hint: 'apt install openssl' };
}

/** What the host's Python has to hold, and the wheels that it comes from where no index is asked. */
export type Wanted = { readonly requirements: readonly string[]; readonly wheelhouse?: readonly WheelFile[] };

function* environmentFindings(member: Member, facts: HostFacts, wanted: Wanted | undefined): Generator<Finding> {
  if (!wanted) return;
  const { requirements, wheelhouse } = wanted;
  const trouble = environmentTrouble(member, facts, requirements, wheelhouse);
  if (trouble) yield { name: 'packages', ok: false, ...trouble };
  else if (member.environment === 'existing')
    yield { name: 'packages', ok: true, detail: `${facts.existing?.python ?? ''} has what is wanted` };
  else if (wheelhouse && !facts.environmentReady)
    yield { name: 'packages', ok: true, detail: 'there is a wheel of each' };
}

/** Fewer others may differ for a reason of their own. */
const enoughOthers = 2;

/** Its share of the data, for example: without it a client may train on everybody's. */
function unsetFindings(member: Member, { clients }: Network): readonly Finding[] {
  const others = clients.filter(({ name }) => name !== member.name);
  const unset = others.length < enoughOthers ? [] : unsetBeside(member, others);
  if (unset.length === 0) return [];
  return [
    {
      name: 'env',
      ok: true,
      detail: `it sets no ${list(unset)}, which all other clients do`,
      hint: `write it below env: of ${member.name} in fl-network.yaml, as the others have it`,
    },
  ];
}

export function* hostFindings(member: Member, facts: HostFacts, network: Network, wanted?: Wanted): Generator<Finding> {
  const { version } = network.flower;
  yield { name: 'login', ok: true, detail: `${facts.user} on ${facts.os}, ${facts.architecture}` };
  yield pythonCheck(member, facts, version);
  yield* flowerFindings(network, facts);
  yield* environmentFindings(member, facts, wanted);
  yield diskCheck(member, facts);
  yield clockCheck(facts, member.name);
  yield folderCheck(facts, member);
  const home = homeTrouble(facts);
  if (home) yield { name: 'home folder', ok: false, ...home };
  if (madeOnHosts(network)) yield opensslCheck(facts);
  if (member.role === 'server') yield portCheck(facts, network);
  else yield* unsetFindings(member, network);
}
