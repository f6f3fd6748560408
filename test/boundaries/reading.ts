import { parseSync } from 'vite';

/** `type`: gone when the program runs. `static`: loaded with its importer. `dynamic`: loaded when it is reached. */
export type Import = {
  readonly specifier: string;
  readonly line: number;
  readonly kind: 'static' | 'dynamic' | 'type';
};

export type Node = { readonly type: string; readonly start: number; readonly [member: string]: unknown };

export type Reading = {
  readonly path: string;
  readonly imports: readonly Import[];
  readonly nodes: readonly Node[];
  lineOf(node: Node): number;
};

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

/** A node and all that is in it, from the outside inwards. */
export function within(node: Node): Node[] {
  const children = Object.values(node).flat().filter(isNode);
  return [node, ...children.flatMap(within)];
}

/** The text between quotes, where a node is such a text. */
function literal(node: unknown): string | undefined {
  return isNode(node) && node.type === 'Literal' && typeof node.value === 'string' ? node.value : undefined;
}

const named = (node: unknown, name: string) => isNode(node) && node.type === 'Identifier' && node.name === name;

/** What a node imports, if it does. `import { type A }` counts as static: verbatimModuleSyntax keeps the import. */
function importOf(node: Node): Omit<Import, 'line'> | undefined {
  const of = (source: unknown, kind: Import['kind']) => {
    const specifier = literal(source);
    return specifier === undefined ? undefined : { specifier, kind };
  };
  switch (node.type) {
    case 'ImportDeclaration':
      return of(node.source, node.importKind === 'type' ? 'type' : 'static');
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return of(node.source, node.exportKind === 'type' ? 'type' : 'static');
    case 'ImportExpression':
      return of(node.source, 'dynamic');
    case 'TSImportType':
      return of(node.source, 'type');
    case 'CallExpression':
      return named(node.callee, 'require') ? of([node.arguments].flat()[0], 'static') : undefined;
    default:
      return undefined;
  }
}

/** Reads a file as the compiler does, so that comments, texts and templates can't be taken for code. */
export function read(path: string, text: string): Reading {
  const { program, errors } = parseSync(path, text);
  if (errors[0] !== undefined) throw new Error(`${path}: ${errors[0].message}`);
  const nodes = isNode(program) ? within(program) : [];
  const lineOf = (node: Node) => text.slice(0, node.start).split('\n').length;
  const imports = nodes.flatMap((node) => {
    const found = importOf(node);
    return found === undefined ? [] : [{ ...found, line: lineOf(node) }];
  });
  return { path, imports, nodes, lineOf };
}
