/** What preflight makes of what a host has to offer. Pure. */
import { type Member, type Network, splitHostPort } from '../network/network.ts';
import { isAddress } from '../pki/names.ts';
import type { HostFacts } from '../plan/host-facts.ts';
import type { Survey, SurveyRequest } from '../plan/survey.ts';
import { list } from '../plan/words.ts';
import { type Finding, pythonCheck } from './preflight-host.ts';

/** flwr, gRPC and numpy take 160 MB in each process before the first weights; twice that leaves them room. */
const memoryWanted = 320_000_000;

/**
 * What to ask of a host.
 * @param wheelhouse packages come from there, so no index will be asked
 */
export function surveyOf(member: Member, network: Network, facts: HostFacts, wheelhouse: boolean): SurveyRequest {
  const paths = (wanted: readonly string[], writable: boolean) => wanted.map((path) => ({ path, writable }));
  const managed = member.environment === 'managed' && !facts.environmentReady;
  // What an index offers to a Python that is too old is no second trouble.
  const installs = managed && !wheelhouse && pythonCheck(member, facts, network.flower.version).ok;
  return {
    paths: [...paths(member.data, false), ...paths(member.writable, true)],
    gpu: member.gpu,
    index: installs ? { package: 'flwr', version: network.flower.version, pip: member.remote.pip } : null,
  };
}

export function* surveyFindings(
  member: Member,
  network: Network,
  facts: HostFacts,
  survey: Survey,
): Generator<Finding> {
  if (survey.memory) yield memoryFinding(survey.memory);
  yield { name: 'supervision', ok: true, detail: survey.systemd ? 'systemd runs' : 'no systemd' };
  for (const path of survey.paths) yield pathFinding(path, facts.user);
  if (survey.gpu) yield gpuFinding(survey.gpu);
  if (survey.index) yield* indexFinding(survey.index, facts, network);
  if (member.role === 'server') yield* addressFindings(survey, network);
}

function memoryFinding({ total, available }: NonNullable<Survey['memory']>): Finding {
  const detail = `${gigabytes(available)} of ${gigabytes(total)} to be had`;
  if (available >= memoryWanted) return { name: 'memory', ok: true, detail };
  return { name: 'memory', ok: true, detail, hint: 'Flower alone takes 0.2 GB: it may be ended for want of memory' };
}

function pathFinding({ path, writable, why }: Survey['paths'][number], user: string): Finding {
  const verb = writable ? 'write' : 'read';
  const name = `data ${path}`;
  if (why === undefined) return { name, ok: true, detail: `${user} may ${verb} it` };
  const barrier = /^(.*) bars the way$/.exec(why)?.[1];
  const admit = barrier === undefined ? '' : `sudo setfacl -m u:${user}:x ${barrier}; `;
  return {
    name,
    ok: false,
    detail: `${user} can’t ${verb} it: ${why}`,
    hint: /^No such/.test(why)
      ? 'is it mounted there? Mend the path in fl-network.yaml'
      : `let ${user} in, for example: ${admit}sudo setfacl -R -m u:${user}:${writable ? 'rwX' : 'rX'} ${path}`,
  };
}

function gpuFinding({ names, why }: NonNullable<Survey['gpu']>): Finding {
  if (names.length > 0) return { name: 'GPU', ok: true, detail: list(names) };
  return {
    name: 'GPU',
    ok: false,
    detail: `none is seen: ${why ?? 'nvidia-smi names none'}`,
    hint: 'install the NVIDIA driver there, or leave gpu: true out',
  };
}

function* indexFinding(
  { ok, offered, why }: NonNullable<Survey['index']>,
  { python, environmentReady }: HostFacts,
  { flower }: Network,
): Generator<Finding> {
  const name = 'package index';
  if (environmentReady) return;
  if (ok === undefined) yield { name, ok: true, detail: `not tried: ${why ?? 'nothing there can ask'}` };
  else if (!ok)
    yield {
      name,
      ok: false,
      detail: `pip can’t reach an index: ${why ?? 'it gave no reason'}`,
      hint: 'name one or a proxy under remote.pip, or send the packages along: --wheelhouse DIR',
    };
  else if (offered === false)
    yield {
      name,
      ok: false,
      detail: `it offers no flwr ${flower.version} for Python ${python}`,
      hint: 'set flower.version, or name a newer Python in remote.python',
    };
  else yield { name, ok: true, detail: `offers flwr ${flower.version}` };
}

/** What clients dial has to be in the certificate, and to last. */
function* addressFindings({ amazon, reachedAt }: Survey, { address, names, clients }: Network): Generator<Finding> {
  const { publicAddress, privateAddress = reachedAt } = amazon ?? {};
  const own = [...new Set([publicAddress, privateAddress].flatMap((each) => (each && lasting(each) ? each : [])))];
  const said = new Set([address, ...names].map((each) => each.toLowerCase()));
  const unsaid = (words: readonly string[]) => words.filter((each) => !said.has(each.toLowerCase()));
  const dialed = unsaid(clients.map(({ dial }) => splitHostPort(dial).host));
  const missing = [...new Set([...unsaid(own), ...dialed])];
  if (own.length + missing.length === 0) return;
  // Where SSH reached it is asked about by the wizard; to be reminded of it each time would be too much.
  const worth = amazon ? missing : [...new Set(dialed)];
  const hints = [
    ...(worth.length > 0
      ? [`for its certificate to hold ${list(worth)} too: server.names: [${[...names, ...worth].join(', ')}]`]
      : []),
    ...(publicAddress && said.has(publicAddress) ? [changes(publicAddress)] : []),
  ];
  yield {
    name: 'addresses',
    ok: true,
    detail: [
      ...(own.length > 0 ? [`this host is ${list(own)}`] : []),
      ...(dialed.length > 0 ? [`clients dial ${list([...new Set(dialed)])}`] : []),
    ].join('; '),
    ...(hints.length > 0 ? { hint: hints.join('; ') } : {}),
    ...(missing.length > 0 ? { proposes: missing } : {}),
  };
}

/** Whether an address means this host elsewhere too. */
function lasting(address: string): boolean {
  return isAddress(address) && !/^(127\.|169\.254\.|::1$|fe80:)/i.test(address);
}

/** Why an address may not be there tomorrow. */
export function changes(publicAddress: string): string {
  return `${publicAddress} changes when the instance stops, unless it is an Elastic IP (aws ec2 describe-addresses --public-ips ${publicAddress} tells)`;
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(1)} GB`;
