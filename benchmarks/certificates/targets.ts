/** What we set ourselves, against what was measured: a target missed is told as missed. */
import { median } from '../measure.ts';
import type { Node } from './installed.ts';
import { keysAlone, opensslLoop, opensslOnAllCores, ours, type Result, type Work } from './ways.ts';

export type Outcome = { readonly work: Work; readonly results: ReadonlyMap<string, readonly Result[]> };

type Pick = (result: Result) => number | undefined;
const seconds: Pick = (result) => result.seconds;

export function targets(nodes: readonly Node[], outcomes: readonly Outcome[]): readonly string[] {
  const lines: string[] = [];
  const results = (work: string, name: string) =>
    [...(outcomes.find((each) => textOf(each.work) === work)?.results ?? [])]
      .filter(([way]) => way.startsWith(name))
      .flatMap(([, each]) => each);
  /** Undefined where it was not measured in this run: then nothing is said of it. */
  const value = (work: string, name: string, pick: Pick = seconds, of = median) => {
    const values = results(work, name).flatMap((result) => pick(result) ?? []);
    return values.length > 0 ? of(values) : undefined;
  };
  const say = (text: string, found: number | undefined, most: number, unit = '') => {
    if (found !== undefined)
      lines.push(`${found <= most ? 'met   ' : 'missed'} ${text}: ${found.toFixed(2)}${unit}, at most ${most}${unit}`);
  };
  for (const node of nodes) {
    const [script, terminal] = [ours(node, 'script').name, ours(node, 'terminal').name];
    const ratio = (text: string, work: string, base: string, most: number) => {
      const [own, other] = [value(work, script), value(work, base)];
      say(`${work}, Node ${node.version}, of ${text}`, own && other && own / other, most);
    };
    for (const work of ['RSA 100', 'RSA 1000']) ratio('the keys alone', work, keysAlone(node).name, 1.12);
    ratio('the openssl loop', 'RSA 100', opensslLoop.name, node.major < 22 ? 0.42 : 0.15);
    if (node.major >= 22) ratio('NVFlare', 'RSA 100', 'NVFlare', 0.5);
    ratio('openssl on all cores', 'EC 100', opensslOnAllCores.name, 0.4);
    say(`EC 1000, Node ${node.version}`, value('EC 1000', script), 4.1, ' s');
    for (const work of ['RSA 1000', 'EC 1000'])
      say(
        `${work}, Node ${node.version}, memory`,
        value(work, terminal, ({ peak }) => peak),
        130,
        ' MB',
      );
    for (const work of ['RSA 100', 'RSA 1000', 'EC 100', 'EC 1000']) {
      const longest = value(
        work,
        terminal,
        ({ blocked }) => blocked,
        (each) => Math.max(...each),
      );
      say(`${work}, Node ${node.version}, the screen is blocked`, longest, 16, ' ms');
    }
  }
  return lines;
}

const textOf = ({ algorithm, clients }: Work) => `${algorithm.toUpperCase()} ${clients}`;
