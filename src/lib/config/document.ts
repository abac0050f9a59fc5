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

import { oneLine } from '../plain-text.ts';
import { damaged } from './file.ts';

/** A value in the file, not yet checked. */
interface Entry {
  readonly key: string;
  /** Text, a number or a boolean; `undefined` where something else stands, such as a list. */
  readonly raw: string | number | boolean | undefined;
  readonly line: number;
}

/** A value of the file that stands at its top, where only sections belong. */
interface Misplaced {
  readonly key: string;
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
    throw damaged(file, explain(problem, text), lines.linePos(problem.pos[0]));
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
  for (const pair of root?.items ?? []) {
    const section = nameOf(pair);
    if (isMap(pair.value)) {
      for (const inner of pair.value.items) {
        if (isEmpty(inner.value)) continue;
        const value: unknown = isScalar(inner.value) ? inner.value.value : undefined;
        entries.push({
          key: `${section}.${nameOf(inner)}`,
          raw: isPlain(value) ? value : undefined,
          line: lineOf(inner, lines),
        });
      }
    } else if (!isEmpty(pair.value)) {
      misplaced.push({ key: section, line: lineOf(pair, lines) });
    }
  }
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
