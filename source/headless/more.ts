/** What is told only when it is asked for by its word: whole checks, how files change, commands, what was printed. */
import type { Check } from '../plan/event.ts';
import { plural } from '../ui/format.ts';
import { checkTexts } from './heard-texts.ts';

/** What a plan leaves out where it is told. */
export type PlanMore = {
  /** The plan itself, for who has not heard it whole. */
  readonly plan: readonly string[];
  /** How files change, line by line. */
  readonly diff: readonly string[];
  /** The lines for a shell that do the same. */
  commands(): Promise<readonly string[]>;
};

const noPlan: PlanMore = { plan: [], diff: [], commands: async () => [] };

/** `+` and `-` before a line are not heard by everybody; a file's name and what stays have neither. */
function heardDiff(line: string): string {
  if (line.startsWith('+')) return `New: ${line.slice(1).trim()}`;
  if (line.startsWith('-')) return `Gone: ${line.slice(1).trim()}`;
  return line.trim();
}

/** So many of the last lines of what was printed can be heard again. */
const mostPrinted = 200;

export class More {
  /** Since something was done the last time, with the step that they are of. */
  #checks: { readonly title: string; readonly checks: Check[] }[] = [];
  #plan = noPlan;
  #printed: string[] = [];

  /** A step begins: the plan of the one before is no longer what is asked about. */
  begin(title: string): void {
    this.#plan = noPlan;
    this.#checks.push({ title, checks: [] });
  }

  check(check: Check): void {
    this.#checks.at(-1)?.checks.push(check);
  }

  /** What an action prints as it is done. */
  output(line: string): void {
    this.#printed.push(line);
    if (this.#printed.length > mostPrinted) this.#printed.shift();
  }

  planned(plan: Partial<PlanMore>): void {
    this.#plan = { ...this.#plan, ...plan };
  }

  /** What was found before is not what is there now. */
  done(): void {
    this.#printed = [];
    const last = this.#checks.at(-1);
    this.#checks = last ? [{ title: last.title, checks: [] }] : [];
  }

  /** The words that tell something now, each with what it tells. */
  words(): readonly string[] {
    const { plan, diff } = this.#plan;
    const checks = this.#checks.flatMap((step) => step.checks).length;
    return [
      ...(plan.length > 0 ? ['plan tells the plan again.'] : []),
      ...(diff.length > 0 ? [`diff tells how files change, ${plural(diff.length, 'line')}.`] : []),
      ...(plan.length > 0 ? ['commands tells the lines for a shell that do the same.'] : []),
      ...(checks > 0 ? [`checks tells what was checked before, ${plural(checks, 'check')}.`] : []),
      ...(this.#printed.length > 0 ? [`output tells what was printed, ${plural(this.#printed.length, 'line')}.`] : []),
    ];
  }

  /** @returns nothing where the word is none of ours, or tells nothing now */
  async told(word: string): Promise<readonly string[] | undefined> {
    const lines = await this.#lines(word);
    return lines.length > 0 ? lines : undefined;
  }

  async #lines(word: string): Promise<readonly string[]> {
    const { plan, diff, commands } = this.#plan;
    switch (word) {
      case 'plan':
        return plan;
      case 'diff':
        return diff.map(heardDiff);
      case 'commands': {
        const lines = plan.length > 0 ? await commands() : [];
        return plan.length > 0 && lines.length === 0 ? ['No line for a shell does the same.'] : lines;
      }
      case 'checks':
        return this.#checks.flatMap(({ title, checks }) =>
          checks.length > 0 ? [`${title}:`, ...checkTexts(checks)] : [],
        );
      case 'output':
        return this.#printed;
      default:
        return [];
    }
  }
}
