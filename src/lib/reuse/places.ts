import path from 'node:path';

import { type Environment, type EnvironmentVariable, readVariable } from '../config/environment.ts';
import { expandTilde } from '../config/paths.ts';

/** How a tool names and arranges the files it keeps. */
export type PlaceLayout = 'hub cache' | 'ollama' | 'llama.cpp' | 'lm studio' | 'llamero';

/** A folder in which a tool keeps model files. It need not exist. */
export interface Place {
  /** The tool, as a sentence names it: `linked from Ollama`. */
  readonly name: string;
  readonly layout: PlaceLayout;
  /** Absolute. */
  readonly folder: string;
  /**
   * A file which, where it exists, holds the path of the tool's home; the files are then in
   * `models` in that home, not in `folder`. Absolute.
   */
  readonly pointer?: string;
}

/** What decides where other tools keep their files. */
export interface PlaceSources {
  readonly environment: Environment;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
}

/** Where Ollama's installer for Linux lets the service of the user `ollama` keep its files. */
const OLLAMA_SERVICE = '/usr/share/ollama/.ollama/models';

/**
 * The folders in which other tools of this user keep model files. Sources of the rules:
 *
 * - Hugging Face: https://huggingface.co/docs/huggingface_hub/package_reference/environment_variables
 * - Ollama: https://github.com/ollama/ollama/blob/main/docs/faq.mdx#where-are-models-stored
 * - llama.cpp: https://github.com/ggml-org/llama.cpp/pull/20775 (the hub cache), and
 *   `fs_get_cache_directory` in common/common.cpp (its own folder, used before that)
 * - LM Studio: `findLMStudioHome` in https://github.com/lmstudio-ai/lms
 */
export function otherPlaces(sources: PlaceSources): readonly Place[] {
  const { environment, platform } = sources;
  const own = pathsOf(platform);
  const home = sources.homeDirectory;
  const llamaCache = folderOf(sources, 'LLAMA_CACHE');
  const ollamaModels = folderOf(sources, 'OLLAMA_MODELS');
  const all: Place[] = [
    { name: 'the Hugging Face cache', layout: 'hub cache', folder: hubCache(sources) },
    ...(ollamaModels === undefined ? [] : [ollama(ollamaModels)]),
    ollama(own.join(home, '.ollama', 'models')),
    ...(platform === 'linux' ? [ollama(OLLAMA_SERVICE)] : []),
    ...(llamaCache === undefined
      ? [llamaCpp('llama.cpp', llamaCppFolder({ environment, homeDirectory: home, platform }))]
      : [llamaCpp('hub cache', llamaCache), llamaCpp('llama.cpp', llamaCache)]),
    {
      name: 'LM Studio',
      layout: 'lm studio',
      folder: own.join(home, '.lmstudio', 'models'),
      pointer: own.join(home, '.lmstudio-home-pointer'),
    },
    {
      name: 'LM Studio',
      layout: 'lm studio',
      folder: own.join(home, '.cache', 'lm-studio', 'models'),
    },
  ];
  const first = new Map(
    all.toReversed().map((place) => [`${place.layout} ${place.folder}`, place]),
  );
  return all.filter((place) => first.get(`${place.layout} ${place.folder}`) === place);
}

function ollama(folder: string): Place {
  return { name: 'Ollama', layout: 'ollama', folder };
}

function llamaCpp(layout: PlaceLayout, folder: string): Place {
  return { name: 'llama.cpp', layout, folder };
}

/** The cache of huggingface_hub, which llama.cpp, transformers and others share. */
function hubCache(sources: PlaceSources): string {
  const own = pathsOf(sources.platform);
  const named = folderOf(sources, 'HF_HUB_CACHE') ?? folderOf(sources, 'HUGGINGFACE_HUB_CACHE');
  if (named !== undefined) return named;
  const home = folderOf(sources, 'HF_HOME') ?? own.join(cacheFolder(sources), 'huggingface');
  return own.join(home, 'hub');
}

/** Where llama.cpp kept its downloads before it took to the hub cache, in March 2026. */
function llamaCppFolder(sources: PlaceSources): string {
  const { homeDirectory: home } = sources;
  switch (sources.platform) {
    case 'darwin':
      return path.posix.join(home, 'Library', 'Caches', 'llama.cpp');
    case 'win32': {
      const local = folderOf(sources, 'LOCALAPPDATA') ?? path.win32.join(home, 'AppData', 'Local');
      return path.win32.join(local, 'llama.cpp');
    }
    default:
      return path.posix.join(cacheFolder(sources), 'llama.cpp');
  }
}

function cacheFolder(sources: PlaceSources): string {
  return (
    folderOf(sources, 'XDG_CACHE_HOME') ??
    pathsOf(sources.platform).join(sources.homeDirectory, '.cache')
  );
}

/** The folder that a variable names; a relative one counts from the current folder, as for the tools. */
function folderOf(
  { environment, homeDirectory, platform }: PlaceSources,
  name: EnvironmentVariable,
): string | undefined {
  const text = readVariable(environment, name);
  return text === undefined
    ? undefined
    : pathsOf(platform).resolve(expandTilde(text, homeDirectory));
}

function pathsOf(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}
