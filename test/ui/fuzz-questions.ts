/** Each kind of question that is asked in place, and what is typed there that nobody may see. */
import type { Answer, Question } from '../../source/plan/step.ts';

/** What no screen has by itself. */
export const secret = ['ж', 'щ', 'ф', 'жщ', '¤', '\u{1d4d0}'];

export const isYes = ({ kind }: Answer) => kind === 'yes';

/** Those with the same picture take turns. */
type Asked = {
  readonly name: string;
  readonly questions: readonly Question[];
  readonly typed: 'nothing' | 'secret' | 'seen';
};

const address = '10.0.0.11:22';
const login = {
  kind: 'login',
  host: 'hosp-b',
  address,
  user: 'fl',
  because: 'It took a key, and asks this too.',
} as const;
const says = ['Duo two-factor login for fl\x1b[2J', '', ' 1. Push', 'Passcode:'];

export const asked: readonly Asked[] = [
  {
    name: 'a host key',
    questions: [{ kind: 'host-key', host: 'hosp-b', address, keyType: 'ssh-ed25519', fingerprint: 'SHA256:abc' }],
    typed: 'nothing',
  },
  {
    name: 'names',
    questions: [{ kind: 'names', held: ['fl.example.org'], found: ['203.0.113.10', '10.0.1.5'] }],
    typed: 'nothing',
  },
  { name: 'another run', questions: [{ kind: 'another' }], typed: 'nothing' },
  {
    name: 'a passphrase',
    questions: (['open-ssh', 'open-ca', 'new-ca', 'repeat-ca'] as const).map((wanted) => {
      return { kind: 'passphrase', file: 'fl_network/ca.key', wanted, note: 'That does not open it.' };
    }),
    typed: 'secret',
  },
  {
    name: 'sudo’s password',
    questions: [
      { kind: 'sudo', host: 'hosp-b', address, user: 'fl', doing: 'Making /etc/ssl/x', same: 'hosp-a', note: 'No.' },
    ],
    typed: 'secret',
  },
  {
    name: 'a login',
    questions: [
      { ...login, says: [], echo: false },
      { ...login, says, echo: false },
    ],
    typed: 'secret',
  },
  { name: 'a code that may be seen', questions: [{ ...login, says, echo: true }], typed: 'seen' },
];
