/** What the keys of the page of the steps do, and what its signs mean. Pure. */
import { foundSigns } from './found.ts';
import { helpEntry } from './help-entry.ts';
import { blank, type Line, textLine } from './line.ts';
import { scrolled } from './scrolled.ts';
import { stepSigns } from './theme.ts';

const keys = [
  ['↑ ↓  1-8', 'choose a step'],
  ['enter', 'do that step: its plan is shown first, and nothing is done without a yes'],
  ['g', 'go on: all steps in their order, each plan asked about'],
  ['n', 'begin another run: all steps, and a new run at their end'],
  ['e', 'other answers; what they make out of date is shown before they are saved'],
  ['f', 'fl-network.yaml in your editor, and the same before it is saved'],
  ['r', 'look at all steps again'],
  ['b, esc', 'back to the first screen'],
  ['q', 'leave'],
] as const;

const commands = [
  ['stop', 'fl-wizard stop ends what runs on the hosts'],
  ['down', 'fl-wizard down removes its units as well; with --purge all that was placed there'],
] as const;

const signs = [
  [foundSigns.done.text, 'done, as it is wanted now'],
  [foundSigns.before.text, 'done with what was before: something that it builds on has to be done first'],
  [foundSigns.outdated.text, 'out of date: some of it is there, and not as it is wanted now'],
  [foundSigns.missing.text, 'not done yet'],
  [foundSigns.failed.text, 'in trouble, or it could not be looked at'],
  [foundSigns.unseen.text, 'not looked at, or not yet'],
  [stepSigns.planned.text, 'asked about, in a plan'],
  [stepSigns.declined.text, 'declined: left as it was'],
] as const;

export function stepsHelp(columns: number, rows: number, offset: number): readonly Line[] {
  const lines = [
    textLine(' Keys', 'strong'),
    ...keys.flatMap((each) => helpEntry(each, columns)),
    blank,
    textLine(' To end it', 'strong'),
    ...commands.flatMap((each) => helpEntry(each, columns)),
    blank,
    textLine(' Signs, here and in the line above a step', 'strong'),
    ...signs.flatMap((each) => helpEntry(each, columns)),
  ];
  return scrolled(lines, rows, offset);
}
