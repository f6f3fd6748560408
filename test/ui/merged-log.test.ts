/** Lines that hosts printed, as they are shown. */
import { expect, it } from 'vitest';
import { logEntries } from '../../source/ui/merged-log.ts';

const about = ' ssl_transport_security.cc:3238] ';
const shown = (member: string, text: string) =>
  logEntries([{ member, text, time: '2026-11-20T09:41:00Z' }])[0]?.[0]?.at(-1);

it.each(['E1130 08:21:20.877764   12242', 'E0000 00:00:1760000000.877764 12242'])(
  'what gRPC prints of the proof’s own try (%s) is told as that',
  (stamp) => {
    const line = `${stamp}${about}No match found for server name: another-server.invalid`;
    expect(shown('server', line)).toEqual({
      text: 'refused, as it must be: No match found for server name: another-server.invalid (a try of the proof)',
      tone: 'dim',
    });
    // At a client, and of another name, it is what it says.
    expect(shown('client1', line)?.text).toBe(line);
    const other = line.replace('another-server.invalid', 'fl.example.org');
    expect(shown('server', other)?.text).toBe(other);
  },
);

it('what a script prints of it is the script’s', () => {
  expect(shown('server', 'ERROR another-server.invalid')).toEqual({
    text: 'ERROR another-server.invalid',
    tone: 'bad',
  });
});
