/** What holds for the whole of a run: the server's process, the engine, and the first certificate that ends. Pure. */
import type { ProcessView, RunView } from '../plan/run-view.ts';
import { soonDays } from '../plan/span.ts';
import { bytes, cores, duration, left, secondsBetween } from './format.ts';
import { type Line, lineWidth, span } from './line.ts';
import type { CertificateFacts } from './session-state.ts';
import type { Tone } from './theme.ts';

type Facts = {
  readonly run: RunView;
  readonly certificates: Readonly<Record<string, CertificateFacts>>;
  readonly columns: number;
  readonly now: Date;
};

/** One line, in which the less important goes where not all fits; nothing where nothing is known. */
export function serverLine({ run, certificates, columns, now }: Facts): Line {
  const { process } = run.server;
  const parts = [
    serverPart(run, now),
    expiryPart(certificates, now),
    span([run.flower ? `flwr ${run.flower}` : '', run.strategy ?? ''].filter(Boolean).join(' ')),
    span(loadOf(process)),
  ].filter(({ text }) => text !== '');
  // The order in which they stand is not the order in which they matter.
  while (parts.length > 1 && widthOfAll(parts) > columns) parts.pop();
  return parts.length === 0
    ? []
    : [span(' '), ...parts.flatMap((part, at) => (at === 0 ? [part] : [span(' · ', 'dim'), part]))];
}

function widthOfAll(parts: Line): number {
  return 1 + lineWidth(parts) + 3 * (parts.length - 1);
}

/** How often it was started again is told by the head, which is there in any terminal. */
function serverPart({ server, end }: RunView, now: Date) {
  const { process, since } = server;
  if (process?.failure) return span(`server's host: ${process.failure}`, 'bad');
  const began = process?.state === 'running' ? (process.since ?? since) : since;
  const state = process?.state && process.state !== 'running' ? process.state : undefined;
  if (state)
    return span(`server ${state}${process?.detail ? `: ${process.detail}` : ''}`, end ? 'plain' : toneOf(state));
  const up = began === undefined ? undefined : secondsBetween(began, now);
  return span(up === undefined || end ? '' : `server up ${duration(Math.round(up))}`);
}

function toneOf(state: NonNullable<ProcessView['state']>): Tone {
  return state === 'failed' || state === 'refused' ? 'bad' : 'warn';
}

function expiryPart(certificates: Facts['certificates'], now: Date) {
  const [first] = Object.entries(certificates)
    .map(([name, { expires }]) => ({ name, ...left(expires, now) }))
    .sort((a, b) => a.days - b.days);
  if (!first) return span('');
  if (first.days <= 0) return span(`certificate of ${first.name} has expired`, 'bad');
  if (first.days < soonDays) return span(`certificate of ${first.name} ends in ${first.text}`, 'bad');
  return span(`certificates for ${first.text} or more`);
}

function loadOf(process: ProcessView | undefined): string {
  const { cpu, memory } = process ?? {};
  return [cpu === undefined ? '' : `CPU ${cores(cpu)}`, memory === undefined ? '' : bytes(memory)]
    .filter(Boolean)
    .join(' ');
}
