import path from 'node:path';

import type { Gpu, Machine } from './machine.ts';
import { askNvidia } from './machine-nvidia.ts';
import { askVulkan, type VulkanDevice } from './machine-vulkan.ts';
import { cleanName, processArchitecture, vendorOf } from './machine-words.ts';
import type { System } from './system.ts';

/** Where Windows keeps its display adapters. */
const ADAPTERS =
  'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';
/** Where it keeps its environment: `PROCESSOR_ARCHITECTURE` there is the machine's own. */
const ENVIRONMENT = 'HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment';

/** What a machine with Windows is. */
export async function detectWindows(system: System): Promise<Machine> {
  const root =
    system.environment['SystemRoot'] ?? system.environment['SYSTEMROOT'] ?? 'C:\\Windows';
  const folder = path.win32.join(root, 'System32');
  const registry = path.win32.join(folder, 'reg.exe');
  const [processor, adapters, nvidia, vulkan, files] = await Promise.all([
    system.run(registry, ['query', ENVIRONMENT, '/v', 'PROCESSOR_ARCHITECTURE']),
    system.run(registry, ['query', ADAPTERS, '/s']),
    askNvidia(system, [
      path.win32.join(folder, 'nvidia-smi.exe'),
      'C:\\Program Files\\NVIDIA Corporation\\NVSMI\\nvidia-smi.exe',
    ]),
    askVulkan(system),
    system.list(folder),
  ]);
  const others = parseAdapters(adapters ?? '').filter(
    (gpu) => gpu.vendor !== 'nvidia' || nvidia.gpus.length === 0,
  );
  const gpus = [...nvidia.gpus, ...others];
  return {
    os: 'windows',
    osVersion: system.release,
    // Without the registry's word an x64 Node emulated on arm64 would pass for an x64 machine.
    architecture: /\bARM64\b/u.test(processor ?? '')
      ? 'arm64'
      : processArchitecture(system.architecture),
    rosetta: false,
    gpus,
    drivers: {
      ...(nvidia.driver === undefined ? {} : { nvidia: nvidia.driver }),
      ...librariesOf(files, gpus, vulkan),
    },
  };
}

/** The drivers that show in the system folder, and only where there is a GPU for them. */
function librariesOf(
  files: readonly string[],
  gpus: readonly Gpu[],
  vulkanDevices: readonly VulkanDevice[] | undefined,
): Pick<Machine['drivers'], 'rocm' | 'vulkan' | 'sycl'> {
  const names = files.map((file) => file.toLowerCase());
  const hip = names.flatMap((name) => /^amdhip64(?:_(?<major>\d{1,3}))?\.dll$/u.exec(name) ?? []);
  const majors = names
    .flatMap((name) => /^amdhip64_(\d{1,3})\.dll$/u.exec(name)?.[1] ?? [])
    .map(Number);
  const device = vulkanDevices?.find(({ software }) => !software);
  const hasVulkan =
    vulkanDevices === undefined || vulkanDevices.length === 0
      ? names.includes('vulkan-1.dll') && gpus.length > 0
      : device !== undefined;
  return {
    ...(hip.length === 0
      ? {}
      : { rocm: majors.length === 0 ? {} : { version: String(Math.max(...majors)) } }),
    ...(hasVulkan
      ? { vulkan: device?.version === undefined ? {} : { version: device.version } }
      : {}),
    ...(names.includes('ze_loader.dll') && gpus.some((gpu) => gpu.vendor === 'intel')
      ? { sycl: {} }
      : {}),
  };
}

/**
 * The adapters in the answer of `reg query … /s`: one key each, named by four digits. Adapters of
 * remote desktops and of no vendor on the PCI bus are left out; Qualcomm's is on no such bus.
 */
function parseAdapters(text: string): Gpu[] {
  return text.split(/^HKEY_LOCAL_MACHINE.*\\(?=\d{4}\s*$)/mu).flatMap((block) => {
    if (!/^\d{4}\s*$/mu.test(block.split('\n')[0] ?? '')) return [];
    // What follows is a key below this one.
    const own = block.split(/^HKEY_/mu)[0] ?? '';
    const value = (key: string): string | undefined =>
      new RegExp(`^\\s+${key}\\s+REG_\\w+\\s+(.*)$`, 'mu').exec(own)?.[1]?.trim();
    const name = cleanName(value('DriverDesc') ?? '');
    const bus = value('MatchingDeviceId')?.toLowerCase() ?? '';
    const vendor = /^pci\\ven_(?<number>[\da-f]{4})/u.exec(bus)?.groups?.['number'];
    if (name === undefined || (vendor === undefined && !bus.includes('qcom'))) return [];
    const memory = Number(value('HardwareInformation\\.qwMemorySize') ?? 0);
    return [
      {
        vendor: vendor === undefined ? 'other' : vendorOf(vendor),
        name,
        ...(Number.isSafeInteger(memory) && memory > 0 ? { memory } : {}),
      },
    ];
  });
}
