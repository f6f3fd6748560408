/** Which clients are shown, in which order. Pure. */
import type { ClientView, RunView } from '../plan/run-view.ts';
import { shownState } from './client-state.ts';
import { onceForLast } from './once-for.ts';
import type { Sort, TableState } from './table-state.ts';

/** What each client's host is called, by the client's name. */
export type Hosts = Readonly<Record<string, string>>;

export function hostOf({ name, host, address }: ClientView, hosts: Hosts): string {
  return (Object.hasOwn(hosts, name) ? hosts[name] : undefined) ?? host ?? address ?? '';
}

export function inTrouble(client: ClientView): boolean {
  return shownState(client).trouble || client.process?.failure !== undefined;
}

/** What `f` would show of clients and rounds; one that is slow is found by its place and its color. */
export function hasFaults({ clients, finished }: Pick<RunView, 'clients' | 'finished'>): boolean {
  return (
    clients.some((each) => each.failed > 0 || inTrouble(each)) ||
    finished.some(({ fit, evaluate }) => fit.failed + evaluate.failed > 0)
  );
}

type Chosen = Pick<TableState, 'filter' | 'sort' | 'faults'>;

const nobody: ReadonlyMap<string, string> = new Map();

/** Whether there are more than an eye takes in at once. */
export function many(all: readonly ClientView[]): boolean {
  return all.length > 8;
}

/**
 * Of many, those in trouble come first where no order was asked for: not all are seen at once.
 * @param slow who takes far longer than the others, which is trouble too
 */
export function ordered(
  all: readonly ClientView[],
  { filter, sort, faults }: Chosen,
  hosts: Hosts,
  slow = nobody,
): readonly ClientView[] {
  return orderedOnce(all, filter, sort, faults, hosts, slow);
}

/** A frame asks for it several times: for its rows, its cursor and its keys. */
const orderedOnce = onceForLast(inOrder);

function inOrder(
  all: readonly ClientView[],
  filter: string,
  sort: Sort,
  faults: boolean,
  hosts: Hosts,
  slow: ReadonlyMap<string, string>,
): readonly ClientView[] {
  const isBad = (client: ClientView) => inTrouble(client) || slow.has(client.name);
  const wanted = filter.toLowerCase();
  const found =
    wanted === '' && !faults
      ? all
      : all.filter((each) => (!faults || isBad(each) || each.failed > 0) && matches(each, wanted, hosts));
  if (sort === 'given') return many(all) ? foremost(found, isBad) : found;
  const order = orders[sort];
  return found.toSorted((a, b) => order(a, b) || byName(a, b));
}

function foremost(all: readonly ClientView[], isBad: (client: ClientView) => boolean): readonly ClientView[] {
  const bad = new Set(all.filter(isBad));
  return bad.size === 0 ? all : [...bad, ...all.filter((each) => !bad.has(each))];
}

function matches(client: ClientView, wanted: string, hosts: Hosts): boolean {
  if (wanted === '') return true;
  const texts = [client.name, hostOf(client, hosts), shownState(client).word, client.detail ?? ''];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}

/** As people count: client2 before client10. */
const collator = new Intl.Collator('en', { numeric: true });

function byName(a: ClientView, b: ClientView): number {
  return collator.compare(a.name, b.name);
}

/** The most first; who has no such number comes last. */
function most(of: (client: ClientView) => number | undefined) {
  return (a: ClientView, b: ClientView) =>
    (of(b) ?? Number.NEGATIVE_INFINITY) - (of(a) ?? Number.NEGATIVE_INFINITY) || 0;
}

const orders: Readonly<Record<Exclude<Sort, 'given'>, (a: ClientView, b: ClientView) => number>> = {
  name: byName,
  state: (a, b) => Number(inTrouble(b)) - Number(inTrouble(a)) || collator.compare(a.state, b.state),
  // Who was silent longest is looked for.
  seen: (a, b) => (a.seen < b.seen ? -1 : a.seen > b.seen ? 1 : 0),
  samples: most(({ samples }) => samples),
  fit: most(({ fitSeconds }) => fitSeconds),
  loss: most(({ loss }) => loss),
  failures: most(({ failed }) => failed),
  memory: most(({ process }) => process?.memory),
};
