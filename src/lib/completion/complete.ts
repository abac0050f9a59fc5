import type { Paths } from '../config/paths.ts';
import { type Answer, type Candidate, fitting, NOTHING, type Replacement } from './candidate.ts';
import type { CommandTable, FlagEntry } from './command-table.ts';
import { locate, type TypedLine } from './position.ts';
import { argumentValues, flagValues, nextWords } from './sources.ts';

/** What completions are made from. */
export interface CompletionOptions {
  readonly table: CommandTable;
  readonly paths: Paths;
  readonly line: TypedLine;
  readonly replacement: Replacement;
}

/**
 * The words that may stand at the cursor. Reads names of files and small records of ours; asks no
 * server and no network, and changes nothing.
 */
export async function complete(options: CompletionOptions): Promise<Answer> {
  const { line, replacement } = options;
  const { candidates, files } = await possible(options);
  return { candidates: fitting(candidates, line.current, replacement), files };
}

async function possible({ line, paths, replacement, table }: CompletionOptions): Promise<Answer> {
  const position = locate(table, line);
  switch (position.type) {
    case 'nothing':
      return NOTHING;
    case 'command':
      return { candidates: nextWords(table, position.path), files: false };
    case 'flag':
      return { candidates: position.flags.flatMap(flagNames), files: false };
    case 'value': {
      const { flag, start } = position;
      const typed = line.current.slice(start.length);
      const answer = await flagValues({ table, paths, typed, replacement }, flag);
      return { ...answer, candidates: answer.candidates.map((each) => startWith(start, each)) };
    }
    case 'argument': {
      const { argument, command, given } = position;
      if (argument.values.length > 0) {
        return { candidates: argument.values.map((value) => ({ value })), files: false };
      }
      const search = { table, paths, typed: line.current, replacement };
      const answer = await argumentValues(search, { command, name: argument.name, given });
      // Nobody names the same thing twice.
      const candidates = answer.candidates.filter(({ value }) => !given.includes(value));
      return { ...answer, candidates };
    }
  }
}

function flagNames({ name, negatable, summary }: FlagEntry): Candidate[] {
  const plain = { value: `--${name}`, description: summary };
  return negatable ? [plain, { value: `--no-${name}`, description: `Not: ${summary}` }] : [plain];
}

function startWith(start: string, candidate: Candidate): Candidate {
  return { ...candidate, value: start + candidate.value };
}
