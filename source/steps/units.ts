/** What `down` does after the processes have ended: units of systemd that keep them are removed. */
import { switchedLingering } from '../flower/keeper.ts';
import { bareUnit, type Unit } from '../flower/unit.ts';
import type { Action } from '../plan/action.ts';
import { exit, type Failure, failureOf } from '../plan/failure.ts';
import type { Step } from '../plan/step.ts';
import { lookAtAll } from './placed.ts';
import { chosen, factsOf, failuresOf, withSudo } from './shared.ts';

type Found = { readonly unit: Unit; readonly linger: boolean };
type Facts = { readonly found: Readonly<Record<string, Found>>; readonly failures: readonly Failure[] };

export const unitsStep: Step<Facts> = {
  id: 'units',
  title: 'Units',
  summary: 'removes the units of systemd',
  inputs: [],
  effect: 'changes',
  command: 'down',
  apart: true,
  async observe(answers, world) {
    const looks = await lookAtAll(answers, world);
    const found: Record<string, Found> = {};
    const failures = await Promise.all(
      chosen(answers).map(async (member): Promise<readonly Failure[]> => {
        if (!factsOf(looks, member.name)?.process.unit) return [];
        try {
          const { unit, root } = await world.services(answers.network, member);
          const asks = root === 'asks' ? { asks: true } : {};
          if (unit) found[member.name] = { unit: bareUnit({ ...unit, ...asks }), linger: switchedLingering(unit.text) };
          return [];
        } catch (error) {
          return [failureOf(error, `Looking at ${member.name}`, member.name)];
        }
      }),
    );
    return { found, failures: [...failuresOf(looks), ...failures.flat()] };
  },
  plan(_, { found }) {
    const lanes = Object.fromEntries(
      Object.entries(found).map(([host, { unit, linger }]): [string, readonly Action[]] => {
        const root = unit.kind === 'system' ? ` (${withSudo(unit.asks === true)})` : undefined;
        const whose = root ?? (linger ? ', and lingering with the last of ours' : '');
        return [host, [{ kind: 'remove-unit', host, unit, linger, text: `remove its unit of systemd${whose}` }]];
      }),
    );
    return Object.keys(lanes).length === 0 ? [] : [{ title: 'Units', lanes }];
  },
  async *verify(_, { found }) {
    for (const [host, { unit }] of Object.entries(found))
      yield {
        check: {
          name: 'unit',
          host,
          kind: 'state',
          ok: false,
          exitCode: exit.remote,
          detail: `${unit.path} is still there`,
        },
      };
  },
  failures: ({ failures }) => failures,
};
