import type { Engine } from './engine.ts';
import { type FindOptions, findEngine } from './find.ts';
import { probeCacheFile } from './probe-cache.ts';
import { probeEngine } from './probe.ts';

/** Where to look, and where the answers of earlier looks are kept. */
export interface ResolveOptions extends FindOptions {
  readonly runFolder: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Finds the llama-server to use and asks it what it can do.
 *
 * @throws LlameroError ENGINE_MISSING, ENGINE_UNUSABLE
 */
export async function resolveEngine(options: ResolveOptions): Promise<Engine> {
  const candidate = await findEngine(options);
  return probeEngine(candidate, {
    cacheFile: probeCacheFile(options.runFolder),
    signal: options.signal,
  });
}
