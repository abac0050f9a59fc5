import { isBuiltin } from 'node:module';

import { parseAst } from 'rolldown/parseAst';
import { RolldownMagicString } from 'rolldown';

/** What the walk needs of a node of the ESTree. */
interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** A name that holds what a `require` gave. */
interface Binding {
  readonly declaration: Node;
  readonly value: Node;
  /** `name = __toESM(name)`, which the bundler writes after a module of Node that has a default import. */
  conversion: Node | undefined;
  readonly references: Reference[];
}

/** A place where a binding is read. */
interface Reference {
  readonly node: Node;
  readonly parents: readonly Node[];
}

const INTEROP = /^__(?:toESM|importDefault|importStar)(?:\$\d+)?$/u;

/**
 * Makes every `require` at the top of a CommonJS file happen when its value is first used. A command
 * then loads what it runs and nothing else, whatever its modules import. Works on what the bundler
 * and TypeScript write; what looks different stays as it is. Names that are declared a second time
 * in the file are left alone, so that no scope has to be known.
 *
 * @returns undefined when there is nothing to change
 */
export function lazyRequires(code: string): RolldownMagicString | undefined {
  const program = parseAst(code, { lang: 'js', sourceType: 'commonjs' }) as unknown as Node;
  const bindings = findBindings(program);
  collectReferences(program, bindings);
  const output = new RolldownMagicString(code);
  for (const [name, binding] of bindings) rewrite(output, name, binding);
  for (const statement of bodyOf(program)) deferExport(output, statement);
  if (!output.hasChanged()) return undefined;
  const first = bodyOf(program).find(({ directive }) => typeof directive !== 'string');
  output.appendLeft(
    first?.start ?? 0,
    'const $lazily = (load) => { let value; return () => (value ??= load()); };',
  );
  return output;
}

/** Replaces the declaration by one that loads when asked, and every reading by the asking. */
function rewrite(output: RolldownMagicString, name: string, binding: Binding): void {
  const { conversion, declaration, references, value } = binding;
  output.overwrite(declaration.start, value.start, `const ${name} = $lazily(() => `);
  output.overwrite(value.end, declaration.end, ');');
  if (conversion !== undefined) output.remove(conversion.start, conversion.end);
  for (const { node, parents } of references) {
    // The conversion would have made the module itself the `default` of the module.
    const [parent = node] = parents;
    const isDefault = conversion !== undefined && isMember(parent, node, 'default');
    const reading = isDefault ? parent : node;
    const asked = isConstructed(reading, parents) ? `(${name}())` : `${name}()`;
    output.overwrite(reading.start, reading.end, asked);
  }
}

/** `exports.X = require(…)` becomes a property that loads when it is read. */
function deferExport(output: RolldownMagicString, statement: Node): void {
  const { left, right, type } = (statement['expression'] ?? {}) as Partial<Node> & {
    left?: Node;
    right?: Node;
  };
  if (type !== 'AssignmentExpression' || left === undefined || right === undefined) return;
  if (left.type !== 'MemberExpression' || !isNamed(left['object'], 'exports')) return;
  if (!isRequire(right)) return;
  const { name } = left['property'] as { name: string };
  output.overwrite(
    statement.start,
    right.start,
    `Object.defineProperty(exports, "${name}", { enumerable: true, get: $lazily(() => `,
  );
  output.overwrite(right.end, statement.end, ') });');
}

function findBindings(program: Node): Map<string, Binding> {
  const bindings = new Map<string, Binding>();
  for (const statement of bodyOf(program)) {
    const [declarator, ...others] = (statement['declarations'] ?? []) as Node[];
    const value = declarator?.['init'] as Node | null | undefined;
    const name = (declarator?.['id'] as { name?: string } | undefined)?.name;
    if (name !== undefined && others.length === 0 && value && isRequire(value)) {
      bindings.set(name, {
        declaration: statement,
        value,
        conversion: undefined,
        references: [],
      });
      continue;
    }
    const converted = bindings.get(convertedName(statement) ?? '');
    if (converted !== undefined && isBuiltinModule(converted.value)) {
      converted.conversion = statement;
    }
  }
  return bindings;
}

/** `require("node:x")`. */
function isBuiltinModule(value: Node): boolean {
  const [argument] = value['arguments'] as { value?: unknown }[];
  return typeof argument?.value === 'string' && isBuiltin(argument.value);
}

/** The name in `name = __toESM(name)`. */
function convertedName(statement: Node): string | undefined {
  const { left, right, type } = (statement['expression'] ?? {}) as {
    type?: string;
    left?: { name?: string };
    right?: Node;
  };
  if (type !== 'AssignmentExpression' || right?.type !== 'CallExpression') return undefined;
  const [argument] = right['arguments'] as { name?: string }[];
  const isConversion = INTEROP.test(calledName(right) ?? '');
  return isConversion && argument?.name === left?.name ? left?.name : undefined;
}

/** `require("x")`, a wrapped module of the bundler (`require_x()`), or either in an interop call. */
function isRequire(node: Node): boolean {
  if (node.type !== 'CallExpression') return false;
  const [argument] = node['arguments'] as Node[];
  const called = calledName(node) ?? '';
  if (INTEROP.test(called)) return argument !== undefined && isRequire(argument);
  if (called === 'require') return argument?.type === 'Literal';
  return called.startsWith('require_') && argument === undefined;
}

/** The name of the function that is called: `f(…)`, `module.f(…)`. */
function calledName(call: Node): string | undefined {
  const callee = call['callee'] as { name?: string; property?: { name?: string } };
  return callee.name ?? callee.property?.name;
}

/** Finds the readings of all bindings; drops those that something else in the file declares. */
function collectReferences(program: Node, bindings: Map<string, Binding>): void {
  const skipped = new Set<unknown>();
  for (const { conversion, declaration } of bindings.values()) {
    skipped.add((declaration['declarations'] as Node[])[0]?.['id']);
    skipped.add(conversion);
  }
  walk(program, [], (node, parents) => {
    if (skipped.has(node)) return false;
    const name = node.type === 'Identifier' ? (node['name'] as string) : '';
    const binding = bindings.get(name);
    if (binding === undefined || isKey(node, parents[0])) return true;
    if (isDeclared(node, parents)) bindings.delete(name);
    else binding.references.push({ node, parents });
    return true;
  });
}

/** Whether an identifier is the name of a property and no variable. */
function isKey(node: Node, parent: Node | undefined): boolean {
  if (parent === undefined || parent['computed'] === true) return false;
  if (parent.type === 'MemberExpression') return parent['property'] === node;
  const hasKey = ['Property', 'MethodDefinition', 'PropertyDefinition'].includes(parent.type);
  return hasKey && parent['key'] === node && parent['shorthand'] !== true;
}

/** Whether an identifier is given a value here, or stands where replacing it would change a key. */
function isDeclared(node: Node, [parent, outer]: readonly Node[]): boolean {
  switch (parent?.type) {
    case 'VariableDeclarator':
      return parent['id'] === node;
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return parent['body'] !== node;
    case 'AssignmentExpression':
    case 'AssignmentPattern':
      return parent['left'] === node;
    case 'Property':
      return parent['shorthand'] === true || outer?.type === 'ObjectPattern';
    case 'ClassDeclaration':
    case 'ClassExpression':
      return parent['id'] === node;
    case 'ArrayPattern':
    case 'RestElement':
    case 'CatchClause':
    case 'UpdateExpression':
    case 'ForOfStatement':
    case 'ForInStatement':
      return true;
    default:
      return false;
  }
}

/** Whether a reading is what `new` constructs, or a part of its name. */
function isConstructed(node: Node, parents: readonly Node[]): boolean {
  let inner = node;
  for (const parent of parents.slice(parents.indexOf(node) + 1)) {
    if (parent.type === 'NewExpression') return parent['callee'] === inner;
    if (parent.type !== 'MemberExpression' || parent['object'] !== inner) return false;
    inner = parent;
  }
  return false;
}

function isMember(parent: Node, object: Node, property: string): boolean {
  return (
    parent.type === 'MemberExpression' &&
    parent['object'] === object &&
    isNamed(parent['property'], property)
  );
}

function isNamed(node: unknown, name: string): boolean {
  return (node as { name?: string }).name === name;
}

function bodyOf(program: Node): Node[] {
  return program['body'] as Node[];
}

/** Visits every node, with what it stands in from the inside out, unless its visitor says no. */
function walk(
  node: Node,
  parents: readonly Node[],
  visit: (node: Node, parents: readonly Node[]) => boolean,
): void {
  if (!visit(node, parents)) return;
  const inner = [node, ...parents];
  for (const value of Object.values(node)) {
    for (const child of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (isNode(child)) walk(child, inner, visit);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}
