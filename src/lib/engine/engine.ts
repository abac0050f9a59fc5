import type { EngineCandidate } from './find.ts';

/** A llama-server that was found and answers. */
export interface Engine {
  /**
   * The program and what stands before its flags: `['/x/llama-server']`, `['/x/llama', 'serve']`.
   */
  readonly command: readonly [string, ...string[]];
  /**
   * The folder it lives in. It must be the working directory of the process: see {@link
   * EngineCandidate}.
   */
  readonly folder: string;
  readonly origin: EngineCandidate['origin'];
  /** llama.cpp's build number (11669 for `b11669`), where it says one. */
  readonly build?: number;
  /** The version as it calls itself: `0.7.0`. Older builds have none. */
  readonly version?: string;
  /** Every flag it accepts, with its dashes: `--ctx-size`, `-c`. */
  readonly flags: ReadonlySet<string>;
}

/** The engine in a few words: `llama.cpp b11669 (0.7.0)`. */
export function describeEngine(engine: {
  readonly build?: number | undefined;
  readonly version?: string | undefined;
}): string {
  const build = engine.build === undefined ? '' : ` b${engine.build}`;
  if (engine.version === undefined) return `llama.cpp${build}`;
  return build === '' ? `llama.cpp ${engine.version}` : `llama.cpp${build} (${engine.version})`;
}
