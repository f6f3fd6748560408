/** What is asked in between: a host's key, a passphrase. Pure. */
import type { Question } from '../plan/step.ts';
import { blank, type Line, span, textLine } from './line.ts';
import { indented } from './plan-lines.ts';

export function questionLines(question: Question, typed: number, columns: number): readonly Line[] {
  return question.kind === 'host-key' ? hostKey(question, columns) : passphrase(question.file, typed, columns);
}

function hostKey(question: Question & { kind: 'host-key' }, columns: number): readonly Line[] {
  const { host, address, keyType, fingerprint } = question;
  const file = keyType.replace(/^ssh-|^ecdsa-.*/, (lead) => (lead.startsWith('ecdsa') ? 'ecdsa' : ''));
  return [
    textLine(` Is this really ${host}?`, 'strong'),
    blank,
    ...indented(`${address} shows a key that this machine has never seen:`, columns, 3, 'plain'),
    blank,
    ...indented(`${keyType}  ${fingerprint}`, columns, 5, 'plain'),
    blank,
    ...indented(
      'Why  Whoever stands in between could pretend to be this host. Only its owner can tell.',
      columns,
      3,
      'dim',
    ),
    ...indented(`on the host: ssh-keygen -lf /etc/ssh/ssh_host_${file}_key.pub`, columns, 3, 'dim', 'Try  '),
    blank,
    ...indented(
      'With yes the key is recorded, and any other key at this address is refused from then on.',
      columns,
      3,
      'plain',
    ),
  ];
}

function passphrase(file: string, typed: number, columns: number): readonly Line[] {
  // A few dots tell that keys arrive; their number would tell how long the passphrase is.
  const dots = '•'.repeat(Math.min(typed, 12));
  return [
    textLine(' A passphrase, please', 'strong'),
    blank,
    ...indented(`The SSH key ${file} is encrypted.`, columns, 3, 'plain'),
    ...indented('It is used for this session only: never stored, never shown, never sent.', columns, 3, 'dim'),
    blank,
    [span('   Passphrase  ', 'strong'), span(dots), span('█', 'accent')],
  ];
}
