import {
  chmod,
  cp,
  mkdtemp,
  readFile,
  readdir,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';

import { create } from 'tar';

import type { TestEngine } from '../engine/engine.ts';
import { changeBuild } from './build-number.ts';
import type { ZipEntry } from './zip.ts';
import { writeZip } from './zip.ts';

/**
 * How the files lie in an archive: under `llama-b<build>/` in a tar.gz, as for Linux and macOS since
 * December 2025; under `build/bin/` in a zip, as before; at the top of a zip, as for Windows.
 */
export type ArchiveLayout = 'tar.gz' | 'old zip' | 'flat zip';

/** What is wrong with the llama-server in an archive. */
export type Defect =
  /** It runs, but says the build number that it was made from. */
  | 'other build'
  /** A library it is linked with is not there: the dynamic loader ends it. */
  | 'missing library'
  /** It is ended by a signal whatever it is asked. */
  | 'crash'
  /** It says why on a line and exits with 1 whatever it is asked. */
  | 'exit 1'
  /** It says its version, but has no backend to load a model with. */
  | 'no backend';

/** What an archive is to be. */
export interface ArchiveOptions {
  readonly engine: TestEngine;
  /** Where the archive is written. */
  readonly folder: string;
  /** The number that the programs say, and that stands in the names; the engine's own unless told. */
  readonly build?: number;
  /** `tar.gz` unless told. */
  readonly layout?: ArchiveLayout;
  readonly defect?: Defect;
  /** The file's name; by itself that of the CPU build for Linux, or for Windows when it is flat. */
  readonly name?: string;
}

/** An archive on disk. */
export interface EngineArchive {
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  readonly build: number;
  /** `b<build>`. */
  readonly tag: string;
}

/** The line that a llama-server with the defect `exit 1` ends with. */
export const EXIT_LINE = 'error: this CPU is not supported';

/**
 * Makes an archive laid out like those of a llama.cpp release from a real engine, which runs from
 * wherever it is unpacked on this machine. Takes some seconds: make it once for many tests.
 *
 * @throws Error when the engine does not say the build that is asked for
 */
export async function makeEngineArchive(options: ArchiveOptions): Promise<EngineArchive> {
  const { defect, engine, folder, layout = 'tar.gz' } = options;
  const own = engine.build;
  if (own === undefined) throw new Error(`The engine in ${engine.folder} tells no build number`);
  const build = options.build ?? own;
  const name = options.name ?? standardName(build, layout);
  const work = await mkdtemp(path.join(folder, 'archive-'));
  try {
    const top = `llama-b${build}`;
    const staged = path.join(work, top);
    await cp(engine.folder, staged, { recursive: true, verbatimSymlinks: true });
    await writeFile(path.join(staged, 'LICENSE'), 'MIT License\n');
    if (build !== own && defect !== 'other build') await changeBuild(staged, own, build);
    if (defect !== undefined) await DEFECTS[defect](staged);
    const file = path.join(folder, name);
    if (layout === 'tar.gz') {
      await linkDevelopmentNames(staged);
      await create({ file, cwd: work, gzip: { level: 1 }, portable: true }, [top]);
    } else {
      await writeZip(file, zipEntries(staged, layout === 'old zip' ? 'build/bin/' : ''));
    }
    return { name, file, build, tag: `b${build}` };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function standardName(build: number, layout: ArchiveLayout): string {
  const platform = layout === 'flat zip' ? 'win-cpu' : 'ubuntu';
  const extension = layout === 'tar.gz' ? 'tar.gz' : 'zip';
  return `llama-b${build}-bin-${platform}-${process.arch}.${extension}`;
}

const DEFECTS: Readonly<Record<Defect, (folder: string) => Promise<void>>> = {
  'other build': () => Promise.resolve(),
  'missing library': async (folder) => removeAll(folder, /^libllama\./u),
  crash: async (folder) => replaceServer(folder, 'kill -SEGV $$'),
  'exit 1': async (folder) => replaceServer(folder, `echo '${EXIT_LINE}' >&2\nexit 1`),
  'no backend': async (folder) => removeAll(folder, /^libggml-(?:cpu|blas|rpc)/u),
};

async function removeAll(folder: string, pattern: RegExp): Promise<void> {
  const names = (await readdir(folder)).filter((name) => pattern.test(name));
  if (names.length === 0) throw new Error(`Nothing in ${folder} fits ${pattern}`);
  for (const name of names) await rm(path.join(folder, name));
}

async function replaceServer(folder: string, script: string): Promise<void> {
  const file = path.join(folder, 'llama-server');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
}

/** Upstream's archives have the whole chain `.so` → `.so.0` → `.so.0.7.0`; packages lack its head. */
async function linkDevelopmentNames(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const head = /^(lib(?:llama|ggml|mtmd).*\.so)\.\d+$/u.exec(name)?.[1];
    if (head !== undefined) await symlink(name, path.join(folder, head));
  }
}

/** Links do not go into these zips: a file stands under the name that the link to it has. */
async function* zipEntries(folder: string, prefix: string): AsyncGenerator<ZipEntry> {
  const entries = await readdir(folder, { withFileTypes: true });
  const links = entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => name);
  const isLinked = (name: string): boolean => links.some((link) => name.startsWith(`${link}.`));
  for (const { name } of entries) {
    if (!isLinked(name)) {
      const file = path.join(folder, name);
      const { mode } = await stat(file);
      yield { name: prefix + name, content: await readFile(file), mode: mode & 0o777 };
    }
  }
}
