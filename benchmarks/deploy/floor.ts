/**
 * Connecting alone: the connections of `deploy`, made by the same code with the same options and at the same width, and
 * on each of them `true`. It is bundled as ours is, and told by a file what to connect to.
 */
import { readFileSync } from 'node:fs';
import pLimit from 'p-limit';
import { resolveTarget } from '../../source/ssh/host.ts';
import { parseKnownHosts } from '../../source/ssh/known-hosts.ts';
import { connect } from '../../source/ssh/session.ts';

export type Floor = {
  readonly hosts: readonly { readonly name: string; readonly port: number }[];
  readonly user: string;
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly width: number;
};

const floor = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as Floor;
const knownHosts = [parseKnownHosts(readFileSync(floor.knownHostsFile, 'utf8'))];
const limit = pLimit(floor.width);

const sessions = await Promise.all(
  floor.hosts.map(({ name, port }) =>
    limit(async () => {
      const entry = { host: '127.0.0.1', port, user: floor.user, identityFile: floor.identityFile };
      const target = resolveTarget(entry, { home: '/nowhere', defaultUser: floor.user });
      const session = await connect(target, { name, knownHosts, trust: async () => false });
      const { code } = await session.run(['true']);
      if (code !== 0) throw new Error(`${name}: true ended with ${code}`);
      return session;
    }),
  ),
);
// As in deploy, the connections stay until all is done.
for (const session of sessions) session.close();
process.exit(0);
