import { describe, expect, test } from 'vitest';

import { type Backend, BACKENDS, judgeBackends } from '../../../src/lib/engine/backend.ts';
import { cudaOfDriver, fitCuda } from '../../../src/lib/engine/cuda-fit.ts';
import { compareVersions } from '../../../src/lib/engine/dotted-version.ts';
import type { Machine } from '../../../src/lib/engine/machine.ts';
import {
  A100,
  another,
  ARC,
  DRIVERS,
  GB10,
  GTX_1080,
  GTX_680,
  linux,
  mac,
  RTX_3060,
  RTX_4070,
  RX_7900,
  VULKAN,
  windows,
} from './machines.ts';

function usable(machine: Machine): string {
  return judgeBackends(machine)
    .filter((verdict) => verdict.usable)
    .map((verdict) => verdict.backend)
    .join(' ');
}

function reason(machine: Machine, backend: Backend): string | undefined {
  return judgeBackends(machine).find((verdict) => verdict.backend === backend)?.reason;
}

describe('the backends of a machine', () => {
  test.each([
    [linux('x64'), 'cpu'],
    [linux('x64', [RTX_4070]), 'cpu'],
    [linux('x64', [RTX_4070], { nvidia: DRIVERS[580], ...VULKAN }), 'cuda vulkan cpu'],
    [linux('x64', [GTX_680], { nvidia: DRIVERS[470], ...VULKAN }), 'vulkan cpu'],
    [linux('x64', [RX_7900], { rocm: {}, ...VULKAN }), 'rocm vulkan cpu'],
    [linux('x64', [ARC], { sycl: {}, ...VULKAN }), 'vulkan sycl cpu'],
    [linux('x64', [], { rocm: {}, sycl: {} }), 'cpu'],
    [linux('arm64', [RX_7900], { rocm: {}, ...VULKAN }), 'vulkan cpu'],
    [linux('arm64', [GB10], { nvidia: DRIVERS[580] }), 'cuda cpu'],
    [mac('arm64', '15.6'), 'metal'],
    [mac('x64', '15.6'), 'cpu'],
    [
      windows('x64', [RTX_4070, ARC], { nvidia: DRIVERS[610], ...VULKAN, sycl: {} }),
      'cuda vulkan sycl cpu',
    ],
    [windows('arm64'), 'cpu'],
    [another('x64'), 'cpu'],
  ])('%#: those that run are told in order of preference', (machine, expected) => {
    expect(usable(machine)).toBe(expected);
  });

  test('every one is judged, in order, with a reason on one line', () => {
    const verdicts = judgeBackends(linux('x64'));
    expect(verdicts.map(({ backend }) => backend)).toEqual([...BACKENDS]);
    for (const verdict of verdicts) expect(verdict.reason).toMatch(/^[^\n]{10,}$/u);
  });

  test.each<readonly [Machine, Backend, string]>([
    [linux('x64'), 'cuda', 'no NVIDIA GPU was found'],
    [
      linux('x64', [RTX_4070]),
      'cuda',
      'NVIDIA GeForce RTX 4070: the NVIDIA driver was not found (nvidia-smi, libcuda)',
    ],
    [
      linux('x64', [RTX_3060], { nvidia: DRIVERS[470] }),
      'cuda',
      'NVIDIA GeForce RTX 3060, driver 470.256.02 supports CUDA up to 11.4, and builds need 12.0 or newer',
    ],
    [
      linux('x64', [GTX_680], { nvidia: DRIVERS[580] }),
      'cuda',
      'NVIDIA GeForce GTX 680 has compute capability 3.0, and CUDA 12 needs 5.0',
    ],
    [
      linux('x64', [RTX_4070, RTX_4070], { nvidia: DRIVERS[580] }),
      'cuda',
      'NVIDIA GeForce RTX 4070, driver 580.95.05 supports CUDA up to 13.0',
    ],
    [linux('x64'), 'rocm', 'no AMD GPU was found'],
    [
      linux('x64', [RX_7900], { rocm: { version: '7.0.2' } }),
      'rocm',
      'AMD Radeon RX 7900 XTX, ROCm 7.0.2 is installed',
    ],
    [linux('x64'), 'vulkan', 'no Vulkan driver of a GPU was found (libvulkan.so.1)'],
    [windows('x64'), 'vulkan', 'no Vulkan driver of a GPU was found (vulkan-1.dll)'],
    [
      linux('x64', [ARC]),
      'sycl',
      'Intel(R) Arc(TM) A770 Graphics: the Level Zero driver and the oneAPI runtime were not found (libze_loader, libsycl)',
    ],
    [mac('x64', '15.6'), 'metal', 'the builds for Intel Macs have no Metal'],
    [mac('arm64', '15.6'), 'metal', 'Apple M2'],
  ])('%#: the reason is plain', (machine, backend, expected) => {
    expect(reason(machine, backend)).toBe(expected);
  });

  test('CUDA tells the newest version that the driver supports', () => {
    const machine = linux('x64', [RTX_4070], { nvidia: DRIVERS[580] });
    expect(judgeBackends(machine)).toContainEqual(
      expect.objectContaining({ backend: 'cuda', usable: true, version: '13.0' }),
    );
  });
});

describe('a CUDA build', () => {
  test.each([
    ['12.8', linux('x64', [RTX_4070], { nvidia: DRIVERS[580] }), 'full'],
    ['13.0', linux('x64', [RTX_4070], { nvidia: DRIVERS[580] }), 'full'],
    ['13.4', linux('x64', [RTX_4070], { nvidia: DRIVERS[580] }), 'minor'],
    ['13.4', linux('arm64', [GB10], { nvidia: DRIVERS[580] }), 'minor'],
    ['13.4', linux('x64', [A100], { nvidia: DRIVERS[580] }), 'none'],
    ['13.4', linux('x64', [RTX_4070, A100], { nvidia: DRIVERS[580] }), 'none'],
    ['13.4', linux('x64', [], { nvidia: DRIVERS[580] }), 'none'],
    ['13.4', linux('x64', [RTX_4070], { nvidia: DRIVERS[570] }), 'none'],
    ['13.4', linux('x64', [GTX_1080], { nvidia: DRIVERS[610] }), 'none'],
    ['14.0', linux('x64', [GTX_1080], { nvidia: DRIVERS[610] }), 'none'],
    ['12.8', linux('x64', [GTX_1080], { nvidia: DRIVERS[610] }), 'full'],
    ['12.8', linux('x64', [RTX_4070]), 'none'],
  ])('%s: %#', (version, machine, expected) => {
    expect(fitCuda(version, machine)).toBe(expected);
  });

  test.each([
    ['550.163.01', '12.4'],
    ['580.95.05', '13.0'],
    ['579.1', '12.9'],
    ['999.0', '13.1'],
    ['390.157', undefined],
  ])('driver %s supports at least CUDA %s', (driver, expected) => {
    expect(cudaOfDriver(driver)).toBe(expected);
  });
});

describe('versions', () => {
  test.each([
    [
      ['9.10', '9.9', '9.9.1'],
      ['9.9', '9.9.1', '9.10'],
    ],
    [
      ['13.4', '12.8', '13.0'],
      ['12.8', '13.0', '13.4'],
    ],
    [
      ['10.0', '7.14', '7.2'],
      ['7.2', '7.14', '10.0'],
    ],
  ])('are ordered by their numbers: %j', (given, expected) => {
    expect([...given].sort(compareVersions)).toEqual(expected);
  });

  test('of different length are the same when only zeros differ', () => {
    expect(compareVersions('13', '13.0.0')).toBe(0);
  });
});
