import { describe, expect, test } from 'vitest';

import type { Backend } from '../../../src/lib/engine/backend.ts';
import { type AssetChoice, chooseAsset } from '../../../src/lib/engine/choose-asset.ts';
import type { Machine } from '../../../src/lib/engine/machine.ts';
import { CHOICES, CUDA_12_8, debian12, musl, ubuntu20 } from './machine-choices.ts';
import {
  A100,
  another,
  ARC,
  DRIVERS,
  linux,
  mac,
  RTX_3060,
  RTX_4070,
  RX_7900,
  VULKAN,
  windows,
} from './machines.ts';
import { KNOWN_BUILDS, type KnownBuild, listing } from './release-listings.ts';

/** What a choice comes to: the files, or the kind of refusal and its words. */
function summary(choice: AssetChoice): string {
  switch (choice.kind) {
    case 'chosen':
      return [choice.engine, choice.companion]
        .flatMap((asset) => asset?.name ?? [])
        .map((name) => name.replace(/(?<=llama-)b\d+-bin-|(?<=cudart-llama-)bin-/u, ''))
        .join(' + ');
    case 'missing':
      return `missing: ${choice.wanted}`;
    case 'unsupported':
      return `unsupported: ${choice.reason}`;
  }
}

function choose(machine: Machine, build: KnownBuild, backend: Backend | 'auto' = 'auto') {
  return chooseAsset(machine, listing(build), { backend, build });
}

describe('the file for a machine, chosen by itself', () => {
  test.each(CHOICES)('%s', (_what, machine, build, expected) => {
    expect(summary(choose(machine, build))).toBe(expected);
  });

  test.each(CHOICES)('%s: the order of the files says nothing', (_what, machine, build) => {
    const reversed = chooseAsset(machine, listing(build).toReversed(), { backend: 'auto', build });
    expect(reversed).toEqual(choose(machine, build));
  });

  test.each([
    [
      linux('x64', [RTX_4070], { nvidia: DRIVERS[610] }),
      'CUDA 13.4: NVIDIA GeForce RTX 4070, driver 610.43.02 supports CUDA up to 13.4',
    ],
    [
      linux('x64', [RTX_3060], { nvidia: DRIVERS[550] }),
      'CUDA 12.8: NVIDIA GeForce RTX 3060, driver 550.163.01 supports CUDA up to 12.4; a driver runs newer CUDA of its own major version',
    ],
    [
      linux('x64', [A100], { nvidia: DRIVERS[550], ...VULKAN }),
      'Vulkan: NVIDIA A100-SXM4-40GB with Vulkan 1.3.275; not CUDA: the builds are for CUDA 12.8 and 13.4, which the driver or the GPU does not support',
    ],
    [
      linux('x64', [RX_7900], { rocm: { version: '7.0.2' }, ...VULKAN }),
      'Vulkan: AMD Radeon RX 7900 XTX with Vulkan 1.3.275; not ROCm: the builds are for ROCm 10.0, and 7.0.2 is installed',
    ],
    [linux('x64'), 'CPU: computes on the processor, slower than on a GPU'],
  ])('says why: %#', (machine, reason) => {
    expect(choose(machine, 11_505)).toMatchObject({ kind: 'chosen', reason });
  });

  test('says which better backend the release lacks', () => {
    const machine = linux('x64', [RX_7900], { rocm: { version: '7.2' }, ...VULKAN });
    expect(choose(machine, 10_453)).toMatchObject({
      reason:
        'Vulkan: AMD Radeon RX 7900 XTX with Vulkan 1.3.275; not ROCm: this release has no build with it',
    });
  });

  test.each([
    [linux('x64', [], {}, musl), 'apk add llama.cpp'],
    [linux('x64', [], {}, ubuntu20), 'brew install llama.cpp'],
    [mac('arm64', '12.0'), 'port install llama.cpp'],
    [another('arm64'), 'pkg install llama-cpp'],
    [linux('other'), 'Build llama.cpp'],
  ])('a refusal tells what would work: %#', (machine, words) => {
    const choice = choose(machine, 11_505);
    const hint = choice.kind === 'unsupported' ? choice.hint : '';
    expect(hint).toContain(words);
    expect(hint).toContain('LLAMERO_LLAMA_SERVER');
  });
});

describe('a release whose files are not all there', () => {
  const machine = linux('x64', [RTX_4070], { nvidia: DRIVERS[610], ...VULKAN });
  const wanted = 'a build with CUDA for Linux x64';

  test.each([
    ['the engine is still being uploaded', { uploading: /^llama-.*ubuntu-cuda-13.4-x64/u }],
    ['its runtime is still being uploaded', { uploading: /^cudart.*ubuntu-cuda-13.4-x64/u }],
    ['nothing after it in the alphabet is there yet', { without: /ubuntu-cuda|-win-|xcframe/u }],
    ['Windows is still being uploaded', { without: /ubuntu-cuda/u, uploading: /-win-/u }],
  ])('is passed over for an older one: %s', (_what, changes) => {
    const assets = listing(11_505, changes);
    expect(chooseAsset(machine, assets, { backend: 'auto', build: 11_505 })).toEqual({
      kind: 'missing',
      wanted,
    });
  });

  test('serves with the next backend when it is whole and simply has none', () => {
    const assets = listing(11_505, { without: /ubuntu-cuda/u });
    const choice = chooseAsset(machine, assets, { backend: 'auto', build: 11_505 });
    expect(summary(choice)).toBe('llama-ubuntu-vulkan-x64.tar.gz');
  });

  test('takes the CUDA whose runtime is there', () => {
    const assets = listing(11_505, { without: /^cudart.*ubuntu-cuda-13.4-x64/u });
    const choice = chooseAsset(machine, assets, { backend: 'auto', build: 11_505 });
    expect(summary(choice)).toBe(CUDA_12_8);
  });

  test('never takes the runtime of another build', () => {
    const assets = listing(11_505).map((asset) =>
      asset.name.startsWith('cudart')
        ? { ...asset, name: asset.name.replace('b11505', 'b11504') }
        : asset,
    );
    const choice = chooseAsset(machine, assets, { backend: 'auto', build: 11_505 });
    expect(summary(choice)).toBe('llama-ubuntu-vulkan-x64.tar.gz');
  });

  test.each(['auto', 'cpu', 'vulkan', 'cuda'] as const)(
    'gives nothing when it is a version without binaries: %s',
    (backend) => {
      const assets = [
        { name: 'nightly-tag.txt', size: 7, url: 'https://example.com/x', state: 'uploaded' },
      ];
      const choice = chooseAsset(machine, assets, { backend, build: 11_505 });
      expect(choice.kind).toBe('missing');
    },
  );
});

describe('the backend that is asked for', () => {
  test.each<readonly [string, Machine, Backend, KnownBuild, string, string | undefined]>([
    [
      'usable',
      linux('x64', [RTX_4070], { nvidia: DRIVERS[610], ...VULKAN }),
      'vulkan',
      11_505,
      'llama-ubuntu-vulkan-x64.tar.gz',
      'Vulkan, as asked: NVIDIA GeForce RTX 4070 with Vulkan 1.3.275',
    ],
    [
      'without its GPU',
      linux('x64'),
      'cuda',
      11_505,
      CUDA_12_8,
      'CUDA 12.8, as asked, though it may not run: no NVIDIA GPU was found',
    ],
    [
      'without its driver',
      linux('x64', [RX_7900]),
      'rocm',
      11_505,
      'llama-ubuntu-rocm-10.0-x64.tar.gz',
      'ROCm 10.0, as asked, though it may not run: AMD Radeon RX 7900 XTX: the ROCm runtime was not found (amdhip64)',
    ],
    [
      'with a driver too old for it',
      linux('x64', [A100], { nvidia: DRIVERS[550] }),
      'cuda',
      11_505,
      CUDA_12_8,
      'CUDA 12.8, as asked, though it may not run: the builds are for CUDA 12.8 and 13.4, which the driver or the GPU does not support',
    ],
    [
      'with another ROCm',
      linux('x64', [RX_7900], { rocm: { version: '6.4' } }),
      'rocm',
      11_505,
      'llama-ubuntu-rocm-10.0-x64.tar.gz',
      'ROCm 10.0, as asked, though it may not run: the builds are for ROCm 10.0, and 6.4 is installed',
    ],
    [
      'with too old a C library',
      linux('x64', [ARC], { sycl: {} }, debian12),
      'sycl',
      11_505,
      'llama-ubuntu-sycl-fp32-x64.tar.gz',
      'SYCL, as asked, though it may not run: the SYCL builds need glibc 2.38, and this system has 2.36',
    ],
    [
      'the CPU in spite of a GPU',
      windows('x64', [RTX_4070], { nvidia: DRIVERS[610] }),
      'cpu',
      11_505,
      'llama-win-cpu-x64.zip',
      undefined,
    ],
    ['Metal', mac('arm64', '15.6'), 'metal', 11_505, 'llama-macos-arm64.tar.gz', undefined],
    [
      'not in this release',
      linux('x64', [RX_7900], { rocm: { version: '7.2' } }),
      'rocm',
      10_453,
      'missing: a build with ROCm for Linux x64',
      undefined,
    ],
    [
      'not built yet',
      linux('x64', [RTX_4070], { nvidia: DRIVERS[610] }),
      'cuda',
      10_631,
      'missing: a build with CUDA for Linux x64',
      undefined,
    ],
    [
      'never built',
      linux('arm64', [RX_7900]),
      'rocm',
      11_505,
      'unsupported: llama.cpp publishes no build with ROCm for Linux arm64',
      undefined,
    ],
    [
      'of another system',
      linux('x64'),
      'metal',
      11_505,
      'unsupported: llama.cpp publishes no build with Metal for Linux x64',
      undefined,
    ],
    [
      'the CPU on Apple silicon',
      mac('arm64', '15.6'),
      'cpu',
      11_505,
      'unsupported: llama.cpp publishes no build with CPU for macOS arm64',
      undefined,
    ],
    [
      'where nothing runs',
      linux('x64', [], {}, musl),
      'cpu',
      11_505,
      'unsupported: the builds for Linux need glibc, and this system has musl',
      undefined,
    ],
  ])('%s', (_what, machine, backend, build, expected, reason) => {
    const choice = choose(machine, build, backend);
    expect(summary(choice)).toBe(expected);
    if (reason !== undefined) expect(choice).toMatchObject({ backend, reason });
  });

  test('that is never built is answered with those that are', () => {
    expect(choose(linux('arm64'), 11_505, 'rocm')).toMatchObject({
      hint: expect.stringContaining('There are builds with CUDA, Vulkan, CPU'),
    });
  });

  test('that is still being uploaded is missing', () => {
    const assets = listing(11_505, { uploading: /ubuntu-vulkan-x64/u });
    const choice = chooseAsset(linux('x64'), assets, { backend: 'vulkan', build: 11_505 });
    expect(choice).toEqual({ kind: 'missing', wanted: 'a build with Vulkan for Linux x64' });
  });
});

describe('whatever the machine and the release', () => {
  const machines = CHOICES.map(([, machine]) => machine);
  const backends = ['auto', 'metal', 'cuda', 'rocm', 'vulkan', 'sycl', 'cpu'] as const;

  test('what is chosen is for its system and processor, and CUDA has its own runtime', () => {
    for (const machine of machines) {
      for (const build of KNOWN_BUILDS) {
        for (const backend of backends) {
          const choice = choose(machine, build, backend);
          if (choice.kind !== 'chosen') continue;
          const systems = {
            linux: /-ubuntu-/u,
            macos: /-macos-/u,
            windows: /-win-/u,
            other: /^$/u,
          };
          expect(choice.engine.name).toMatch(systems[machine.os]);
          expect(choice.engine.name).toContain(machine.architecture);
          expect(choice.engine.name).not.toMatch(
            /^cudart|openvino|adreno|snapdragon|kleidiai|gfx/u,
          );
          const version = /cu(?:da-)?(\d+\.\d+)/u.exec(choice.engine.name)?.[1];
          expect(choice.companion?.name.includes(`${version}-${machine.architecture}`)).toBe(
            version === undefined ? undefined : true,
          );
          if (backend !== 'auto') expect(choice.backend).toBe(backend);
        }
      }
    }
  });
});
