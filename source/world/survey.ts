/** Asks a host what it has to offer; its answer is read with care. */
import * as z from 'zod';
import type { Member } from '../network/network.ts';
import type { Survey, SurveyRequest } from '../plan/survey.ts';
import { checked, known, present } from './answer.ts';
import { revealed } from './package-sources.ts';
import type { Remote } from './remote.ts';

/** What a host says is a word or a sentence. */
const words = z.string().transform((text) => text.slice(0, 300));
const address = z.string().max(64);

const survey = z
  .object({
    memory: known(z.object({ total: z.number(), available: z.number() })),
    systemd: z.boolean(),
    amazon: known(
      z
        .object({
          region: known(z.string().regex(/^[a-z0-9-]{1,32}$/)),
          publicAddress: known(address),
          privateAddress: known(address),
          // They become words of a command that people paste.
          groups: known(z.array(z.string().regex(/^sg-[a-z0-9]{1,32}$/)).max(16)),
        })
        .transform(present),
    ),
    reachedAt: known(address),
    paths: z.array(z.object({ path: words, writable: z.boolean(), why: known(words) }).transform(present)),
    gpu: known(z.object({ names: z.array(words), why: known(words) }).transform(present)),
    index: known(
      z.object({ ok: known(z.boolean()), offered: known(z.boolean()), why: known(words) }).transform(present),
    ),
  })
  .transform((value) => present(value) as Survey);

/** @throws UserError (4, 5) */
export async function surveyHost(
  remote: Remote,
  member: Member,
  request: SurveyRequest,
  signal: AbortSignal,
): Promise<Survey> {
  const doing = `Looking at ${member.name}`;
  const index = request.index && { ...request.index, pip: revealed(request.index.pip) };
  return checked(survey, await remote.call(member, { verb: 'survey', ...request, index }, doing, { signal }));
}
