/** What is asked in between: a host's key, a passphrase, what a host asks at login. Pure. */
import { anotherWhy, type NamesQuestion, type Question, type SudoQuestion } from '../plan/step.ts';
import { blank, type Line, type Size, span } from './line.ts';
import { loginLines } from './login-lines.ts';
import { indented } from './plan-lines.ts';
import { scrolled } from './scrolled.ts';
import type { Prompt } from './session-state.ts';

/**
 * Where there are fewer `rows` than lines, what is typed is seen all the same, and what only is to be read is scrolled.
 * @param offset lines that were scrolled past
 */
export function questionLines(
  { question, typed, text }: Prompt & { readonly kind: 'question' },
  size: Size,
  offset = 0,
): readonly Line[] {
  if (question.kind === 'host-key')
    return scrolled(fitting(hostKey(question, size.columns), size.rows), size.rows, offset);
  if (question.kind === 'names') return scrolled(fitting(names(question, size.columns), size.rows), size.rows, offset);
  if (question.kind === 'another') return scrolled(fitting(another(size.columns), size.rows), size.rows, offset);
  if (question.kind === 'login') return loginLines(question, text ?? dots(typed), size);
  if (question.kind === 'sudo') return secret(sudo(question), typed, size, offset);
  const [what, why] = reasons(question);
  return secret(
    { title: titles[question.wanted], note: question.note, what, why, label: 'Passphrase' },
    typed,
    size,
    offset,
  );
}

/** Blank lines go first. */
function fitting(lines: readonly Line[], rows: number): readonly Line[] {
  return lines.length <= rows ? lines : lines.filter((line) => line.length > 0);
}

function hostKey(question: Question & { kind: 'host-key' }, columns: number): readonly Line[] {
  const { host, typed, address, keyType, fingerprint, nth = 1, hosts = 1 } = question;
  // How many are still to come nobody knows: a host that is known already is not asked about.
  const place = nth > 1 ? ` (new host ${nth}, of ${hosts} at most)` : '';
  const file = keyType.replace(/^ssh-|^ecdsa-.*/, (lead) => (lead.startsWith('ecdsa') ? 'ecdsa' : ''));
  return [
    ...indented(`Is this really ${typed ? `${typed} (${host})` : host}?${place}`, columns, 1, 'strong'),
    blank,
    ...indented(`${address} shows a key that nobody here has trusted yet:`, columns, 3, 'plain'),
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
      'With yes the key is kept in .fl-wizard/known_hosts of this project, and any other key at this address is refused from then on.',
      columns,
      3,
      'plain',
    ),
  ];
}

function names({ held, found }: NamesQuestion, columns: number): readonly Line[] {
  const these = found.length === 1 ? 'this address' : 'these addresses';
  return [
    ...indented(`Shall the server’s certificate hold ${these} too?`, columns, 1, 'strong'),
    blank,
    ...indented(found.join(', '), columns, 5, 'plain'),
    blank,
    ...indented(
      `The server’s host has ${found.length === 1 ? 'it' : 'them'}, or clients dial ${found.length === 1 ? 'it' : 'them'}. So far the certificate is for ${held.join(', ')}.`,
      columns,
      3,
      'plain',
    ),
    blank,
    ...indented(
      'Why  A client refuses a server whose certificate does not hold what the client dials.',
      columns,
      3,
      'dim',
    ),
    ...indented('yes, where a client may ever dial it; one that nobody dials does no harm', columns, 3, 'dim', 'Try  '),
    blank,
    ...indented(
      'With yes it is written into server.names of fl-network.yaml, and you see what changes in certificate.conf.',
      columns,
      3,
      'plain',
    ),
  ];
}

function another(columns: number): readonly Line[] {
  return [
    ...indented('Begin another run?', columns, 1, 'strong'),
    blank,
    ...indented(anotherWhy, columns, 3, 'plain'),
    blank,
    ...indented(
      'With yes the next run is planned, with those of now; nothing is started before you have approved that. With no all goes on with the run that has ended.',
      columns,
      3,
      'plain',
    ),
  ];
}

type Passphrase = Question & { readonly kind: 'passphrase' };

const titles: Readonly<Record<Passphrase['wanted'], string>> = {
  'open-ssh': 'A passphrase, please',
  'open-ca': 'The passphrase of the CA’s key, please',
  'new-ca': 'A passphrase for the CA’s key?',
  'repeat-ca': 'The same passphrase again, please',
};

/** What the passphrase is for, and what becomes of it. */
function reasons({ file, wanted }: Passphrase): readonly [what: string, why: string] {
  const session = 'It is used for this session only: never stored, never shown, never sent.';
  switch (wanted) {
    case 'open-ssh':
      return [`The SSH key ${file} is encrypted.`, session];
    case 'open-ca':
      return [`The CA’s key ${file} is encrypted, and something is to be signed.`, session];
    case 'new-ca':
      return [
        `Enter alone: none. With one, whoever copies ${file} can’t issue certificates.`,
        'It is asked each time something is to be signed, and can’t be recovered: never stored, never shown, never sent.',
      ];
    default:
      return [`So that ${file} is not locked by a slip of a finger.`, session];
  }
}

/** A few dots tell that keys arrive; their number would tell how long the secret is. */
const dots = (typed: number) => '•'.repeat(Math.min(typed, 12));

type Wanted = {
  readonly title: string;
  /** What was wrong with the last one. */
  readonly note: string | undefined;
  readonly what: string;
  readonly why: string;
  readonly label: string;
};

function sudo({ host, address, user, doing, same, note }: SudoQuestion): Wanted {
  return {
    title: `sudo on ${host} wants ${user}’s password`,
    note,
    what: `${user}@${address}. It is for: ${doing}.${same === undefined ? '' : ` Enter alone: the one that ${same} took.`}`,
    why: 'It goes to sudo on this host, and on another one only by an Enter of yours there. It is kept until you leave: never stored, never shown, in no command.',
    label: 'Password',
  };
}

function secret(
  { title, note, what, why, label }: Wanted,
  typed: number,
  { columns, rows }: Size,
  offset: number,
): readonly Line[] {
  const above = [
    ...indented(title, columns, 1, 'strong'),
    blank,
    ...(note === undefined ? [] : [...indented(note, columns, 3, 'warn'), blank]),
    ...indented(what, columns, 3, 'plain'),
    ...indented(why, columns, 3, 'dim'),
  ];
  const input: readonly Line[] = [[span(`   ${label}  `, 'strong'), span(dots(typed)), span('█', 'accent')]];
  const whole = [...above, blank, ...input];
  if (whole.length <= rows) return whole;
  const room = Math.max(0, rows - input.length);
  return [...scrolled(fitting(above, room), room, offset), ...input].slice(-rows);
}
