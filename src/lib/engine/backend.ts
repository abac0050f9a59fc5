import { isAtLeast } from './dotted-version.ts';
import type { Gpu, Machine } from './machine.ts';

/** The backends that llamero installs by itself, in order of preference. */
export const BACKENDS = ['metal', 'cuda', 'rocm', 'vulkan', 'sycl', 'cpu'] as const;

/** What llama.cpp computes with. */
export type Backend = (typeof BACKENDS)[number];

/** Whether a backend could run on a machine, and why or why not. */
export interface BackendVerdict {
  readonly backend: Backend;
  readonly usable: boolean;
  /** One plain line, for both. */
  readonly reason: string;
  /** What the driver offers, where that decides which build fits: CUDA `13.0`. */
  readonly version?: string;
}

/** How backends are called in a sentence. */
export const BACKEND_NAMES = {
  metal: 'Metal',
  cuda: 'CUDA',
  rocm: 'ROCm',
  vulkan: 'Vulkan',
  sycl: 'SYCL',
  cpu: 'CPU',
} as const satisfies Record<Backend, string>;

/** The oldest CUDA that builds of llama.cpp are made with. */
const OLDEST_CUDA = '12.0';
/**
 * The least that CUDA 12 runs on: Maxwell.
 * Source: https://docs.nvidia.com/cuda/archive/12.8.0/cuda-toolkit-release-notes/index.html
 */
const OLDEST_COMPUTE_CAPABILITY = '5.0';

type Verdict = Omit<BackendVerdict, 'backend'>;

const JUDGES: Readonly<Record<Backend, (machine: Machine) => Verdict>> = {
  metal: judgeMetal,
  cuda: judgeCuda,
  rocm: judgeRocm,
  vulkan: judgeVulkan,
  sycl: judgeSycl,
  cpu: judgeCpu,
};

/** Which backends could run on a machine, in order of preference, and why the others could not. */
export function judgeBackends(machine: Machine): readonly BackendVerdict[] {
  return BACKENDS.map((backend) => ({ backend, ...JUDGES[backend](machine) }));
}

/** What is found out about one backend. */
export function judgeBackend(machine: Machine, backend: Backend): BackendVerdict {
  return { backend, ...JUDGES[backend](machine) };
}

function judgeMetal({ os, architecture, gpus }: Machine): Verdict {
  if (os !== 'macos') return no('Metal is on macOS only');
  if (architecture !== 'arm64') return no('the builds for Intel Macs have no Metal');
  return yes(gpuNames(gpus, 'apple') ?? 'Apple silicon');
}

function judgeCuda(machine: Machine): Verdict {
  const { os, gpus, drivers } = machine;
  if (os === 'macos') return no('there is no CUDA on macOS');
  const cards = gpus.filter((gpu) => gpu.vendor === 'nvidia');
  const names = gpuNames(gpus, 'nvidia');
  const driver = drivers.nvidia;
  if (driver === undefined) {
    return no(
      names === undefined
        ? 'no NVIDIA GPU was found'
        : `${names}: the NVIDIA driver was not found (nvidia-smi, libcuda)`,
    );
  }
  const offer = `driver ${driver.version} supports CUDA up to ${driver.cuda}`;
  const found = `${names ?? 'NVIDIA GPU'}, ${offer}`;
  if (!isAtLeast(driver.cuda, OLDEST_CUDA)) {
    return no(`${found}, and builds need ${OLDEST_CUDA} or newer`);
  }
  const tooOld = cards.find(
    ({ computeCapability }) =>
      computeCapability !== undefined && !isAtLeast(computeCapability, OLDEST_COMPUTE_CAPABILITY),
  );
  if (tooOld !== undefined) {
    return no(
      `${tooOld.name} has compute capability ${tooOld.computeCapability}, and CUDA 12 needs ${OLDEST_COMPUTE_CAPABILITY}`,
    );
  }
  return { ...yes(found), version: driver.cuda };
}

function judgeRocm({ os, architecture, gpus, drivers }: Machine): Verdict {
  if (os === 'macos') return no('there is no ROCm on macOS');
  if (architecture !== 'x64') return no('the builds with ROCm are for x64 only');
  const names = gpuNames(gpus, 'amd');
  if (names === undefined) return no('no AMD GPU was found');
  if (drivers.rocm === undefined) {
    return no(`${names}: the ROCm runtime was not found (amdhip64)`);
  }
  const { version } = drivers.rocm;
  return {
    ...yes(`${names}, ROCm${version === undefined ? '' : ` ${version}`} is installed`),
    ...(version === undefined ? {} : { version }),
  };
}

function judgeVulkan({ os, gpus, drivers }: Machine): Verdict {
  if (os === 'macos') return no('the builds for macOS have no Vulkan');
  if (drivers.vulkan === undefined) {
    const loader = os === 'windows' ? 'vulkan-1.dll' : 'libvulkan.so.1';
    return no(`no Vulkan driver of a GPU was found (${loader})`);
  }
  const { version } = drivers.vulkan;
  const names = gpus.map((gpu) => gpu.name).join(', ');
  return {
    ...yes(
      `${names === '' ? 'a GPU' : names} with Vulkan${version === undefined ? '' : ` ${version}`}`,
    ),
    ...(version === undefined ? {} : { version }),
  };
}

function judgeSycl({ os, architecture, gpus, drivers }: Machine): Verdict {
  if (os === 'macos') return no('there is no SYCL on macOS');
  if (architecture !== 'x64') return no('the builds with SYCL are for x64 only');
  const names = gpuNames(gpus, 'intel');
  if (names === undefined) return no('no Intel GPU was found');
  if (drivers.sycl === undefined) {
    return no(
      os === 'windows'
        ? `${names}: the Level Zero driver was not found (ze_loader.dll)`
        : `${names}: the Level Zero driver and the oneAPI runtime were not found (libze_loader, libsycl)`,
    );
  }
  return yes(`${names} with Level Zero`);
}

function judgeCpu({ os, architecture }: Machine): Verdict {
  if (os === 'macos' && architecture === 'arm64') {
    return no('the build for Apple silicon is the one with Metal; `--n-gpu-layers 0` uses the CPU');
  }
  return yes('computes on the processor, slower than on a GPU');
}

/** The names of a vendor's GPUs, or undefined where there is none. */
function gpuNames(gpus: readonly Gpu[], vendor: Gpu['vendor']): string | undefined {
  const names = gpus.filter((gpu) => gpu.vendor === vendor).map((gpu) => gpu.name);
  return names.length === 0 ? undefined : [...new Set(names)].join(', ');
}

function yes(reason: string): Verdict {
  return { usable: true, reason };
}

function no(reason: string): Verdict {
  return { usable: false, reason };
}
