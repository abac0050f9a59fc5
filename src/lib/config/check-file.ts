import path from 'node:path';

import { LlameroError } from '../errors.ts';
import type { ScopedSetting } from './config.ts';
import type { ConfigDocument } from './document.ts';
import { keyAt, keyProblem, misplacedProblem } from './key.ts';
import { type Paths, placeOfFile } from './paths.ts';
import { shellWord } from './shell-word.ts';
import { badValue } from './value.ts';

const PROBLEMS_TOLD = 10;

/** A mistake in the file. */
interface Problem {
  readonly path: readonly string[];
  readonly line: number;
  readonly reason: string;
}

/**
 * Checks every entry of the file and gives the values that hold, in the order of the file.
 *
 * @throws LlameroError CONFIG_INVALID with what is wrong, a line each
 */
export function checkFile(document: ConfigDocument, paths: Paths): ScopedSetting[] {
  const fileName = path.basename(paths.configFile);
  const place = placeOfFile(paths);
  const settings: ScopedSetting[] = [];
  const problems: Problem[] = document.misplaced.map((entry) => ({
    ...entry,
    reason: misplacedProblem(entry.path),
  }));
  for (const { path: names, raw, line } of document.entries) {
    const key = keyAt(names);
    if (key === undefined) {
      problems.push({ path: names, line, reason: keyProblem(names) });
      continue;
    }
    const value = key.kind.parse(raw, place);
    if (value === undefined) {
      problems.push({ path: names, line, reason: badValue(`\`${key.text}\``, key.kind, raw) });
    } else {
      settings.push({ key, value, source: 'file', origin: `${fileName}:${line}` });
    }
  }
  if (problems.length > 0) throw invalid(problems, paths.configFile);
  return settings;
}

function invalid(problems: readonly Problem[], file: string): LlameroError {
  const inOrder = problems.toSorted((a, b) => a.line - b.line);
  const told = inOrder
    .slice(0, PROBLEMS_TOLD)
    .map(({ line, reason }) => `${file}:${line}: ${reason}`);
  if (inOrder.length > PROBLEMS_TOLD) told.push(`and ${inOrder.length - PROBLEMS_TOLD} more`);
  const key = inOrder[0]?.path.join('.') ?? '';
  return new LlameroError('CONFIG_INVALID', told.join('\n'), {
    // A name with blanks or signs of its own would have to be quoted in ways that differ by shell.
    hint: /^[\w./:@*?-]+$/u.test(key)
      ? `Mend it with \`llamero config edit\`, or take it out with \`llamero config unset ${shellWord(key)}\``
      : 'Mend it with `llamero config edit`',
  });
}
