import { access, constants } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

/** A real llama.cpp for tests. All paths are absolute. */
export interface TestEngine {
  /** The folder with the programs, laid out like an upstream release archive. */
  readonly folder: string;
  readonly llamaServer: string;
  readonly quantize: string;
  readonly ggufSplit: string;
  /** The build number, 11669 for `b11669`; absent when the program does not tell. */
  readonly build?: number;
}

/**
 * The engine in a folder with all its programs.
 *
 * @throws Error when a program is missing or llama-server does not start
 */
export async function probeFolder(folder: string): Promise<TestEngine> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => path.join(folder, `${name}${suffix}`);
  return probe(
    folder,
    program('llama-server'),
    program('llama-quantize'),
    program('llama-gguf-split'),
  );
}

/**
 * The engine whose programs are found on a search path.
 *
 * @throws Error when a program is missing or llama-server does not start
 */
export async function probeOnPath(searchPath: string): Promise<TestEngine> {
  const find = async (name: string): Promise<string> => {
    const found = await findOnPath(name, searchPath);
    if (found === undefined) throw new Error(`${name} is not there`);
    return found;
  };
  const server = await find('llama-server');
  return probe(
    path.dirname(server),
    server,
    await find('llama-quantize'),
    await find('llama-gguf-split'),
  );
}

async function probe(
  folder: string,
  llamaServer: string,
  quantize: string,
  ggufSplit: string,
): Promise<TestEngine> {
  for (const program of [quantize, ggufSplit]) await access(program, constants.X_OK);
  const { all } = await execa(llamaServer, ['--version'], { all: true, cwd: folder });
  const build = buildNumber(all);
  return { folder, llamaServer, quantize, ggufSplit, ...(build === undefined ? {} : { build }) };
}

/** The build number in the two forms llama.cpp has printed it: `(build 11669, …` and `9602 (…`. */
export function buildNumber(versionText: string): number | undefined {
  const match =
    /\(build (\d+)/.exec(versionText) ?? /^version: (\d+) \([0-9a-f]+\)/m.exec(versionText);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** The path of a program on a search path as in `PATH`, or undefined. */
export async function findOnPath(name: string, searchPath: string): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  for (const folder of searchPath.split(path.delimiter)) {
    if (folder === '') continue;
    const candidate = path.join(folder, `${name}${suffix}`);
    try {
      await access(candidate, constants.X_OK);
      return candidate;
    } catch {
      continue;
    }
  }
  return undefined;
}
