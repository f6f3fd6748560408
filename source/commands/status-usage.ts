/** What the processes take of their hosts, for `status`: what one look tells. CPU would need two of them. */
import pLimit from 'p-limit';
import type { Usage } from '../plan/host-facts.ts';
import type { Answers } from '../plan/step.ts';
import type { World } from '../plan/world.ts';
import { chosen } from '../steps/shared.ts';
import { bytes } from '../ui/format.ts';

/** The host has just answered a longer question; whoever waits for `status` goes without this rather than wait on. */
const patience = 10_000;

export type Usages = Readonly<Record<string, Usage>>;

/** @param answered who was reached; one that does not tell is left out */
export async function usagesOf(
  world: World,
  answers: Answers,
  answered: (name: string) => boolean,
  { parallel, signal }: { readonly parallel: number; readonly signal: AbortSignal },
): Promise<Usages> {
  const limit = pLimit(parallel);
  const asked = chosen(answers).filter(({ name }) => answered(name));
  const found = await Promise.all(
    asked.map((member) =>
      limit(() => world.usage(answers.network, member, AbortSignal.any([signal, AbortSignal.timeout(patience)]))).then(
        (usage) => [[member.name, usage] as const],
        () => [],
      ),
    ),
  );
  return Object.fromEntries(found.flat());
}

/** For the document: bytes of memory, and the GPUs of the host. */
export function usageRow(usage: Usage | undefined): Readonly<Record<string, unknown>> {
  if (!usage) return {};
  const { taken, gpus } = usage;
  return { ...(taken ? { memory: taken.memory } : {}), ...(gpus.length > 0 ? { gpus } : {}) };
}

/** For the table, in words. */
export function usageCells(usage: Usage | undefined): Readonly<Record<string, string>> {
  if (!usage) return {};
  const { taken, gpus } = usage;
  return { ...(taken ? { memory: bytes(taken.memory) } : {}), ...(gpus.length > 0 ? { gpu: gpuText(gpus) } : {}) };
}

/** `35 %, 1.1 GB of 26 GB`; of several, how busy they are together. */
function gpuText(gpus: Usage['gpus']): string {
  const sum = (value: (gpu: Usage['gpus'][number]) => number) => gpus.reduce((all, each) => all + value(each), 0);
  const use = Math.round((100 * sum((gpu) => gpu.use)) / gpus.length);
  const of = gpus.length > 1 ? `${gpus.length} at ` : '';
  return `${of}${use} %, ${bytes(sum((gpu) => gpu.memory))} of ${bytes(sum((gpu) => gpu.total))}`;
}
