/** What a report tells of each client of a run: sums and last words. Pure. */
import type { ClientChanged, ConnectionAccepted, Event } from '../plan/event.ts';
import { present } from '../plan/words.ts';
import { Course, type Point } from './bounded.ts';
import type { RoundResult } from './run-reader.ts';

export type ClientTotal = {
  readonly client: string;
  readonly state?: string;
  readonly since?: string;
  readonly detail?: string;
  readonly address?: string;
  /** SHA-256 of the certificate that it showed when it was last let in. */
  readonly fingerprint?: string;
  /** Rounds in which it trained, was evaluated, and failed. */
  readonly fits: number;
  readonly evaluations: number;
  readonly failed: number;
  /** Of all its training together, and of the last one. */
  readonly fitSeconds: number;
  readonly samples?: number;
  readonly loss?: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly bytesUp: number;
  readonly bytesDown: number;
};

type Mutable = { -readonly [Name in keyof ClientTotal]: ClientTotal[Name] } & { readonly course: Course };

/** A network has up to a thousand; a journal that names more is somebody's joke. */
const clientsKept = 2000;
/** More lines in one chart are not told apart. */
export const clientsDrawn = 8;
/** What a table has columns for, and more: the rest is in clients.csv. */
const metricsKept = 16;

export class ClientTotals {
  readonly #clients = new Map<string, Mutable>();
  #beyond = new Set<string>();

  expect(names: readonly string[]): void {
    for (const name of names) this.#of(name);
  }

  changed({ client, state, detail, address, time }: ClientChanged & Event): void {
    const total = this.#of(client);
    if (!total) return;
    if (total.state !== state) total.since = time;
    Object.assign(total, { state, detail, ...present({ address }) });
  }

  accepted({ client, fingerprint, address }: ConnectionAccepted): void {
    const total = this.#of(client);
    if (total) Object.assign(total, { fingerprint, address });
  }

  round({ round, clients }: RoundResult): void {
    for (const each of clients) {
      const total = this.#of(each.client);
      if (!total) continue;
      if (each.failure !== undefined) {
        total.failed++;
        continue;
      }
      const { samples, seconds = 0, loss, metrics = {}, bytesUp = 0, bytesDown = 0 } = each;
      if (each.phase === 'evaluate') {
        total.evaluations++;
        if (loss !== undefined) total.course.add(round, loss);
      } else {
        total.fits++;
        total.fitSeconds += seconds;
        // How many it learned from is what people ask for; it is evaluated on others.
        Object.assign(total, present({ samples }));
      }
      total.bytesUp += bytesUp;
      total.bytesDown += bytesDown;
      Object.assign(total, present({ loss }));
      total.metrics = Object.fromEntries(Object.entries({ ...total.metrics, ...metrics }).slice(0, metricsKept));
    }
  }

  #of(client: string): Mutable | undefined {
    const found = this.#clients.get(client);
    if (found) return found;
    if (this.#clients.size >= clientsKept) {
      if (this.#beyond.size < clientsKept) this.#beyond.add(client);
      return undefined;
    }
    const none = { fits: 0, evaluations: 0, failed: 0, fitSeconds: 0, bytesUp: 0, bytesDown: 0 };
    const made = { client, ...none, metrics: {}, course: new Course() };
    this.#clients.set(client, made);
    return made;
  }

  all(): { readonly clients: readonly ClientTotal[]; readonly beyond: number } {
    const clients = [...this.#clients.values()].map(({ course: _, ...total }) => total);
    return { clients, beyond: this.#beyond.size };
  }

  /** The losses of each, where they are few enough to be told apart. */
  courses(): readonly { readonly name: string; readonly points: readonly Point[] }[] {
    if (this.#clients.size > clientsDrawn) return [];
    const drawn = [...this.#clients.values()].map(({ client, course }) => ({ name: client, points: course.points() }));
    return drawn.filter(({ points }) => points.length > 0);
  }
}
