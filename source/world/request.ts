/** Keys that are made on their hosts: only a request comes from there, and nothing is made of it before it was checked. */
import { dirname } from 'node:path';
import * as z from 'zod';
import { checkRequest } from '../pki/certificate.ts';
import { requestConfiguration } from '../pki/request-configuration.ts';
import type { Action, Issue } from '../plan/action.ts';
import { exit, UserError } from '../plan/failure.ts';
import { makeFolder, readLocal, writeLocal } from './files.ts';
import { type Doing, memberOf } from './perform.ts';

type Make<Kind extends Action['kind']> = Extract<Action, { kind: Kind }>;

const requestMode = 0o644;
/** A request for RSA with 16,384 bits and all the names that a server may have stays far below. */
const answer = z.object({ request: z.string().max(65_536) });

/**
 * Has a host make its key, and keeps the request for it here.
 * @throws UserError: 5 where the host can't; 6, naming the host, where the request is not what was asked for
 */
export async function requestOnHost(action: Make<'request-on-host'>, doing: Doing): Promise<void> {
  const { host, key, replace, issue, request } = action;
  const what = `Making the key of ${host} on its host`;
  const found = answer.safeParse(
    await doing.remote.call(
      memberOf(doing.network, host),
      {
        verb: 'make-request',
        key,
        replace,
        ...issue.key,
        digest: issue.digest,
        configuration: requestConfiguration({ ...issue, algorithm: issue.key.algorithm }),
      },
      what,
      { signal: doing.signal },
    ),
  );
  if (!found.success)
    throw new UserError({ exitCode: exit.remote, host, doing: what, why: 'its answer holds no request' });
  try {
    checkRequest(found.data.request, issue);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    throw new UserError({ ...error.failure, host, doing: `Checking the request of ${host}` });
  }
  await makeFolder(dirname(request), 0o700);
  await writeLocal(request, requestPem(found.data.request), requestMode);
}

/** The request alone: what else a host may have written around it is not kept. */
function requestPem(text: string): string {
  return (
    /-----BEGIN (NEW )?CERTIFICATE REQUEST-----[A-Za-z0-9+/=\s]*-----END \1?CERTIFICATE REQUEST-----/
      .exec(text)?.[0]
      .concat('\n') ?? ''
  );
}

/** The request that lies here for a key that lies on its host. @throws UserError (3) */
export async function requestOf({ name, files }: Pick<Issue, 'name' | 'files'>): Promise<string> {
  const file = files.request === undefined ? undefined : await readLocal(files.request);
  if (file) return file.content.toString('utf8');
  throw new UserError({
    exitCode: exit.local,
    doing: `Issuing the certificate of ${name}`,
    why: `its request ${files.request ?? ''} is not there any more`,
    hint: 'run it again',
  });
}
