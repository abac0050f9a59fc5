import type { Gpu, Machine } from './machine.ts';
import { type GraphicsCard, listCards, nameCards } from './machine-cards.ts';
import { listLibraries } from './machine-libraries.ts';
import { askNvidia, readNvidiaFiles } from './machine-nvidia.ts';
import { askVulkan, type VulkanDevice } from './machine-vulkan.ts';
import { dottedNumber, processArchitecture } from './machine-words.ts';
import type { System } from './system.ts';

/** Where the descriptions of Vulkan's drivers lie: https://vulkan.lunarg.com/doc/sdk/latest/linux/LoaderDriverInterface.html */
const VULKAN_DRIVERS = [
  '/usr/share/vulkan/icd.d',
  '/usr/local/share/vulkan/icd.d',
  '/etc/vulkan/icd.d',
];

/** Which GPUs a driver of Vulkan is for, by the name of its description. */
const VULKAN_DRIVER_NAMES: readonly (readonly [vendor: Gpu['vendor'], pattern: RegExp])[] = [
  ['nvidia', /^(?:nvidia|nouveau)/u],
  ['amd', /^(?:radeon|amd)/u],
  ['intel', /^intel/u],
  ['other', /^(?:freedreno|panfrost|asahi)/u],
];

/** What a machine with Linux is. */
export async function detectLinux(system: System): Promise<Machine> {
  const architecture = processArchitecture(system.architecture);
  const [libc, libraries, smi, cards, vulkanDevices] = await Promise.all([
    detectLibc(system),
    listLibraries(system, architecture),
    // The second is where WSL has it, which not every login puts on PATH.
    askNvidia(system, ['nvidia-smi', '/usr/lib/wsl/lib/nvidia-smi']),
    listCards(system),
    askVulkan(system),
  ]);
  const nvidia =
    smi.driver === undefined ? await readNvidiaFiles(system, libraries.has('libcuda.so.1')) : smi;
  const named = nameCards(cards, vulkanDevices ?? []);
  const gpus = [
    ...nvidia.gpus,
    ...named.filter(({ vendor }) => vendor !== 'nvidia' || nvidia.gpus.length === 0),
  ];
  const [rocm, vulkan] = await Promise.all([
    detectRocm(system, libraries),
    detectVulkan(system, libraries, vulkanDevices, cards),
  ]);
  return {
    os: 'linux',
    osVersion: system.release,
    architecture,
    rosetta: false,
    ...(libc === undefined ? {} : { libc }),
    gpus,
    drivers: {
      ...(nvidia.driver === undefined ? {} : { nvidia: nvidia.driver }),
      ...(rocm === undefined ? {} : { rocm }),
      ...(vulkan === undefined ? {} : { vulkan }),
      ...(hasSycl(libraries) ? { sycl: {} } : {}),
    },
  };
}

/** The C library: glibc answers getconf, musl does not and names itself under `ldd`. */
async function detectLibc(system: System): Promise<Machine['libc']> {
  const [configuration, loader] = await Promise.all([
    system.run('getconf', ['GNU_LIBC_VERSION']),
    system.run('ldd', ['--version']),
  ]);
  return (
    parseLibc(configuration ?? '') ??
    parseLibc(loader ?? '') ??
    ((await system.list('/lib')).some((name) => name.startsWith('ld-musl-'))
      ? { kind: 'musl' }
      : undefined)
  );
}

/**
 * `glibc 2.36` of getconf, `ldd (Ubuntu GLIBC 2.35-0ubuntu3.8) 2.35` and `ldd (GNU libc) 2.34` of
 * glibc's ldd, `musl libc (x86_64)\nVersion 1.2.5` of musl's.
 */
export function parseLibc(text: string): Machine['libc'] {
  if (/^musl libc/mu.test(text)) {
    const version = dottedNumber(/^Version.*$/mu.exec(text)?.[0]);
    return { kind: 'musl', ...(version === undefined ? {} : { version }) };
  }
  const line = /^(?:glibc |ldd \().*$/mu.exec(text)?.[0];
  const version = dottedNumber(line?.replace(/\(.*\)/u, ''));
  return version === undefined ? undefined : { kind: 'glibc', version };
}

/** The ROCm runtime, and the kernel's door to the GPUs, without which it finds none. */
async function detectRocm(
  system: System,
  libraries: ReadonlySet<string>,
): Promise<Machine['drivers']['rocm']> {
  const library = [...libraries].find((name) => name.startsWith('libamdhip64.so'));
  if (library === undefined || !(await system.exists('/dev/kfd'))) return undefined;
  const version =
    dottedNumber(await system.readText('/opt/rocm/.info/version')) ??
    /\.so\.(?<major>\d{1,3})/u.exec(library)?.groups?.['major'];
  return version === undefined ? {} : { version };
}

/** Vulkan's loader with a driver for a GPU that is there: what vulkaninfo says, else what the files say. */
async function detectVulkan(
  system: System,
  libraries: ReadonlySet<string>,
  devices: readonly VulkanDevice[] | undefined,
  cards: readonly GraphicsCard[],
): Promise<Machine['drivers']['vulkan']> {
  const device = devices?.find(({ software }) => !software);
  if (device !== undefined) return device.version === undefined ? {} : { version: device.version };
  if ((devices?.length ?? 0) > 0 || !libraries.has('libvulkan.so.1')) return undefined;
  const [drivers, nodes] = await Promise.all([
    Promise.all(VULKAN_DRIVERS.map((folder) => system.list(folder))),
    system.list('/dev'),
  ]);
  const renders = (await system.list('/dev/dri')).some((name) => name.startsWith('renderD'));
  const isReachable = (vendor: Gpu['vendor']): boolean =>
    (renders && (vendor === 'other' || cards.some((card) => card.vendor === vendor))) ||
    (vendor === 'nvidia' && nodes.includes('nvidiactl'));
  const usable = VULKAN_DRIVER_NAMES.some(
    ([vendor, pattern]) =>
      isReachable(vendor) && drivers.flat().some((driver) => pattern.test(driver)),
  );
  return usable ? {} : undefined;
}

/**
 * Level Zero with its driver, and the oneAPI runtime, which the builds for Linux do not hold.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/docs/backend/SYCL.md
 */
function hasSycl(libraries: ReadonlySet<string>): boolean {
  const names = [...libraries];
  return ['libze_loader.so', 'libze_intel_gpu.so', 'libsycl.so'].every((library) =>
    names.some((name) => name.startsWith(library)),
  );
}
