/** What a server tells, as lines for people. Pure. */
import type { Event, RoundFinished } from '../plan/event.ts';
import type { ProofCount } from '../plan/proof-count.ts';
import { clock, samples } from '../ui/format.ts';

/** Four digits, and none that says nothing. */
function number(value: number): string {
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(4)));
}

/** To the millisecond; from ten seconds on to the tenth. */
function secondsText(seconds: number): string {
  return `${Number(seconds.toFixed(seconds < 10 ? 3 : 1))} s`;
}

function roundLine(event: RoundFinished): string {
  // A strategy names them in the order in which clients answered; here each has its place.
  const metrics = [
    ...Object.entries(event.metrics).map(([name, value]) => [name, number(value)] as const),
    ...(event.notFinite ?? []).map((name) => [name, 'not finite'] as const),
  ].sort(([a], [b]) => Number(b === 'loss') - Number(a === 'loss') || (a < b ? -1 : 1));
  const tally = ({ ok, failed }: { ok: number; failed: number }) =>
    failed > 0 ? `${ok} ok, ${failed} failed` : `${ok} ok`;
  return [
    `  round ${event.round} of ${event.rounds}`,
    `fit ${tally(event.fit)}`,
    `evaluate ${tally(event.evaluate)}`,
    ...(event.loss === undefined ? [] : [`loss ${number(event.loss)}`]),
    ...metrics.map((words) => words.join(' ')),
    secondsText(event.seconds),
  ].join('  ');
}

export function serverLines(event: Event): readonly string[] {
  switch (event.type) {
    case 'run-started':
      return [
        `  run ${'run' in event ? event.run : ''}: ${event.rounds} rounds${event.flower ? `, flwr ${event.flower}` : ''}`,
      ];
    case 'round-finished':
      return [
        roundLine(event),
        ...(event.failures ?? []).map((f) => `    ${f.client} failed in ${f.phase}: ${f.reason}`),
      ];
    case 'client-changed':
      if (event.state === 'training' || event.state === 'evaluating' || event.state === 'idle') return [];
      return [`  ${event.client} ${event.state}${event.detail ? `: ${event.detail}` : ''}`];
    case 'connection-refused':
      // What a proof has asked for is told by the proof.
      return event.probe ? [] : [`  refused ${event.name ?? event.address}: ${event.reason}`];
    case 'notice':
      return [`  ${event.text}`];
    case 'link-changed':
      return [
        event.state === 'lost'
          ? `  nothing is heard of the server: ${event.why ?? 'the connection is lost'}${event.forGood ? '' : '; trying again, training needs no monitor'}`
          : '  connected again',
      ];
    case 'proof-known':
      return [proofLine(event.proof)];
    case 'past-known':
      return [`  reading what happened so far: ${samples(event.last)} events`];
    case 'run-finished':
      return [
        event.outcome === 'failed'
          ? `  the run failed: ${event.detail ?? 'no reason given'}`
          : `  the run is finished${event.detail ? `: ${event.detail}` : ''}`,
      ];
    default:
      return [];
  }
}

export function phaseLines({
  phase,
  waiting,
  until,
  detail,
}: Extract<Event, { type: 'phase-changed' }>): readonly string[] {
  if (phase === 'halted') return [`  nobody trains: ${detail ?? 'the server does not run'}`];
  if (phase !== 'waiting' || !waiting) return [];
  const { have, need, missing } = waiting;
  // There may be more clients than a round needs: then not all who are not there are missed.
  const word = have + missing.length > need ? 'not there yet:' : 'missing';
  const whom = missing.length > 0 ? `, ${word} ${missing.join(', ')}` : '';
  const begins =
    missing.length > 0 && until ? `; begins without ${missing.length === 1 ? 'it' : 'them'} at ${clock(until)}` : '';
  return [`  waiting for clients: ${have} of ${need}${whom}${begins}`];
}

function proofLine({ refused, wrong, at }: ProofCount): string {
  const when = clock(at);
  if (wrong > 0) return `  mutual TLS was not proved at ${when}: ${wrong} wrong (fl-wizard verify)`;
  return `  mutual TLS was proved at ${when}: ${refused} refused`;
}
