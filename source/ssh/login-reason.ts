import type { Progress, Reason } from './progress.ts';
import { plain, seconds } from './said.ts';

const asking = 'password or a code';
const whereAsked = 'run it in a terminal, without --yes and --json: there it is asked';

/** Why a login failed, and what to try. */
export function loginReason(progress: Progress, error: Error | undefined): Reason {
  return talkReason(progress) ?? keyReason(progress, error);
}

/** Where somebody was asked, that is what it failed by. */
function talkReason({ target, login, conversation, waited, passwordExpired }: Progress): Reason | undefined {
  const { talk, subject } = conversation;
  // Whoever has no password wants to know what became of the key.
  const keys =
    login.keyTaken || login.tried.length === 0 ? '' : `; before that it took none of ${login.tried.join(', ')}`;
  const failed = `login as ${target.user} failed`;
  const once = 'in one run nobody is asked twice, since hosts lock accounts after wrong answers';
  if (passwordExpired) {
    return { why: `${failed}: the password has expired`, hint: 'log in once with ssh, which lets you set a new one' };
  }
  if (talk === 'open' || talk === 'queued') {
    const wait = talk === 'open' ? ` after ${seconds(conversation.openFor)}` : '';
    return {
      why: `${failed}: it ended the connection${wait} while its question (${subject}) was still open`,
      hint: 'run it again and answer sooner; how long it waits is LoginGraceTime in its sshd_config',
    };
  }
  if (talk === 'unanswered') {
    return {
      why: `${failed}: it asks for ${subject}, and no answer was given${keys}`,
      hint: `run it again, or name the right key by ssh.identityFile; ${once}`,
    };
  }
  if (talk === 'endless') {
    return { why: `${failed}: it asks one thing after another, and never ends`, hint: 'try it with ssh -v' };
  }
  if (talk !== 'answered' && talk !== 'again') return undefined;
  if (waited !== undefined) {
    return { why: `${failed}: after the answer it said nothing for ${seconds(waited)}`, hint: 'run it again' };
  }
  const answer = /passw/i.test(subject) ? 'password' : 'code';
  return {
    why: `${failed}: the answer was not taken (it asked for ${subject})${keys}`,
    hint: `run it again with the right ${answer}; ${once}`,
  };
}

function keyReason({ target, login, waited }: Progress, error: Error | undefined): Reason {
  const { tried, methods = [] } = login;
  const keys = tried.length === 0 ? 'there was no key to try' : `tried ${tried.join(', ')}`;
  const asks = methods.some((method) => method === 'password' || method === 'keyboard-interactive');
  if (waited !== undefined && login.signing)
    return {
      why: `login as ${target.user} did not end: the ssh-agent did not sign within ${seconds(waited)}`,
      hint: 'does it wait for a confirmation or a touch? ssh-add -l shows whether it answers',
    };
  if (waited !== undefined)
    return {
      why: `login as ${target.user} did not end within ${seconds(waited)}; ${keys}`,
      hint: 'is the host overloaded? try again',
    };
  if (methods.length > 0 && !methods.includes('publickey')) return noKeyReason(target.user, login, asks);
  if (error && /too many authentication/i.test(error.message))
    return {
      why: `login as ${target.user} failed (too many keys were offered); ${keys}`,
      hint: 'name the right key by ssh.identityFile, or set IdentitiesOnly yes in ~/.ssh/config',
    };
  return {
    why: `login as ${target.user} failed; ${keys}`,
    hint: `check ssh.user and ssh.identityFile, and that the public key is in ~${target.user}/.ssh/authorized_keys there${asks ? `; a ${asking}, which it takes too, is asked in a terminal` : ''}`,
  };
}

/** What is left is nothing for a key. */
function noKeyReason(user: string, { methods = [], keyTaken }: Progress['login'], asks: boolean): Reason {
  const left = plain(methods.join(', '));
  if (!asks)
    return {
      why: `login as ${user} failed: it takes ${keyTaken ? 'the key, and then wants' : 'no keys, only'} ${left}`,
      hint: 'allow PubkeyAuthentication in its sshd_config',
    };
  return {
    why: `login as ${user} failed: ${keyTaken ? 'it takes the key, and then' : 'it takes no keys, and'} wants a ${asking} (${left}), and nobody could be asked`,
    hint: whereAsked,
  };
}
