/** Places in a YAML text, for who changes some of its bytes and leaves all others. Pure. */
import { isScalar, type Node, type Pair, type YAMLMap } from 'yaml';

export function rangeOf(node: unknown): Node['range'] {
  return (node as Node | null | undefined)?.range;
}

export function pairOf(map: YAMLMap, name: string): Pair | undefined {
  return map.items.find(({ key }) => isScalar(key) && key.value === name);
}

export function inserted(text: string, at: number, words: string): string {
  return text.slice(0, at) + words + text.slice(at);
}

/** What stands before a place in its line: the indentation, and the dash of an item. */
export function lineTo(text: string, at: number): string {
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, at);
}
