import type { Gpu, Machine } from '../../../src/lib/engine/machine.ts';

const GIB = 1024 ** 3;

function nvidia(name: string, computeCapability?: string): Gpu {
  return {
    vendor: 'nvidia',
    name,
    memory: 12 * GIB,
    ...(computeCapability === undefined ? {} : { computeCapability }),
  };
}

export const RTX_3060 = nvidia('NVIDIA GeForce RTX 3060', '8.6');
export const RTX_4070 = nvidia('NVIDIA GeForce RTX 4070', '8.9');
export const RTX_5090 = nvidia('NVIDIA GeForce RTX 5090', '12.0');
export const GTX_1080 = nvidia('NVIDIA GeForce GTX 1080', '6.1');
export const GTX_680 = nvidia('NVIDIA GeForce GTX 680', '3.0');
export const A100 = nvidia('NVIDIA A100-SXM4-40GB', '8.0');
export const GB10 = nvidia('NVIDIA GB10', '12.1');
export const UNKNOWN_NVIDIA = nvidia('NVIDIA GPU 10de:2204');
export const RX_7900 = { vendor: 'amd', name: 'AMD Radeon RX 7900 XTX' } as const;
export const ARC = { vendor: 'intel', name: 'Intel(R) Arc(TM) A770 Graphics' } as const;
export const ADRENO = { vendor: 'other', name: 'Qualcomm(R) Adreno(TM) X1-85 GPU' } as const;

/** The drivers of NVIDIA by their branch, with the CUDA they bring. */
export const DRIVERS = {
  470: { version: '470.256.02', cuda: '11.4' },
  550: { version: '550.163.01', cuda: '12.4' },
  570: { version: '570.133.07', cuda: '12.8' },
  580: { version: '580.95.05', cuda: '13.0' },
  610: { version: '610.43.02', cuda: '13.4' },
} as const;

export const VULKAN = { vulkan: { version: '1.3.275' } };

type Changes = Partial<Pick<Machine, 'gpus' | 'drivers' | 'libc' | 'osVersion'>>;

/** A machine with Linux, Ubuntu 24.04's glibc unless told. */
export function linux(
  architecture: Machine['architecture'],
  gpus: readonly Gpu[] = [],
  drivers: Machine['drivers'] = {},
  changes: Changes = {},
): Machine {
  return {
    os: 'linux',
    osVersion: '6.8.0',
    architecture,
    rosetta: false,
    libc: { kind: 'glibc', version: '2.39' },
    gpus,
    drivers,
    ...changes,
  };
}

/** A Mac. */
export function mac(architecture: 'x64' | 'arm64', osVersion: string, rosetta = false): Machine {
  const gpus = architecture === 'arm64' ? [{ vendor: 'apple', name: 'Apple M2' } as const] : [];
  return { os: 'macos', osVersion, architecture, rosetta, gpus, drivers: {} };
}

/** A machine with Windows 11. */
export function windows(
  architecture: 'x64' | 'arm64',
  gpus: readonly Gpu[] = [],
  drivers: Machine['drivers'] = {},
): Machine {
  return { os: 'windows', osVersion: '10.0.26100', architecture, rosetta: false, gpus, drivers };
}

/** Another system: FreeBSD, Android. */
export function another(architecture: Machine['architecture']): Machine {
  return { os: 'other', architecture, rosetta: false, gpus: [], drivers: {} };
}
