/**
 * Acts on a host as somebody else. Without being asked where sudo lets us; else with the password of who logs in, which
 * is typed or given, kept for this session only, and goes to sudo's standard input on the host that it was typed for.
 */
import type { Member } from '../network/network.ts';
import { exit, UserError } from '../plan/failure.ts';
import type { Secret } from '../plan/secret.ts';
import type { Answer, Question } from '../plan/step.ts';
import { place } from '../ssh/place.ts';
import { lastLine, plain } from '../ssh/said.ts';
import type { Prompted, RunOptions, RunResult, Session } from '../ssh/session.ts';
import type { Target } from '../ssh/target.ts';
import type { Runner } from './agent.ts';
import type { GivenSecret } from './given-secret.ts';

/** `--sudo-password-file`, or FL_WIZARD_SUDO_PASSWORD: the same for all hosts. */
export type SudoSources = GivenSecret & {
  /** Whether somebody is there to be asked. */
  readonly attended: boolean;
  ask(question: Question, withdrawn?: AbortSignal): Promise<Answer>;
  /** One question at a time, whoever asks: a host is done with before the next one begins. */
  inTurn<T>(questions: () => Promise<T>): Promise<T>;
};

/** On whose host sudo is asked, over which connection. */
export type On = { readonly member: Member; readonly target: Target; readonly session: Session };

/** What sudo prints before it reads: nobody sees it. */
const prompt = '[fl-wizard] password: ';

/** Words before a command of root's, or of another user's. */
export function sudoWords(owner?: string): readonly string[] {
  return ['sudo', '-n', ...(owner === undefined ? [] : ['-H', '-u', owner, '--'])];
}

/**
 * The same words for sudo that reads a password. `-k`: what it remembers is not looked at and not added to, so it asks
 * each time, and nobody else profits from ours.
 */
export function asking([sudo = '', _never, ...words]: readonly string[]): readonly string[] {
  return [sudo, '-k', '-S', '-p', prompt, ...words];
}

/** What stands for sudo's own words where somebody gave up, at once or after one that it did not take. */
const noneGiven = 'sudo: a password is required, and none that it takes was given';

/** What to try where sudo did not run the command: the password, where that is all that it lacks, and then by hand. */
export function trySudo({ stderr }: RunResult, byHand: string): string {
  return stderr === noneGiven ? `try again and give the password; or ${byHand}` : byHand;
}

type Took = { readonly host: string; readonly password: Secret };

export class Sudo {
  readonly #sources: SudoSources;
  /** By login and address, as sudo there took them; nothing where it took none. */
  readonly #passwords = new Map<string, Promise<Secret | undefined>>();
  /** By connection, what runs words of its owner's. */
  readonly #owners = new WeakMap<Session, Promise<Runner | undefined>>();
  /** What was typed last, and taken. */
  #last: Took | undefined;

  constructor(sources: SudoSources) {
    this.#sources = sources;
  }

  /** Whether a password can be had where sudo wants one. */
  get mayAsk(): boolean {
    const { attended, value } = this.#sources;
    return attended || value !== undefined;
  }

  /**
   * Runs words that begin with `sudoWords`; where sudo wants a password, it is asked for.
   * @param doing what it is asked for
   * @throws UserError (5) where sudo takes no password, or not this one
   */
  async run(on: On, words: readonly string[], doing: string, options: RunOptions = {}): Promise<RunResult> {
    const done = await on.session.run(words, options);
    if (!this.mayAsk || !wantsPassword(done)) return done;
    const password = await this.#password(on, doing);
    if (!password) return { ...done, stderr: noneGiven };
    return on.session.run(asking(words), { input: '', ...options, prompted: once(password) });
  }

  /**
   * What runs words of an owner's there, and has asked for the password where sudo wants one.
   * @param tried words of an owner's that do nothing
   * @param unasked nobody is to be asked: what was answered before is used
   * @throws UserError (5) where sudo takes no password, or not this one
   */
  async ofOwner(on: On, tried: readonly string[], doing: string, unasked: boolean): Promise<Runner> {
    const { session } = on;
    let found = this.#owners.get(session);
    if (!found) {
      if (unasked || !this.mayAsk) return session;
      found = this.#findOwner(on, tried, doing);
      this.#owners.set(session, found);
      const forget = () => this.#owners.delete(session);
      // Who gave up is asked again another time.
      found.then((runner) => runner ?? forget(), forget);
    }
    return (await found) ?? session;
  }

  /** Nothing where no password was given. */
  async #findOwner(on: On, tried: readonly string[], doing: string): Promise<Runner | undefined> {
    if (!wantsPassword(await on.session.run(tried))) return on.session;
    const password = await this.#password(on, doing);
    return password && withPassword(on.session, password);
  }

  #password(on: On, doing: string): Promise<Secret | undefined> {
    const key = keyOf(on);
    const held = this.#passwords.get(key);
    if (held) return held;
    const asked = this.#sources.inTurn(() => this.#ask(on, doing));
    this.#passwords.set(key, asked);
    const forget = () => this.#passwords.delete(key);
    // Who gave up may think better of it; who mistyped, too.
    asked.then((password) => password ?? forget(), forget);
    return asked;
  }

  /** Has sudo itself say whether it takes what is typed: it asks as often as its host allows, and runs nothing. */
  async #ask(on: On, doing: string): Promise<Secret | undefined> {
    const given = this.#sources.value;
    const ended = new AbortController();
    let [wanted, tried]: [boolean, Secret | undefined] = [false, undefined];
    const answer = async (times: number): Promise<Secret | undefined> => {
      wanted = true;
      tried = given ? (times === 1 ? given : undefined) : await this.#typed(on, doing, times, ended.signal);
      return tried;
    };
    const done = await on.session
      .run(asking([...sudoWords(), '-v']), { prompted: { prompt, answer } })
      .finally(() => ended.abort());
    if (done.code === 0 && tried && !given) this.#last = { host: on.member.name, password: tried };
    if (done.code === 0) return tried;
    // Nobody answered. Where nobody was asked, it is no password that is missing, and sudo says what.
    if (wanted && !tried && !given) return undefined;
    throw refused(on, doing, done.stderr, given !== undefined);
  }

  /** A new answer each time: nothing where somebody gave up. */
  async #typed(on: On, doing: string, times: number, ended: AbortSignal): Promise<Secret | undefined> {
    const from = times === 1 ? this.#last : undefined;
    const reply = await this.#sources.ask(questionOf(on, doing, from, times), ended);
    if (reply.kind !== 'secret') return undefined;
    return reply.value.reveal() === '' ? from?.password : reply.value;
  }
}

function questionOf({ member, target }: On, doing: string, from: Took | undefined, times: number): Question {
  return {
    kind: 'sudo',
    host: member.name,
    address: place(target),
    user: target.user,
    doing,
    ...(from ? { same: from.host } : {}),
    ...(times > 1 ? { note: 'sudo did not take that one.' } : {}),
  };
}

function refused({ member, target }: On, doing: string, stderr: string, given: boolean): UserError {
  const last = plain(lastLine(stderr));
  return new UserError({
    exitCode: exit.remote,
    host: member.name,
    doing,
    why: last === '' ? 'sudo did not take the password' : last,
    hint: `${given ? `see whether what --sudo-password-file or FL_WIZARD_SUDO_PASSWORD gave is ${target.user}’s own password there` : `see whether sudo there takes ${target.user}’s own password`}: fl-wizard ssh ${member.name} --tty -- sudo -v`,
  });
}

function keyOf({ target }: On): string {
  return `${target.user}@${place(target)}`;
}

/** Words that begin with `sudoWords` are started so that sudo reads the password; others as they are. */
function withPassword(session: Session, password: Secret): Runner {
  const bySudo = (words: readonly string[]) => words[0] === 'sudo';
  return {
    run: (words, options) =>
      bySudo(words)
        ? session.run(asking(words), { input: '', ...options, prompted: once(password) })
        : session.run(words, options),
    open: (words) => (bySudo(words) ? session.open(asking(words), once(password)) : session.open(words)),
  };
}

/** A second time the password would be no better. */
function once(password: Secret): Prompted {
  return { prompt, answer: (times) => (times === 1 ? password : undefined) };
}

/** Whether sudo did not run the command, and says so in whatever language: in most cases it wants a password. */
export function wantsPassword({ code, stdout, stderr }: RunResult): boolean {
  return code === 1 && stdout === '' && lastLine(stderr).startsWith('sudo:');
}
