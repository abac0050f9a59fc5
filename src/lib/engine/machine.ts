import { detectLinux } from './machine-linux.ts';
import { detectMacos } from './machine-macos.ts';
import { detectWindows } from './machine-windows.ts';
import { processArchitecture } from './machine-words.ts';
import type { System } from './system.ts';

/** A graphics processor, or what the system says is one. */
export interface Gpu {
  readonly vendor: 'nvidia' | 'amd' | 'intel' | 'apple' | 'other';
  readonly name: string;
  /** Its own memory, in bytes. */
  readonly memory?: number;
  /** What an NVIDIA card can do: `8.6`. */
  readonly computeCapability?: string;
}

/** What a build of llama.cpp has to fit. */
export interface Machine {
  readonly os: 'linux' | 'macos' | 'windows' | 'other';
  /** `15.1` of macOS, `10.0.22631` of Windows, the kernel's release elsewhere. */
  readonly osVersion?: string;
  /** Of the machine, not of this program: an x64 Node under Rosetta stands on arm64. */
  readonly architecture: 'x64' | 'arm64' | 'other';
  /** Whether this program is an x64 one that Rosetta translates. */
  readonly rosetta: boolean;
  /** The C library, on Linux. */
  readonly libc?: { readonly kind: 'glibc' | 'musl'; readonly version?: string };
  readonly gpus: readonly Gpu[];
  /** What a program can reach the GPUs through, as far as it is there. */
  readonly drivers: {
    /** `cuda` is the newest CUDA that the driver supports: `13.0`. */
    readonly nvidia?: { readonly version: string; readonly cuda: string };
    readonly rocm?: { readonly version?: string };
    /** There when a GPU can be reached through it, not for a renderer in software. */
    readonly vulkan?: { readonly version?: string };
    readonly sycl?: object;
  };
}

/**
 * Finds out what this machine is, by asking what is there: programs of the drivers, files of the
 * system. What does not answer in time counts as absent; nothing is thrown.
 */
export async function detectMachine(system: System): Promise<Machine> {
  switch (system.platform) {
    case 'linux':
      return detectLinux(system);
    case 'darwin':
      return detectMacos(system);
    case 'win32':
      return detectWindows(system);
    default:
      return {
        os: 'other',
        osVersion: system.release,
        architecture: processArchitecture(system.architecture),
        rosetta: false,
        gpus: [],
        drivers: {},
      };
  }
}
