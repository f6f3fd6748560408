import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canRunSshd, type Sshd, startSshd } from '../helpers/sshd.ts';
import { logIn, scratch } from './real.ts';

describe.skipIf(!canRunSshd)('a busy sshd', () => {
  const folder = scratch();
  let host: Sshd;
  beforeAll(async () => {
    // The default of OpenSSH: beyond ten logins at once, some are turned away.
    host = await startSshd({ directory: folder.path, name: 'host', config: ['MaxStartups 10:30:100'] });
  });
  afterAll(async () => {
    await host.stop();
    folder.remove();
  });

  it('takes as many logins at once as we make', async () => {
    const sessions = await Promise.all(Array.from({ length: 16 }, () => logIn(host)));
    const results = await Promise.all(sessions.map((session) => session.run(['echo', 'in'])));
    expect(results.map(({ stdout }) => stdout)).toEqual(sessions.map(() => 'in\n'));
    for (const session of sessions) session.close();
  });
});
