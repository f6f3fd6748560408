import { describe, expect, it } from 'vitest';
import { type Judged, judgement, type ServerCase } from '../../source/plan/wrong-server.ts';

const uri = 'spiffe://fl.example.org/fl/client/client1';
const judge = (which: ServerCase, more: Partial<Judged>) =>
  judgement({ which, through: false, said: '', ...more }, uri);

describe('a wrong server', () => {
  it('is refused by a client that says why', () => {
    expect(judge('server-expired', { said: 'CERTIFICATE_VERIFY_FAILED: certificate has expired: OK' })).toEqual({
      outcome: 'refuses',
      ok: true,
      detail: 'refused: the server’s certificate has expired, or the clock here is ahead',
    });
  });

  it('that is refused for another reason proves nothing of this one', () => {
    const said = 'CERTIFICATE_VERIFY_FAILED: certificate is not yet valid';
    expect(judge('server-foreign', { said })).toMatchObject({
      outcome: 'unclear',
      ok: false,
      detail: expect.stringContaining('for another reason'),
      hint: expect.stringContaining('clock'),
    });
  });

  it('that was taken for the network’s is a finding, whatever the client says', () => {
    expect(judge('server-name', { through: true, identity: uri })).toMatchObject({ outcome: 'accepted', ok: false });
    expect(judge('server-foreign', { through: true, said: 'certificate verify failed' }).ok).toBe(false);
  });

  it('that was not reached, or not tried, proves nothing', () => {
    expect(judge('server-foreign', { said: 'Connection refused' })).toMatchObject({ outcome: 'unclear', ok: false });
    expect(judge('server-foreign', { said: 'something new' }).detail).toBe('not clear: something new');
    expect(judge('server-expired', { missing: 'no such file' })).toMatchObject({
      outcome: 'not tried',
      ok: false,
      detail: 'not tried: no such file',
    });
  });
});

describe('the control', () => {
  it('is the right server, which has to see who comes', () => {
    expect(judge('server-right', { through: true, identity: uri })).toMatchObject({ outcome: 'accepted', ok: true });
    expect(judge('server-right', { through: true, identity: 'somebody else' }).ok).toBe(false);
    expect(judge('server-right', { said: 'Connection refused' })).toMatchObject({ outcome: 'unclear', ok: false });
  });
});
