import { LlameroError } from '../errors.ts';
import { ProgramFailure, askProgram } from './ask-program.ts';
import type { Engine } from './engine.ts';

/** What `llama-server --help` says of one flag. */
export interface HelpOption {
  /** All its names, with their dashes: `-c`, `--ctx-size`. */
  readonly names: readonly string[];
  /** What stands for its value: `N`, `[on|off|auto]`; a switch has none. */
  readonly value?: string;
  /** The value that holds when it is not given, as far as the help tells it. */
  readonly default?: string;
}

const HELP_SECONDS = 60;

/**
 * Asks an engine for its flags with their defaults.
 *
 * @throws LlameroError ENGINE_UNUSABLE when it does not answer
 */
export async function readHelp(engine: Engine, signal?: AbortSignal): Promise<HelpOption[]> {
  const { command, folder } = engine;
  try {
    const question = { command, words: ['--help'], folder, timeoutSeconds: HELP_SECONDS, signal };
    const { stderr, stdout } = await askProgram(question);
    return parseHelp(`${stdout}\n${stderr}`);
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    throw new LlameroError('ENGINE_UNUSABLE', `${command[0]} cannot be run: ${error.message}`, {
      hint: 'Install a current build with `llamero update`',
      cause: error,
    });
  }
}

/**
 * Reads the text of `--help`. The names of a flag begin a line, with what stands for its value after
 * the last; the description stands at a margin to their right, or below where they are too long.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp, common_arg::to_string
 */
export function parseHelp(help: string): HelpOption[] {
  const options: HelpOption[] = [];
  let head: RegExpExecArray | null = null;
  let description = '';
  const close = (): void => {
    if (head !== null) options.push(readOption(head, description));
  };
  for (const line of help.split('\n')) {
    const start =
      /^(-{1,2}[a-z][\w.-]*(?:,\s*-{1,2}[a-z][\w.-]*)*)(?: (\S.*?))?(?: {2,}(.*))?$/iu.exec(line);
    if (start !== null) {
      close();
      head = start;
      description = start[3] ?? '';
    } else if (/^\s/u.test(line)) {
      description += ` ${line.trim()}`;
    } else {
      close();
      head = null;
    }
  }
  close();
  return options;
}

function readOption(head: RegExpExecArray, description: string): HelpOption {
  const names = (head[1] ?? '').split(/,\s*/u);
  const value = head[2];
  // «(default: 0, 0 = loaded from model)», «default: 'auto')», «default: 1024»
  const initial = /\bdefault: '?([^\s,;)']+)/u.exec(description)?.[1];
  return {
    names,
    ...(value === undefined ? {} : { value }),
    ...(initial === undefined || initial === 'same' ? {} : { default: initial }),
  };
}
