import { type Backend, BACKEND_NAMES } from './backend.ts';
import { isAtLeast } from './dotted-version.ts';
import type { Machine } from './machine.ts';

/** Why no build of llama.cpp runs on a machine, and what would. */
export interface PlatformRefusal {
  readonly reason: string;
  readonly hint: string;
}

/**
 * The C library that builds for Linux are linked against: Ubuntu 22.04's, and Ubuntu 24.04's with
 * its newer compiler for arm64, ROCm and SYCL.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/.github/workflows/release.yml
 */
const OLD_GLIBC = '2.35';
const NEW_GLIBC = '2.38';
const BACKENDS_ON_NEW_GLIBC: ReadonlySet<Backend> = new Set(['rocm', 'sycl']);

/**
 * The macOS that builds are made for.
 * Source: https://github.com/ggml-org/llama.cpp/issues/26370
 */
const OLDEST_MACOS = '13.3';
const NEWER_MACOS = '26.0';
/**
 * Builds whose files for Apple silicon start on macOS 26 only. The first were linked on that system
 * (29 May to 4 August 2026), the second need a library that came with it (25 to 28 August). The
 * numbers are read off releases of those days; what lies on their edges is left to the trial.
 * Sources: https://github.com/ggml-org/llama.cpp/issues/26370,
 * https://github.com/ggml-org/llama.cpp/pull/27815
 */
const BUILDS_ON_NEWER_MACOS: readonly (readonly [from: number, to: number])[] = [
  [9350, 10_230],
  [10_622, 10_660],
];

const NAME_ONE = 'or set LLAMERO_LLAMA_SERVER to the path of a llama-server';

/** Why no release has anything that runs here; undefined where releases do. */
export function refusePlatform(machine: Machine): PlatformRefusal | undefined {
  const { os, architecture, libc, osVersion } = machine;
  if (os === 'other') {
    return {
      reason: 'llama.cpp publishes no builds for this operating system',
      hint: `Install it with the package manager of the system (FreeBSD and Termux: \`pkg install llama-cpp\`), ${NAME_ONE}`,
    };
  }
  if (architecture === 'other') {
    return {
      reason: `llama.cpp publishes no builds for this processor on ${systemName(machine)}`,
      hint: `Build llama.cpp on this machine, ${NAME_ONE}`,
    };
  }
  if (libc?.kind === 'musl') {
    return {
      reason: 'the builds for Linux need glibc, and this system has musl',
      hint: `Install llama.cpp with a package manager (\`apk add llama.cpp\`, \`nix profile install nixpkgs#llama-cpp\`), ${NAME_ONE}`,
    };
  }
  if (libc?.version !== undefined && !isAtLeast(libc.version, glibcFloor(architecture, 'cpu'))) {
    return {
      reason: `the builds for Linux ${architecture} need glibc ${glibcFloor(architecture, 'cpu')}, and this system has ${libc.version}`,
      hint: `Install llama.cpp with a package manager that brings its own libraries (\`brew install llama.cpp\`, \`conda install -c conda-forge llama.cpp\`, \`nix profile install nixpkgs#llama-cpp\`), ${NAME_ONE}`,
    };
  }
  if (os === 'macos' && osVersion !== undefined && !isAtLeast(osVersion, OLDEST_MACOS)) {
    return {
      reason: `the builds need macOS ${OLDEST_MACOS}, and this is macOS ${osVersion}`,
      hint: `Update macOS, install llama.cpp with a package manager (\`port install llama.cpp\`, \`brew install llama.cpp\`), ${NAME_ONE}`,
    };
  }
  return undefined;
}

/** Why the files of one build do not run here though those of others do; undefined where they do. */
export function refuseBuild(machine: Machine, build: number): string | undefined {
  const { os, osVersion, architecture } = machine;
  if (os !== 'macos' || architecture !== 'arm64' || osVersion === undefined) return undefined;
  if (isAtLeast(osVersion, NEWER_MACOS)) return undefined;
  const affected = BUILDS_ON_NEWER_MACOS.some(([from, to]) => build >= from && build <= to);
  return affected
    ? `a build for macOS ${osVersion} (b${build} needs macOS ${NEWER_MACOS.replace('.0', '')})`
    : undefined;
}

/** Why the builds with a backend do not run here though plainer ones do; undefined where they do. */
export function refuseBackend(machine: Machine, backend: Backend): string | undefined {
  const { architecture, libc } = machine;
  if (libc?.version === undefined || architecture === 'other') return undefined;
  const floor = glibcFloor(architecture, backend);
  return isAtLeast(libc.version, floor)
    ? undefined
    : `the ${BACKEND_NAMES[backend]} builds need glibc ${floor}, and this system has ${libc.version}`;
}

/** The machine's system and processor in a sentence: `Linux x64`. */
export function platformName(machine: Machine): string {
  return `${systemName(machine)} ${machine.architecture}`;
}

function systemName({ os }: Machine): string {
  const names = { linux: 'Linux', macos: 'macOS', windows: 'Windows', other: 'this system' };
  return names[os];
}

function glibcFloor(architecture: 'x64' | 'arm64', backend: Backend): string {
  return architecture === 'arm64' || BACKENDS_ON_NEW_GLIBC.has(backend) ? NEW_GLIBC : OLD_GLIBC;
}
