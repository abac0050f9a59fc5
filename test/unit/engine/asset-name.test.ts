import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type AssetName, parseAssetName } from '../../../src/lib/engine/asset-name.ts';
import { KNOWN_BUILDS, namesOf } from './release-listings.ts';

type Expected = readonly [
  file: string,
  os: AssetName['os'],
  backend: AssetName['backend'],
  version: string | undefined,
  architecture: string,
  variant?: string,
];

/** Every form of a name since November 2024. */
const ENGINES: readonly Expected[] = [
  // October 2026
  ['llama-b11505-bin-macos-arm64.tar.gz', 'macos', 'metal', undefined, 'arm64'],
  ['llama-b11505-bin-macos-x64.tar.gz', 'macos', 'cpu', undefined, 'x64'],
  ['llama-b11505-bin-ubuntu-x64.tar.gz', 'linux', 'cpu', undefined, 'x64'],
  ['llama-b11505-bin-ubuntu-arm64.tar.gz', 'linux', 'cpu', undefined, 'arm64'],
  ['llama-b11505-bin-ubuntu-s390x.tar.gz', 'linux', 'cpu', undefined, 's390x'],
  ['llama-b11505-bin-ubuntu-vulkan-x64.tar.gz', 'linux', 'vulkan', undefined, 'x64'],
  ['llama-b11505-bin-ubuntu-vulkan-arm64.tar.gz', 'linux', 'vulkan', undefined, 'arm64'],
  ['llama-b11505-bin-ubuntu-cuda-12.8-x64.tar.gz', 'linux', 'cuda', '12.8', 'x64'],
  ['llama-b11505-bin-ubuntu-cuda-13.4-arm64.tar.gz', 'linux', 'cuda', '13.4', 'arm64'],
  ['llama-b11505-bin-ubuntu-rocm-10.0-x64.tar.gz', 'linux', 'rocm', '10.0', 'x64'],
  ['llama-b11505-bin-ubuntu-sycl-fp16-x64.tar.gz', 'linux', 'sycl', undefined, 'x64', 'fp16'],
  ['llama-b11505-bin-ubuntu-sycl-fp32-x64.tar.gz', 'linux', 'sycl', undefined, 'x64', 'fp32'],
  ['llama-b11505-bin-ubuntu-openvino-2026.4.1-x64.tar.gz', 'linux', 'openvino', '2026.4.1', 'x64'],
  [
    'llama-b11505-bin-linux-arm64-snapdragon.tar.gz',
    'linux',
    'hexagon',
    undefined,
    'arm64',
    'snapdragon',
  ],
  ['llama-b11505-bin-win-cpu-x64.zip', 'windows', 'cpu', undefined, 'x64'],
  ['llama-b11505-bin-win-cpu-arm64.zip', 'windows', 'cpu', undefined, 'arm64'],
  ['llama-b11505-bin-win-vulkan-x64.zip', 'windows', 'vulkan', undefined, 'x64'],
  ['llama-b11505-bin-win-vulkan-arm64.zip', 'windows', 'vulkan', undefined, 'arm64'],
  ['llama-b11505-bin-win-cuda-12.4-x64.zip', 'windows', 'cuda', '12.4', 'x64'],
  ['llama-b11505-bin-win-cuda-13.4-arm64.zip', 'windows', 'cuda', '13.4', 'arm64'],
  ['llama-b11505-bin-win-rocm-10.0-x64.zip', 'windows', 'rocm', '10.0', 'x64'],
  ['llama-b11505-bin-win-sycl-x64.zip', 'windows', 'sycl', undefined, 'x64'],
  ['llama-b11505-bin-win-openvino-2026.4.1-x64.zip', 'windows', 'openvino', '2026.4.1', 'x64'],
  [
    'llama-b11505-bin-win-opencl-adreno-arm64.zip',
    'windows',
    'opencl',
    undefined,
    'arm64',
    'adreno',
  ],
  ['llama-b11505-bin-android-arm64.tar.gz', 'android', 'cpu', undefined, 'arm64'],
  [
    'llama-b11505-bin-android-arm64-snapdragon.tar.gz',
    'android',
    'hexagon',
    undefined,
    'arm64',
    'snapdragon',
  ],
  // Summer 2026 and before
  ['llama-b10631-bin-win-cuda-13.3-x64.zip', 'windows', 'cuda', '13.3', 'x64'],
  ['llama-b10631-bin-ubuntu-rocm-7.14-x64.tar.gz', 'linux', 'rocm', '7.14', 'x64'],
  ['llama-b10631-bin-win-rocm-7.14-x64.zip', 'windows', 'rocm', '7.14', 'x64'],
  ['llama-b10631-bin-ubuntu-openvino-2026.3-x64.tar.gz', 'linux', 'openvino', '2026.3', 'x64'],
  ['llama-b10144-bin-win-hip-radeon-x64.zip', 'windows', 'rocm', undefined, 'x64', 'radeon'],
  ['llama-b9000-bin-macos-arm64-kleidiai.tar.gz', 'macos', 'metal', undefined, 'arm64', 'kleidiai'],
  ['llama-b8191-bin-ubuntu-rocm-7.2-x64.tar.gz', 'linux', 'rocm', '7.2', 'x64'],
  ['llama-b7902-bin-win-cuda-13.1-x64.zip', 'windows', 'cuda', '13.1', 'x64'],
  // 2025, with build/bin inside
  ['llama-b6000-bin-macos-arm64.zip', 'macos', 'metal', undefined, 'arm64'],
  ['llama-b6000-bin-ubuntu-x64.zip', 'linux', 'cpu', undefined, 'x64'],
  ['llama-b6000-bin-ubuntu-vulkan-x64.zip', 'linux', 'vulkan', undefined, 'x64'],
  ['llama-b5450-bin-win-hip-gfx1100-x64.zip', 'windows', 'rocm', undefined, 'x64', 'gfx1100'],
  ['llama-b5361-bin-win-cuda12.4-x64.zip', 'windows', 'cuda', '12.4', 'x64'],
  [
    'llama-b4927-bin-win-llvm-arm64-opencl-adreno.zip',
    'windows',
    'opencl',
    undefined,
    'arm64',
    'llvm-adreno',
  ],
  // 2024 and early 2025
  ['llama-b4585-bin-win-avx-x64.zip', 'windows', 'cpu', undefined, 'x64', 'avx'],
  ['llama-b4585-bin-win-avx2-x64.zip', 'windows', 'cpu', undefined, 'x64', 'avx2'],
  ['llama-b4585-bin-win-avx512-x64.zip', 'windows', 'cpu', undefined, 'x64', 'avx512'],
  ['llama-b4585-bin-win-noavx-x64.zip', 'windows', 'cpu', undefined, 'x64', 'noavx'],
  ['llama-b4585-bin-win-openblas-x64.zip', 'windows', 'cpu', undefined, 'x64', 'openblas'],
  ['llama-b4585-bin-win-llvm-arm64.zip', 'windows', 'cpu', undefined, 'arm64', 'llvm'],
  ['llama-b4585-bin-win-msvc-arm64.zip', 'windows', 'cpu', undefined, 'arm64', 'msvc'],
  ['llama-b4585-bin-win-cuda-cu12.4-x64.zip', 'windows', 'cuda', '12.4', 'x64'],
  ['llama-b4585-bin-win-hip-x64-gfx1030.zip', 'windows', 'rocm', undefined, 'x64', 'gfx1030'],
  ['llama-b3672-bin-win-cuda-cu12.2.0-x64.zip', 'windows', 'cuda', '12.2.0', 'x64'],
  ['llama-b3672-bin-win-kompute-x64.zip', 'windows', 'kompute', undefined, 'x64'],
];

const RUNTIMES: readonly (readonly [
  file: string,
  build: number | undefined,
  os: AssetName['os'],
  version: string,
  architecture: string,
])[] = [
  ['cudart-llama-b11505-bin-ubuntu-cuda-12.8-x64.tar.gz', 11_505, 'linux', '12.8', 'x64'],
  ['cudart-llama-b11505-bin-ubuntu-cuda-13.4-arm64.tar.gz', 11_505, 'linux', '13.4', 'arm64'],
  ['cudart-llama-bin-win-cuda-13.4-arm64.zip', undefined, 'windows', '13.4', 'arm64'],
  ['cudart-llama-bin-win-cuda-12.4-x64.zip', undefined, 'windows', '12.4', 'x64'],
  ['cudart-llama-bin-win-cuda12.4-x64.zip', undefined, 'windows', '12.4', 'x64'],
  ['cudart-llama-bin-win-cu12.4-x64.zip', undefined, 'windows', '12.4', 'x64'],
  ['cudart-llama-bin-win-cu11.7.1-x64.zip', undefined, 'windows', '11.7.1', 'x64'],
];

describe('the name of a file of a release', () => {
  test.each(ENGINES.map((row) => ({ name: row[0], row })))('$name', ({ row }) => {
    const [file, os, backend, backendVersion, architecture, variant] = row;
    expect(parseAssetName(file)).toEqual({
      file,
      build: Number(/b(\d+)/u.exec(file)?.[1]),
      kind: 'engine',
      os,
      backend,
      ...(backendVersion === undefined ? {} : { backendVersion }),
      architecture,
      ...(variant === undefined ? {} : { variant }),
      archive: file.endsWith('.zip') ? 'zip' : 'tar.gz',
    });
  });

  test.each(RUNTIMES)('%s', (file, build, os, backendVersion, architecture) => {
    expect(parseAssetName(file)).toEqual({
      file,
      ...(build === undefined ? {} : { build }),
      kind: 'cudart',
      os,
      backend: 'cuda',
      backendVersion,
      architecture,
      archive: file.endsWith('.zip') ? 'zip' : 'tar.gz',
    });
  });

  test.each([
    'nightly-tag.txt',
    'llama-b11505-ui.tar.gz',
    'llama-b11505-xcframework.zip',
    'llama-b7902-bin-310p-openEuler-x86.tar.gz',
    'llama-b7902-bin-910b-openEuler-aarch64-aclgraph.tar.gz',
    'cudart-llama-bin-win-vulkan-x64.zip',
    'llama-b1-bin-ubuntu-x64.deb',
    'llama-b1-bin-ubuntu.tar.gz',
    'llama-b1-bin-ubuntu-x64-arm64.tar.gz',
    'llama-b1-bin-ubuntu-cuda-vulkan-x64.tar.gz',
    'llama-b1-bin-ubuntu-cuda-12.8-13.4-x64.tar.gz',
    'llama-b1-bin-ubuntu-musa-4.3-x64.tar.gz',
    'llama-b1-bin-ubuntu-x64.tar.gz\n',
    'evil/llama-b1-bin-ubuntu-x64.tar.gz',
    '../llama-b1-bin-ubuntu-x64.tar.gz',
    `llama-b1-bin-ubuntu-${'x'.repeat(300)}-x64.tar.gz`,
    'Source code (zip)',
    '',
  ])('is nothing to install: %j', (file) => {
    expect(parseAssetName(file)).toBeUndefined();
  });

  test('only openEuler, the user interface and the framework are not read in real releases', () => {
    const unread = KNOWN_BUILDS.flatMap(namesOf).filter(
      (name) => parseAssetName(name) === undefined,
    );
    expect(unread.filter((name) => !/openEuler|-ui\.|-xcframework\./u.test(name))).toEqual([]);
    expect(unread).not.toEqual([]);
  });

  test('is read the same whatever the numbers in it are', () => {
    const number = fc.integer({ min: 0, max: 99_999 });
    const version = fc.tuple(number, number).map((numbers) => numbers.join('.'));
    fc.assert(
      fc.property(number, version, (build, backendVersion) => {
        const file = `llama-b${build}-bin-ubuntu-cuda-${backendVersion}-x64.tar.gz`;
        expect(parseAssetName(file)).toMatchObject({ build, backend: 'cuda', backendVersion });
      }),
    );
  });

  test('never makes the reader fail, and is given back unchanged', () => {
    const words = 'llama cudart b1 bin win ubuntu cuda cu12.4 12.4 x64 avx2 gfx1 ..'.split(' ');
    const word = fc.constantFrom(...words, '__proto__', 'constructor', 'toString', '');
    const name = fc
      .tuple(fc.array(word, { maxLength: 8 }), fc.constantFrom('.zip', '.tar.gz', ''))
      .map(([words, end]) => words.join('-') + end);
    fc.assert(
      fc.property(fc.oneof(name, fc.string()), (file) => {
        const parsed = parseAssetName(file);
        if (parsed !== undefined) expect(parsed.file).toBe(file);
      }),
      { numRuns: 2000 },
    );
  });
});
