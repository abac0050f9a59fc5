import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { readBuilds } from './builds.ts';
import { isExecutable } from './executable.ts';

/** A program that may be a llama-server; nobody has asked it yet. */
export interface EngineCandidate {
  readonly command: readonly [string, ...string[]];
  /**
   * The folder of the real file behind links. llama.cpp loads backends (`libggml-*.so`) from there
   * and then from the working directory, so the process is started in it: otherwise a library in
   * the folder the user stands in would be loaded.
   * Source: https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-backend-reg.cpp
   */
  readonly folder: string;
  readonly origin: 'environment' | 'config' | 'installed' | 'path';
}

/** Where engines may be. */
export interface FindOptions {
  /** The engine that the user named, and by what: `LLAMERO_LLAMA_SERVER`, `config.yaml:3`. */
  readonly named?:
    | { readonly path: string; readonly by: string; readonly origin: 'environment' | 'config' }
    | undefined;
  /** The folder of installed builds, with its `version.json`. */
  readonly binFolder: string;
  readonly searchPath: string | undefined;
  /** PATHEXT of Windows. */
  readonly pathExtensions?: string | undefined;
  readonly platform: NodeJS.Platform;
  /** What a relative name is relative to. */
  readonly workingFolder: string;
}

const HOW_TO_GET_ONE = [
  'Install one with `llamero update`, or with a package manager (`brew install llama.cpp`, `winget install ggml.llamacpp`,',
  '`apt install llama.cpp`), or set LLAMERO_LLAMA_SERVER to the path of a llama-server',
].join('\n');

/**
 * Finds the engine: the one the user named, the installed build, `llama-server` on PATH, and
 * last `llama` on PATH (llama.cpp's unified program, run as `llama serve`).
 *
 * @throws LlameroError ENGINE_MISSING when there is none, or when the named one is not there
 */
export async function findEngine(options: FindOptions): Promise<EngineCandidate> {
  if (options.named !== undefined) return namedEngine(options, options.named);
  const found =
    (await installedEngine(options)) ??
    (await engineOnPath(options, 'llama-server')) ??
    (await engineOnPath(options, 'llama'));
  if (found !== undefined) return found;
  throw new LlameroError(
    'ENGINE_MISSING',
    'There is no llama-server on this machine to run models',
    { hint: HOW_TO_GET_ONE },
  );
}

/**
 * Every engine that may be used besides the installed builds, whether it comes first or not: the
 * named one, and those on PATH.
 *
 * @throws LlameroError ENGINE_MISSING when the named one is not there
 */
export async function otherEngines(options: FindOptions): Promise<EngineCandidate[]> {
  const found = [
    options.named === undefined ? undefined : await namedEngine(options, options.named),
    await engineOnPath(options, 'llama-server'),
    await engineOnPath(options, 'llama'),
  ];
  return found.filter((one) => one !== undefined);
}

async function namedEngine(
  options: FindOptions,
  named: NonNullable<FindOptions['named']>,
): Promise<EngineCandidate> {
  const given = path.resolve(options.workingFolder, named.path);
  for (const file of [
    given,
    ...executableNames(options, 'llama-server').map((name) => path.join(given, name)),
    ...executableNames(options, given),
  ]) {
    if (await isExecutable(file, options.platform)) return candidate(file, named.origin);
  }
  const there = await stat(given).catch(() => undefined);
  const problem =
    there === undefined
      ? 'does not exist'
      : there.isDirectory()
        ? 'is a folder without a llama-server'
        : 'is not an executable file';
  throw new LlameroError('ENGINE_MISSING', `${given}, which ${named.by} names, ${problem}`, {
    hint: `Correct or unset ${named.by}. ${HOW_TO_GET_ONE}`,
  });
}

async function installedEngine(options: FindOptions): Promise<EngineCandidate | undefined> {
  const { current } = await readBuilds(options.binFolder, options.platform);
  return current === undefined ? undefined : candidate(current.program, 'installed');
}

async function engineOnPath(
  options: FindOptions,
  name: string,
): Promise<EngineCandidate | undefined> {
  const separator = options.platform === 'win32' ? ';' : ':';
  for (const folder of (options.searchPath ?? '').split(separator)) {
    // A relative entry would let the folder the user stands in decide what is run.
    if (!path.isAbsolute(folder)) continue;
    for (const file of executableNames(options, name)) {
      const full = path.join(folder, file);
      if (await isExecutable(full, options.platform)) return candidate(full, 'path');
    }
  }
  return undefined;
}

/**
 * A program's file names: its own, and on Windows one for each extension of PATHEXT that can be
 * spawned.
 */
function executableNames(options: FindOptions, name: string): string[] {
  if (options.platform !== 'win32') return [name];
  const extensions = (options.pathExtensions ?? '.COM;.EXE').split(';');
  // A .cmd or .bat is a script; the router re-executes its own image and needs the real program.
  return extensions
    .map((extension) => extension.trim().toLowerCase())
    .filter((extension) => extension === '.exe' || extension === '.com')
    .map((extension) => `${name}${extension}`);
}

async function candidate(
  file: string,
  origin: EngineCandidate['origin'],
): Promise<EngineCandidate> {
  const unified = /^llama(?:\.(?:exe|com))?$/iu.test(path.basename(file));
  return {
    command: unified ? [file, 'serve'] : [file],
    folder: path.dirname(await realpath(file)),
    origin,
  };
}
