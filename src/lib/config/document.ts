import { open } from 'node:fs/promises';

import type { Document, Pair, YAMLError, YAMLMap } from 'yaml';

import { LlameroError, systemErrorCode } from '../errors.ts';
import { oneLine } from '../plain-text.ts';

/** No settings file is nearly so large; a larger one is something else, and slow to parse. */
const MAX_BYTES = 256 * 1024;

/** A value in the file, not yet checked. */
export interface Entry {
  readonly key: string;
  /** Text, a number or a boolean; `undefined` where something else stands, such as a list. */
  readonly raw: string | number | boolean | undefined;
  readonly line: number;
}

/** A value of the file that stands at its top, where only sections belong. */
export interface Misplaced {
  readonly key: string;
  readonly line: number;
}

/** A settings file as it stands on disk. */
export interface ConfigDocument {
  readonly text: string;
  readonly document: Document;
  readonly entries: readonly Entry[];
  readonly misplaced: readonly Misplaced[];
}

/** The error of a settings file that cannot be understood; nothing is ever written over it. */
export function damaged(
  file: string,
  reason: string,
  position?: { readonly line: number; readonly col: number },
  cause?: unknown,
): LlameroError {
  const where = position === undefined ? file : `${file}:${position.line}:${position.col}`;
  return new LlameroError('CONFIG_DAMAGED', `The settings file is damaged: ${where}: ${reason}`, {
    hint: 'Mend it with `llamero config edit`',
    cause,
  });
}

/**
 * Reads the settings file; undefined when there is none.
 *
 * @throws LlameroError CONFIG_DAMAGED when it cannot be read, is not UTF-8 text, or is not a YAML
 * mapping of sections; the message has line and column where there are any
 */
export async function readConfigDocument(file: string): Promise<ConfigDocument | undefined> {
  const text = await readConfigText(file);
  return text === undefined ? undefined : parseConfigDocument(text, file);
}

/**
 * The text of the settings file, read to its size limit and no further, since it may be a device.
 *
 * @throws LlameroError CONFIG_DAMAGED
 */
async function readConfigText(file: string): Promise<string | undefined> {
  let content: Buffer;
  try {
    const handle = await open(file, 'r');
    try {
      const buffer = Buffer.alloc(MAX_BYTES + 1);
      let length = 0;
      for (;;) {
        const { bytesRead } = await handle.read(buffer, length, buffer.length - length, null);
        length += bytesRead;
        if (bytesRead === 0 || length === buffer.length) break;
      }
      content = buffer.subarray(0, length);
    } finally {
      await handle.close();
    }
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT') return undefined;
    if (code === 'EISDIR') throw damaged(file, 'it is a folder', undefined, error);
    if (code === 'ENOTDIR') throw damaged(file, 'its folder is a file', undefined, error);
    if (code === 'EACCES' || code === 'EPERM') {
      throw damaged(file, 'you may not read it', undefined, error);
    }
    throw error;
  }
  if (content.length > MAX_BYTES) {
    throw damaged(file, `it is larger than ${MAX_BYTES / 1024} KiB`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (error) {
    throw damaged(file, 'it is not UTF-8 text', undefined, error);
  }
}

/**
 * Parses the text of a settings file. The YAML parser is loaded here and not before: most calls of
 * the program find no file.
 *
 * @throws LlameroError CONFIG_DAMAGED
 */
export async function parseConfigDocument(text: string, file: string): Promise<ConfigDocument> {
  const control = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F]/u.exec(text);
  if (control !== null) {
    const before = text.slice(0, control.index).split('\n');
    const position = { line: before.length, col: (before.at(-1)?.length ?? 0) + 1 };
    throw damaged(file, 'a control character', position);
  }

  const { LineCounter, isMap, isScalar, parseDocument, visit } = await import('yaml');
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
  visit(document, {
    Alias(_key, node) {
      const position = lines.linePos(node.range?.[0] ?? 0);
      throw damaged(file, 'an alias (`*name`); write the value itself', position);
    },
  });

  const entries: Entry[] = [];
  const misplaced: Misplaced[] = [];
  const lineOf = (pair: Pair): number =>
    lines.linePos((isScalar(pair.key) ? pair.key.range?.[0] : undefined) ?? 0).line;
  const nameOf = (pair: Pair): string => (isScalar(pair.key) ? String(pair.key.value) : '');

  const root = document.contents;
  if (root !== null && !isMap(root)) {
    if (isScalar(root) && root.value === null) {
      return { text, document, entries, misplaced };
    }
    const position = lines.linePos(root.range?.[0] ?? 0);
    throw damaged(file, 'it does not hold `section:` lines with settings under them', position);
  }
  for (const pair of (root as YAMLMap | null)?.items ?? []) {
    const section = nameOf(pair);
    if (isMap(pair.value)) {
      for (const inner of pair.value.items) {
        const value: unknown = isScalar(inner.value) ? inner.value.value : inner.value;
        if (value === null) continue;
        const key = `${section}.${nameOf(inner)}`;
        entries.push({ key, raw: isPlain(value) ? value : undefined, line: lineOf(inner) });
      }
    } else if (pair.value !== null && !(isScalar(pair.value) && pair.value.value === null)) {
      misplaced.push({ key: section, line: lineOf(pair) });
    }
  }
  return { text, document, entries, misplaced };
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
