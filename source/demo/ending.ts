/** What the demo leaves behind, and what to type next. Pure; the README's picture shows the same. */
import type { Check, Event } from '../plan/event.ts';
import type { View } from '../plan/reduce.ts';
import type { DemoFacts } from '../ui/demo-facts.ts';

/** Name of the demo's network. */
export const networkName = 'demo';

/** Where all of its hosts listen. */
export const hostAddress = '127.0.0.1';

/** Held in the project's own folder while its hosts live. */
export const lockName = 'demo.lock';

/** The homes of the pretend hosts, below the project folder. */
export const hostsFolder = '.fl-wizard/hosts';
/** The pretend server's folder of the network, below the project folder. */
export const serverHome = `${hostsFolder}/server/home/fl-wizard/${networkName}`;

/** Where the weights of a demo's run lie, below the project folder. */
export function weightsFolder(run: string): string {
  return `${serverHome}/runs/${run}/`;
}

/**
 * What is said below the screen of a demo that was left before the end of its run, once its hosts are gone.
 * @param directory of the project, where it stays
 */
export function cutShort({ run }: View, wasInterrupted: boolean, directory?: string): readonly string[] {
  if (run.end !== undefined || (run.id === undefined && !wasInterrupted)) return [];
  const stopped = `${wasInterrupted ? 'Interrupted: all' : 'All'} that the demo started was stopped.`;
  const rounds = run.finished.length;
  if (directory === undefined || run.id === undefined) return [stopped];
  const weights = `The weights of ${rounds} round${rounds === 1 ? '' : 's'} lie in ${directory}/${weightsFolder(run.id)}`;
  return [stopped, ...(rounds > 0 ? [weights] : []), `fl-wizard report -C ${directory} tells of the run.`];
}

type Told = { readonly hint?: string; readonly byHand?: string };

/**
 * What is told of trouble, without commands for hosts that are gone with the demo.
 * @param again what to do in their place
 */
export function afterwards(event: Event, again: string): Event {
  const mended = <Trouble extends Told>({ byHand: _, ...trouble }: Trouble) =>
    trouble.hint === undefined || !/\bfl-wizard [a-z]/.test(trouble.hint) ? trouble : { ...trouble, hint: again };
  switch (event.type) {
    case 'host-failed':
      return { ...event, failure: mended(event.failure) };
    case 'step-finished':
      return event.failures ? { ...event, failures: event.failures.map(mended) } : event;
    case 'check-finished':
      return { ...event, check: mended(event.check.name === 'ca.crt' ? ofThrowaway(event.check) : event.check) };
    default:
      return event;
  }
}

/** A demo's CA is nobody's: that its key lies open is no warning. */
function ofThrowaway({ hint, ...check }: Check): Check {
  return check.ok || hint === undefined ? check : { ...check, hint };
}

/** @param kept whether the folder stays, and with it the page of the run */
export function leftBehind(view: View, clients: number, kept: boolean): Pick<DemoFacts, 'have' | 'next'> {
  return {
    have: [
      { path: 'fl_network/', what: `CA, server, ${clients} clients` },
      { path: 'fl-network.yaml', what: 'copy it, change the hosts: the same commands do the rest' },
      ...(kept ? [{ path: `runs/${view.run.id ?? '1'}/report.html`, what: 'the run as one page' }] : []),
      { path: 'weights', what: weightsFolder(view.run.id ?? '1') },
    ],
    next: [
      { command: 'fl-wizard demo --app ./my-app', what: 'your own code, still on this machine' },
      { command: 'fl-wizard', what: 'your own hosts' },
    ],
  };
}
