import { isAtLeast, majorVersion } from './dotted-version.ts';
import type { Machine } from './machine.ts';

/** How well a CUDA build suits a machine. `minor` is a newer CUDA of the driver's own major version. */
export type CudaFit = 'full' | 'minor' | 'none';

/**
 * The least compute capability that a major version of CUDA runs on: CUDA 13 dropped Maxwell,
 * Pascal and Volta.
 * Source: https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html
 */
const LEAST_COMPUTE_CAPABILITY: readonly (readonly [major: number, least: string])[] = [
  [13, '7.5'],
  [12, '5.0'],
];

/**
 * The CUDA that each branch of the driver brings, the newest first. Only needed where nvidia-smi,
 * which says it, is not there.
 * Source: https://docs.nvidia.com/cuda/cuda-toolkit-release-notes/index.html, table of drivers
 */
const CUDA_OF_DRIVERS: readonly (readonly [branch: number, cuda: string])[] = [
  [590, '13.1'],
  [580, '13.0'],
  [575, '12.9'],
  [570, '12.8'],
  [565, '12.7'],
  [560, '12.6'],
  [555, '12.5'],
  [550, '12.4'],
  [545, '12.3'],
  [535, '12.2'],
  [530, '12.1'],
  [525, '12.0'],
  [520, '11.8'],
  [515, '11.7'],
];

/** The newest CUDA that a driver is known to support, by its own version: `12.4` for `550.163.01`. */
export function cudaOfDriver(driver: string): string | undefined {
  const branch = majorVersion(driver);
  return CUDA_OF_DRIVERS.find(([from]) => branch >= from)?.[1];
}

/**
 * Whether a build made with a version of CUDA runs on a machine.
 *
 * A driver runs every CUDA up to its own. It also runs a newer one of the same major version, but
 * then cannot translate PTX code, and for most processors llama.cpp ships nothing else: machine
 * code is there for 8.6 (which 8.7 and 8.9 run too), 12.0 and 12.1.
 * Sources: https://docs.nvidia.com/deploy/cuda-compatibility/minor-version-compatibility.html,
 * https://github.com/ggml-org/llama.cpp/blob/master/ggml/src/ggml-cuda/CMakeLists.txt
 */
export function fitCuda(version: string, machine: Machine): CudaFit {
  const driver = machine.drivers.nvidia;
  if (driver === undefined) return 'none';
  const capabilities = machine.gpus
    .filter((gpu) => gpu.vendor === 'nvidia')
    .map((gpu) => gpu.computeCapability);
  const major = majorVersion(version);
  const least = LEAST_COMPUTE_CAPABILITY.find(([from]) => major >= from)?.[1];
  if (
    least !== undefined &&
    capabilities.some((capability) => capability !== undefined && !isAtLeast(capability, least))
  ) {
    return 'none';
  }
  if (isAtLeast(driver.cuda, version)) return 'full';
  const native =
    capabilities.length > 0 && capabilities.every((capability) => hasMachineCode(capability));
  return native && major === majorVersion(driver.cuda) ? 'minor' : 'none';
}

function hasMachineCode(capability: string | undefined): boolean {
  return capability !== undefined && /^(?:8\.[6-9]|12\.[01])$/u.test(capability);
}
