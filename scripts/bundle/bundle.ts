import path from 'node:path';

import type { Interfaces } from '@oclif/core';
import {
  type InputOptions,
  type OutputChunk,
  type OutputOptions,
  type PreRenderedChunk,
  type RolldownOutput,
  rolldown,
} from 'rolldown';

import { leanChalk } from './chalk.ts';
import { entries, EXECUTABLE, PROGRAM } from './entries.ts';
import { inlineWorkers } from './inline-worker.ts';
import { lazyRequires } from './lazy-requires.ts';
import { leanOclif } from './oclif.ts';

/** What oclif looks for where TypeScript sources could be run; nothing of it is ever loaded here. */
const NEVER_LOADED = ['pnpapi', 'ts-node', 'typescript'];

/** The oldest Node.js of package.json: what it cannot read, such as `using`, is written in older words. */
const OLDEST_NODE = 'node22';

// What comments say is in the sources; licences have a file of their own.
const OUTPUT: OutputOptions = { format: 'cjs', comments: false };

// To find and read one file takes less than ten.
/** What `list` needs, and most of it every command; what the Tab key needs too. */
const START = sources(
  '(?:error-conversion|main|outcome|output|plain-command|program)',
  'lib/(?:context|errors|files|format|interrupts|json-text|name-order|plain-text)',
  'lib/config/(?:environment|paths)',
  'lib/store/(?:aliases|folder|layout|metadata|model|notes|packed-repo|repo-memory|repo-models)',
  'lib/store/(?:scan|sort|store|trusted-disk)',
  'lib/ui/(?:error-text|table|terminal|text-width)',
  'views/(?:list|list-document|model-selection|model-table)',
);

/** What reads settings, which neither of them needs. */
const SETTINGS = sources('lib/config/(?:config|engine-arguments|file|key|model-pattern|value)');

/** Matches source files by their paths below src without the ending, with `/`. */
function sources(...patterns: readonly string[]): RegExp {
  const any = patterns.map((pattern) => pattern.replaceAll('/', String.raw`[\\/]`)).join('|');
  return new RegExp(String.raw`[\\/]src[\\/](?:${any})\.ts$`, 'u');
}

const HIGHLIGHTER = /[\\/]node_modules[\\/]highlight\.js[\\/]/u;
const PACKAGE = /.*[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/u;

/**
 * Bundles the sources with all packages: `main.cjs`, a chunk for each command, and chunks that
 * several share. CommonJS, because it starts faster than ES modules do and can load at first use.
 *
 * @param folder where the files will lie
 */
export async function bundle(
  folder: string,
  manifest: Interfaces.Manifest,
): Promise<RolldownOutput> {
  await using build = await rolldown({
    ...inputOptions(manifest),
    input: { main: PROGRAM },
    // What is loaded at first use needs its chunk to export everything.
    preserveEntrySignatures: 'allow-extension',
  });
  return await build.generate({
    ...OUTPUT,
    dir: folder,
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: nameChunk,
    sourcemap: true,
    sourcemapExcludeSources: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [
        { debugName: 'packages', name: chunkOfPackage },
        { name: 'start', test: START },
        { name: 'config', test: SETTINGS },
      ],
    },
  });
}

/** Bundles everything into the one file that a single executable starts. */
export async function bundleExecutable(manifest: Interfaces.Manifest): Promise<OutputChunk> {
  await using build = await rolldown({ ...inputOptions(manifest), input: EXECUTABLE });
  const { output } = await build.generate({ ...OUTPUT, codeSplitting: false });
  return output[0];
}

function inputOptions(manifest: Interfaces.Manifest): InputOptions {
  return {
    platform: 'node',
    external: NEVER_LOADED,
    transform: { target: OLDEST_NODE },
    // Everything is loaded at first use, static or not.
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      entries(manifest),
      leanOclif(),
      leanChalk(),
      inlineWorkers(OLDEST_NODE),
      {
        name: 'lazy-requires',
        renderChunk: (code) => {
          const lazy = lazyRequires(code);
          return lazy === undefined ? null : { code: lazy };
        },
      },
    ],
  };
}

/** One chunk for each package, so that using one module does not load those of others. */
function chunkOfPackage(id: string): string | null {
  // Its languages are loaded one by one.
  if (HIGHLIGHTER.test(id)) return null;
  return PACKAGE.exec(id)?.[1]?.replaceAll(/[\\/]/gu, '-').replace('@', '') ?? null;
}

/** A command's chunk is named as its source, so that no two of them fight for a name. */
function nameChunk({ facadeModuleId }: PreRenderedChunk): string {
  const source = path.relative(path.resolve('src'), facadeModuleId ?? '');
  return /^commands[\\/]/u.test(source)
    ? `${source.slice(0, -path.extname(source).length)}.cjs`
    : 'chunks/[name].cjs';
}
