/** Ends what runs: a step like any other, looked at, planned, approved, done, and looked at again. */
import { lives } from '../flower/decide.ts';
import type { Stage } from '../plan/action.ts';
import { exit } from '../plan/failure.ts';
import type { Looks } from '../plan/host-facts.ts';
import type { Step } from '../plan/step.ts';
import { stopAction } from './launch-actions.ts';
import { lookAtAll } from './placed.ts';
import { chosen, factsOf, failuresOf } from './shared.ts';

type StopFacts = { readonly looks: Looks };

export const stopStep: Step<StopFacts> = {
  id: 'stop',
  title: 'Stop',
  summary: 'ends the processes',
  inputs: [],
  effect: 'changes',
  apart: true,
  async observe(answers, world) {
    return { looks: await lookAtAll(answers, world) };
  },
  plan(answers, { looks }): readonly Stage[] {
    const lanes = Object.fromEntries(
      chosen(answers).flatMap((member) => {
        const facts = factsOf(looks, member.name);
        if (!facts || !lives(facts)) return [];
        return [[member.name, [stopAction(member, facts, `stop the Flower ${member.role}`)]]];
      }),
    );
    return Object.keys(lanes).length === 0 ? [] : [{ title: 'Processes', lanes }];
  },
  async *verify(answers, { looks }) {
    for (const member of chosen(answers)) {
      const facts = factsOf(looks, member.name);
      if (!facts) continue;
      const ok = !lives(facts);
      yield {
        check: {
          name: member.role,
          host: member.name,
          kind: 'state',
          ok,
          exitCode: exit.remote,
          detail: facts.process.state,
        },
      };
    }
  },
  failures: ({ looks }) => failuresOf(looks),
};
