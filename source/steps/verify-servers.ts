/** The other half of mutual: which servers the clients take for theirs, by their own environments and by ours. */
import type { Member } from '../network/network.ts';
import { clientUri } from '../pki/names.ts';
import { UserError } from '../plan/failure.ts';
import type { Endpoint } from '../plan/host-facts.ts';
import type { ProofTry } from '../plan/proven.ts';
import type { Answers, StepCheck } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { controlName, type Judged, judgement, serverCases } from '../plan/wrong-server.ts';
import { chosenClients } from './shared.ts';
import type { Done } from './verify-tries.ts';

/** In the record, what is judged here stands under this name. */
export const here = 'this machine';

const titleOf = ({ which }: Judged, client: Member | undefined) =>
  which === 'server-right' ? controlName(client?.name) : serverCases[which][0];

function doneOf(judged: Judged, client: Member | undefined, uri: string | undefined, now: Date): Done {
  const { outcome, ok, detail, hint } = judgement(judged, uri);
  const right = judged.which === 'server-right';
  const name = titleOf(judged, client);
  const { presented, shown } = judged;
  const check: StepCheck = {
    name,
    ...(client ? { host: client.name } : {}),
    kind: right ? 'accepted' : 'refused',
    ok,
    detail,
    ...(hint ? { hint } : {}),
  };
  const entry: ProofTry = {
    host: client?.name ?? here,
    case: judged.which,
    name,
    expected: right ? 'accepted' : 'refuses',
    outcome,
    ok,
    detail,
    time: now.toISOString(),
    ...(shown ? { shown } : {}),
    ...(presented ? { offered: presented } : {}),
  };
  return { check, entry };
}

/** All that one client judges. What could not be asked is one finding, and proves nothing. */
async function judgedBy(
  { network }: Answers,
  world: World,
  client: Member | undefined,
  server: Endpoint,
  signal: AbortSignal,
): Promise<readonly Done[]> {
  const uri = client && clientUri(network.address, network.name, client.commonName);
  try {
    const judged = await world.judge(network, client, server, signal);
    return judged.map((each) => doneOf(each, client, uri, world.now()));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const { why, hint, exitCode } = error.failure;
    const missing: Judged = { which: 'server-right', through: false, said: '', missing: why };
    const { check, entry } = doneOf(missing, client, uri, world.now());
    return [{ check: { ...check, exitCode, ...(hint ? { hint } : {}) }, entry }];
  }
}

/** By our own gRPC, and by that of each client that answered; in this order. */
export function judgements(
  answers: Answers,
  world: World,
  server: Endpoint,
  lost: ReadonlySet<string>,
  signal: AbortSignal,
): readonly Promise<readonly Done[]>[] {
  const clients = chosenClients(answers).filter(({ name }) => !lost.has(name));
  return [undefined, ...clients].map((client) => judgedBy(answers, world, client, server, signal));
}
