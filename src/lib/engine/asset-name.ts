import type { Backend } from './backend.ts';

/** What a release is built for. Some are not backends that llamero installs by itself. */
export type AssetBackend = Backend | 'openvino' | 'opencl' | 'kompute' | 'hexagon';

/** What the name of a release's file says. */
export interface AssetName {
  readonly file: string;
  /** Absent where the name has none: the CUDA runtime for Windows. */
  readonly build?: number;
  /** `cudart` is the CUDA runtime, which a CUDA engine needs beside it. */
  readonly kind: 'engine' | 'cudart';
  readonly os: 'linux' | 'macos' | 'windows' | 'android';
  readonly backend: AssetBackend;
  /** The CUDA, ROCm or OpenVINO it is built with: `12.4`, `2026.4.1`. */
  readonly backendVersion?: string;
  /** `x64`, `arm64`, `s390x`. */
  readonly architecture: string;
  /** What sets it apart from others of its kind: `avx2`, `fp16`, `kleidiai`, `radeon`, `adreno`. */
  readonly variant?: string;
  readonly archive: 'tar.gz' | 'zip';
}

/** Longer than any name of a release's file. */
const LONGEST_NAME = 200;

/**
 * The words of a file's name. All files that hold programs are named
 * `llama-<tag>-bin-<system>-<words>`; releases also hold `llama-<tag>-xcframework.zip`,
 * `llama-<tag>-ui.tar.gz` and `nightly-tag.txt`.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/.github/workflows/release.yml
 */
const NAME =
  /^(?<cudart>cudart-)?llama-(?:b(?<build>\d{1,9})-)?bin-(?<words>[\w.-]+)\.(?<archive>tar\.gz|zip)$/u;

/** Systems. Builds for openEuler put a processor in this place and are none that can be chosen. */
const SYSTEMS = new Map<string, AssetName['os']>([
  ['ubuntu', 'linux'],
  ['linux', 'linux'],
  ['macos', 'macos'],
  ['win', 'windows'],
  ['android', 'android'],
]);

const ARCHITECTURES: ReadonlySet<string> = new Set(['x64', 'arm64', 's390x']);

const BACKEND_WORDS = new Map<string, AssetBackend>([
  ['cpu', 'cpu'],
  ['vulkan', 'vulkan'],
  ['cuda', 'cuda'],
  ['rocm', 'rocm'],
  ['hip', 'rocm'],
  ['sycl', 'sycl'],
  ['openvino', 'openvino'],
  ['opencl', 'opencl'],
  ['kompute', 'kompute'],
]);

/** What stands where a backend could and means the CPU, or Metal on Apple silicon. */
const CPU_VARIANTS: ReadonlySet<string> = new Set(
  'avx avx2 avx512 noavx openblas llvm msvc kleidiai'.split(' '),
);

/** What the words after the system add up to. */
interface Words {
  architecture?: string;
  backend?: AssetBackend;
  backendVersion?: string;
  variant?: string;
}

/**
 * Reads the name of a file of a release by its families, whatever the versions in it. Undefined
 * for anything that is no engine and no CUDA runtime, and for families that are not known.
 */
export function parseAssetName(file: string): AssetName | undefined {
  const parts = file.length > LONGEST_NAME ? undefined : NAME.exec(file)?.groups;
  if (parts === undefined) return undefined;
  const [first = '', ...rest] = (parts['words'] ?? '').split('-');
  const os = SYSTEMS.get(first);
  const words = readWords(rest);
  if (os === undefined || words?.architecture === undefined) return undefined;
  const { architecture, backendVersion, variant } = words;
  const backend = words.backend ?? unnamedBackend(os, architecture, variant);
  const kind = parts['cudart'] === undefined ? 'engine' : 'cudart';
  if (backend === undefined || (kind === 'cudart' && backend !== 'cuda')) return undefined;
  return {
    file,
    ...(parts['build'] === undefined ? {} : { build: Number(parts['build']) }),
    kind,
    os,
    backend,
    ...(backendVersion === undefined ? {} : { backendVersion }),
    architecture,
    ...(variant === undefined ? {} : { variant }),
    archive: parts['archive'] === 'zip' ? 'zip' : 'tar.gz',
  };
}

/**
 * The words in any order, for the order has changed: `hip-x64-gfx1030`, `hip-gfx1030-x64`.
 * Undefined when two contradict each other.
 */
function readWords(words: readonly string[]): Words | undefined {
  const found: Words = {};
  for (const word of words) {
    const meaning = readWord(word);
    if (meaning === undefined) return undefined;
    const { variant, ...single } = meaning;
    for (const [key, value] of Object.entries(single)) {
      const before = found[key as keyof Words];
      // `cuda-cu12.4` names the backend twice.
      if (before !== undefined && before !== value) return undefined;
    }
    Object.assign(found, single);
    if (variant !== undefined) {
      found.variant = found.variant === undefined ? variant : `${found.variant}-${variant}`;
    }
  }
  return found;
}

function readWord(word: string): Words | undefined {
  if (ARCHITECTURES.has(word)) return { architecture: word };
  const backend = BACKEND_WORDS.get(word);
  if (backend !== undefined) return { backend };
  if (/^\d{1,9}(?:\.\d{1,9}){0,3}$/u.test(word)) return { backendVersion: word };
  // Until May 2025: `cu12.4`, then for two weeks `cuda12.4`.
  const version = /^cu(?:da)?(?<version>\d{1,9}(?:\.\d{1,9}){0,3})$/u.exec(word)?.groups?.[
    'version'
  ];
  if (version !== undefined) return { backend: 'cuda', backendVersion: version };
  if (word === 'snapdragon') return { backend: 'hexagon', variant: word };
  return /^[a-z]\w*$/iu.test(word) ? { variant: word } : undefined;
}

/** The backend of a name without one. A word that is not known may be one of tomorrow: no guess. */
function unnamedBackend(
  os: AssetName['os'],
  architecture: string,
  variant: string | undefined,
): AssetBackend | undefined {
  if (variant !== undefined && !CPU_VARIANTS.has(variant)) return undefined;
  return os === 'macos' && architecture === 'arm64' ? 'metal' : 'cpu';
}
