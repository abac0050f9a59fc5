import path from 'node:path';

import type { Interfaces } from '@oclif/core';
import { type PreRenderedChunk, type RolldownOutput, rolldown } from 'rolldown';

import { ENTRY, entry } from './entry.ts';
import { inlineWorkers } from './inline-worker.ts';
import { lazyRequires } from './lazy-requires.ts';
import { leanOclif } from './oclif.ts';

/** What oclif looks for where TypeScript sources could be run; nothing of it is ever loaded here. */
const NEVER_LOADED = ['pnpapi', 'ts-node', 'typescript'];

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
    input: { main: ENTRY },
    platform: 'node',
    external: NEVER_LOADED,
    // What is loaded at first use needs its chunk to export everything.
    preserveEntrySignatures: 'allow-extension',
    // Everything is loaded at first use, static or not.
    checks: { ineffectiveDynamicImport: false },
    plugins: [
      entry(manifest),
      leanOclif(),
      inlineWorkers(),
      {
        name: 'lazy-requires',
        renderChunk: (code) => {
          const lazy = lazyRequires(code);
          return lazy === undefined ? null : { code: lazy };
        },
      },
    ],
  });
  return await build.generate({
    dir: folder,
    format: 'cjs',
    exports: 'named',
    entryFileNames: '[name].cjs',
    chunkFileNames: nameChunk,
    // What JSDoc and annotations say is in the sources; licences have a file of their own.
    comments: false,
    sourcemap: true,
    sourcemapExcludeSources: true,
    codeSplitting: {
      includeDependenciesRecursively: false,
      groups: [{ debugName: 'packages', name: chunkOfPackage }],
    },
  });
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
