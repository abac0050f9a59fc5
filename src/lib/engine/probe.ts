import { stat } from 'node:fs/promises';

import type { Environment } from '../config/environment.ts';
import { LlameroError } from '../errors.ts';
import { ProgramFailure, askProgram } from './ask-program.ts';
import type { Engine } from './engine.ts';
import type { EngineCandidate } from './find.ts';
import { type EngineAnswers, keepAnswers, readAnswers } from './probe-cache.ts';

/** Long enough for a cold disk and a slow GPU driver. */
const PROBE_SECONDS = 60;
/** The flag that router mode with a list of models needs; builds before it cannot serve us. */
const ROUTER_FLAG = '--models-preset';

const NAME_ANOTHER =
  'Name another llama-server, or unset LLAMERO_LLAMA_SERVER and server.llama-server and run `llamero update`';
const HOW_TO_REPLACE = {
  environment: NAME_ANOTHER,
  config: NAME_ANOTHER,
  installed: 'Install the current build with `llamero update`',
  path: 'Install a current build with `llamero update`, or bring llama.cpp up to date with your package manager',
} as const satisfies Record<EngineCandidate['origin'], string>;

/** How a probe is made. */
export interface ProbeOptions {
  /**
   * The answers of earlier probes, by file, size and time of change. It may be lost at any time.
   */
  readonly cacheFile?: string;
  /** What the program finds in its environment; that of this process unless told. */
  readonly environment?: Environment | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Seconds that the program may take for an answer. */
  readonly timeoutSeconds?: number;
}

/**
 * Asks a candidate for its version and its flags.
 *
 * @throws LlameroError ENGINE_UNUSABLE when it cannot be run, is no llama-server, or is too old
 */
export async function probeEngine(
  candidate: EngineCandidate,
  options: ProbeOptions = {},
): Promise<Engine> {
  const key = await cacheKey(candidate);
  const known = await readAnswers(options.cacheFile, key);
  const answers = known ?? (await ask(candidate, options));
  if (known === undefined) await keepAnswers(options.cacheFile, key, answers);
  if (!answers.flags.includes(ROUTER_FLAG)) {
    const name = answers.build === undefined ? '' : ` (build ${answers.build})`;
    throw new LlameroError(
      'ENGINE_UNUSABLE',
      `${candidate.command[0]}${name} is too old: it does not know ${ROUTER_FLAG}`,
      { hint: HOW_TO_REPLACE[candidate.origin] },
    );
  }
  return {
    ...candidate,
    ...(answers.build === undefined ? {} : { build: answers.build }),
    ...(answers.version === undefined ? {} : { version: answers.version }),
    flags: new Set(answers.flags),
  };
}

/**
 * The build number and the version from `llama-server --version`. Two forms:
 * `version: 0.7.0 (build 11669, commit abc)`, and before August 2026 `version: 9602 (1593d5684)`.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/build-info.cpp.in
 */
export function parseVersion(output: string): Pick<EngineAnswers, 'build' | 'version'> {
  const now = /^version:\s+(?<version>\S+)\s+\(build\s+(?<build>\d+)/mu.exec(output)?.groups;
  if (now !== undefined) return { version: now['version'] ?? '', build: Number(now['build']) };
  const before = /^version:\s+(?<build>\d+)\s+\(/mu.exec(output)?.groups;
  return before === undefined ? {} : { build: Number(before['build']) };
}

/**
 * Every flag from `llama-server --help`. A flag's names stand at the start of a line, with commas
 * between them; indented lines are descriptions.
 */
export function parseFlags(help: string): string[] {
  const flags: string[] = [];
  for (const line of help.split('\n')) {
    const names = /^-{1,2}[A-Za-z][\w-]*(?:,\s*-{1,2}[A-Za-z][\w-]*)*/u.exec(line)?.[0];
    if (names !== undefined) flags.push(...names.split(/,\s*/u));
  }
  return flags;
}

async function ask(candidate: EngineCandidate, options: ProbeOptions): Promise<EngineAnswers> {
  const version = await say(candidate, '--version', options);
  const help = await say(candidate, '--help', options);
  return { ...parseVersion(version), flags: parseFlags(help) };
}

async function say(
  candidate: EngineCandidate,
  flag: string,
  { environment, signal, timeoutSeconds = PROBE_SECONDS }: ProbeOptions,
): Promise<string> {
  const { command, folder } = candidate;
  try {
    const question = { command, words: [flag], folder, environment, timeoutSeconds, signal };
    const { stderr, stdout } = await askProgram(question);
    return `${stdout}\n${stderr}`;
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    throw new LlameroError('ENGINE_UNUSABLE', `${command[0]} cannot be run: ${error.message}`, {
      hint: HOW_TO_REPLACE[candidate.origin],
      cause: error,
    });
  }
}

async function cacheKey(candidate: EngineCandidate): Promise<string> {
  const file = await stat(candidate.command[0]);
  return [...candidate.command, file.size, file.mtimeMs].join('|');
}
