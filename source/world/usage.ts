/** What a process takes of its host, read with care: the numbers come from another machine. */
import * as z from 'zod';
import { unitName } from '../flower/unit.ts';
import type { Member, Network } from '../network/network.ts';
import type { Usage } from '../plan/host-facts.ts';
import { checked, known, present } from './answer.ts';
import { process } from './look.ts';
import type { Remote } from './remote.ts';

/** More CPU seconds than any process has had: a thousand cores for thirty years. */
const mostSeconds = 1e12;
const megabyte = 1024 * 1024;
/** In megabytes, so that bytes stay whole numbers. */
const mostMegabytes = Number.MAX_SAFE_INTEGER / megabyte;

const megabytes = z
  .int()
  .min(0)
  .max(mostMegabytes)
  .transform((value) => value * megabyte);

const gpu = z
  .tuple([z.int().min(0).max(100), megabytes, megabytes])
  .transform(([percent, memory, total]) => ({ use: percent / 100, memory, total }));

const taken = z
  .object({
    pid: z.int().min(1),
    started: z.string().max(100),
    at: z.number().min(0).max(mostSeconds),
    cpu: z.number().min(0).max(mostSeconds),
    memory: z.int().min(0),
  })
  .transform(({ pid, started, at, cpu, memory }) => ({ process: `${pid} ${started}`, at, cpu, memory }));

const usage = z
  .object({ process, taken: known(taken), gpus: z.array(gpu).max(64) })
  .transform((value) => present(value) as Usage);

/** @throws UserError (5) for an answer that no agent of ours gives */
export function readUsage(answer: unknown): Usage {
  return checked(usage, answer);
}

/** A look of somebody who only looks on: nobody is asked for a login. @throws UserError (4, 5) */
export async function usageOf(remote: Remote, network: Network, member: Member, signal: AbortSignal): Promise<Usage> {
  const request = { verb: 'usage', home: member.remote.home, name: member.name, unit: unitName(network, member) };
  return readUsage(await remote.call(member, request, `Looking at ${member.name}`, { signal, unasked: true }));
}
