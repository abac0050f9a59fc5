import {
  type Document,
  LineCounter,
  type Pair,
  type YAMLError,
  type YAMLMap,
  isMap,
  isScalar,
  parseDocument,
  visit,
} from 'yaml';

import type { LlameroError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';
import { damaged } from './file.ts';
import { isGroup } from './key.ts';

/** A value in the file, not yet checked. */
interface Entry {
  /** The names before it from the outermost in. */
  readonly path: readonly string[];
  /** Text, a number or a boolean; `undefined` where something else stands, such as a list. */
  readonly raw: string | number | boolean | undefined;
  readonly line: number;
}

/** A value that stands where only a section may. */
interface Misplaced {
  readonly path: readonly string[];
  readonly line: number;
}

/** A settings file that is well-formed, its values not yet checked. */
export interface ConfigDocument {
  readonly document: Document;
  readonly entries: readonly Entry[];
  readonly misplaced: readonly Misplaced[];
}

/**
 * Parses the text of a settings file: a YAML mapping of sections, each a mapping of settings.
 *
 * @param file named in errors
 * @throws LlameroError CONFIG_DAMAGED, with line and column
 */
export function parseConfigDocument(text: string, file: string): ConfigDocument {
  refuseControls(text, file);
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    logLevel: 'error',
    prettyErrors: false,
    stringKeys: true,
  });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) {
    const position = lines.linePos(problem.pos[0]);
    throw starredName(text, position.line, file) ?? damaged(file, explain(problem, text), position);
  }
  // Aliases are of no use here, and a few of them can stand for a billion values.
  visit(document, {
    Alias(_key, node) {
      const position = lines.linePos(node.range?.[0] ?? 0);
      throw damaged(file, 'an alias (`*name`); write the value itself', position);
    },
  });
  const root = document.contents;
  if (!isMap(root) && !isEmpty(root)) {
    const position = lines.linePos(root?.range?.[0] ?? 0);
    throw damaged(file, 'it does not hold `section:` lines with settings under them', position);
  }
  return { document, ...readEntries(isMap(root) ? root : undefined, lines) };
}

function refuseControls(text: string, file: string): void {
  const control = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/u.exec(text);
  if (control === null) return;
  const before = text.slice(0, control.index).split('\n');
  const position = { line: before.length, col: (before.at(-1)?.length ?? 0) + 1 };
  throw damaged(file, 'a control character', position);
}

function readEntries(
  root: YAMLMap | undefined,
  lines: LineCounter,
): Pick<ConfigDocument, 'entries' | 'misplaced'> {
  const entries: Entry[] = [];
  const misplaced: Misplaced[] = [];
  const readGroup = (group: YAMLMap, above: readonly string[]): void => {
    for (const pair of group.items) {
      const path = [...above, nameOf(pair)];
      if (isEmpty(pair.value)) continue;
      const line = lineOf(pair, lines);
      if (!isGroup(path)) {
        const value: unknown = isScalar(pair.value) ? pair.value.value : undefined;
        entries.push({ path, raw: isPlain(value) ? value : undefined, line });
      } else if (isMap(pair.value)) {
        readGroup(pair.value, path);
      } else {
        misplaced.push({ path, line });
      }
    }
  };
  if (root !== undefined) readGroup(root, []);
  return { entries, misplaced };
}

/** The name that stands before the colon. */
export function nameOf(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

/** Whether nothing stands after the colon, or `null` or `~`, which means the same. */
export function isEmpty(node: unknown): boolean {
  return node === null || (isScalar(node) && node.value === null);
}

function lineOf(pair: Pair, lines: LineCounter): number {
  return lines.linePos((isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? 0).line;
}

function isPlain(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

/**
 * The error of a pattern that begins with a star and is not quoted, which YAML takes for an alias
 * and complains of here or on the next line.
 */
function starredName(text: string, line: number, file: string): LlameroError | undefined {
  const lines = text.split('\n');
  for (const number of [line - 1, line]) {
    const match = /^(?<blanks>\s*)(?<name>\*\S*):(?:\s|$)/u.exec(lines[number - 1] ?? '')?.groups;
    if (match === undefined) continue;
    const { blanks = '', name = '' } = match;
    const reason = `a name that begins with \`*\` stands in quotes: \`"${oneLine(name)}":\``;
    return damaged(file, reason, { line: number, col: blanks.length + 1 });
  }
  return undefined;
}

function explain(problem: YAMLError, text: string): string {
  switch (problem.code) {
    case 'DUPLICATE_KEY': {
      const key = /^[^\s:]+/u.exec(text.slice(problem.pos[0]))?.[0] ?? '';
      return `\`${oneLine(key)}\` stands there twice`;
    }
    case 'RESOURCE_EXHAUSTION':
      return 'it is nested too deeply';
    case 'MULTIPLE_DOCS':
      return 'a second document begins (`---`)';
    case 'TAB_AS_INDENT':
      return 'a tab indents the line; use blanks';
    case 'NON_STRING_KEY':
      return 'a name must be text';
    default:
      return oneLine(problem.message);
  }
}
