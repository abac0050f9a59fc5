import { describe, expect, test } from 'vitest';

import { detectMachine } from '../../../src/lib/engine/machine.ts';
import { parseLibc } from '../../../src/lib/engine/machine-linux.ts';
import * as answers from './recorded-answers.ts';
import { type Recorded, recorded, withCapability, withoutCapability } from './recorded-system.ts';

const MIB = 1024 ** 2;

const GLIBC = { 'getconf GNU_LIBC_VERSION': 'glibc 2.39\n' };
const RADEON = {
  '/sys/class/drm/card1/device/vendor': '0x1002\n',
  '/sys/class/drm/card1/device/device': '0x744c\n',
  '/sys/class/drm/card1/device/mem_info_vram_total': '25753026560\n',
  '/sys/class/drm/card1-DP-1/status': 'connected\n',
  '/sys/class/drm/renderD128/dev': '226:128\n',
  '/dev/dri/renderD128': '',
};

describe('Linux', () => {
  test('without a GPU and without any of the programs', async () => {
    expect(await detectMachine(recorded({ platform: 'linux' }))).toEqual({
      os: 'linux',
      osVersion: '6.8.0-41-generic',
      architecture: 'x64',
      rosetta: false,
      gpus: [],
      drivers: {},
    });
  });

  test('with NVIDIA: the driver, its CUDA, each card', async () => {
    const machine = await detectMachine(
      recorded({
        platform: 'linux',
        programs: {
          ...GLIBC,
          'nvidia-smi': answers.NVIDIA_SMI,
          [`nvidia-smi ${withCapability}`]: answers.NVIDIA_CARDS,
        },
      }),
    );
    expect(machine.libc).toEqual({ kind: 'glibc', version: '2.39' });
    expect(machine.drivers).toEqual({ nvidia: { version: '550.163.01', cuda: '12.4' } });
    expect(machine.gpus).toEqual([
      {
        vendor: 'nvidia',
        name: 'NVIDIA GeForce RTX 3060',
        memory: 12_288 * MIB,
        computeCapability: '8.6',
      },
      {
        vendor: 'nvidia',
        name: 'NVIDIA A100-SXM4-40GB',
        memory: 40_960 * MIB,
        computeCapability: '8.0',
      },
    ]);
  });

  test('with the words of a newer driver, in WSL', async () => {
    const program = '/usr/lib/wsl/lib/nvidia-smi';
    const programs = { [program]: answers.NVIDIA_SMI_NEWER };
    const machine = await detectMachine(recorded({ platform: 'linux', programs }));
    expect(machine.drivers.nvidia).toEqual({ version: '610.43.02', cuda: '13.4' });
  });

  test('with a driver that does not know compute capabilities', async () => {
    const machine = await detectMachine(
      recorded({
        platform: 'linux',
        programs: {
          'nvidia-smi': answers.NVIDIA_SMI,
          [`nvidia-smi ${withCapability}`]: answers.NVIDIA_CARDS_REFUSED,
          [`nvidia-smi ${withoutCapability}`]: answers.NVIDIA_CARDS_PLAIN,
        },
      }),
    );
    expect(machine.gpus).toEqual([{ vendor: 'nvidia', name: 'Tesla K80', memory: 11_441 * MIB }]);
  });

  test('with a driver but without nvidia-smi: the driver tells its CUDA by its version', async () => {
    const files = {
      '/proc/driver/nvidia/version': answers.PROC_NVIDIA,
      '/proc/driver/nvidia/gpus/0000:01:00.0/information': answers.PROC_NVIDIA_CARD,
    };
    const programs = { '/sbin/ldconfig -p': answers.LDCONFIG };
    const machine = await detectMachine(recorded({ platform: 'linux', files, programs }));
    expect(machine.drivers.nvidia).toEqual({ version: '535.216.01', cuda: '12.2' });
    expect(machine.gpus).toEqual([{ vendor: 'nvidia', name: 'NVIDIA RTX A2000' }]);
  });

  test('in a container that sees the driver of its host and cannot use it', async () => {
    const files = {
      '/proc/driver/nvidia/version': answers.PROC_NVIDIA,
      '/proc/driver/nvidia/gpus/0000:01:00.0/information': answers.PROC_NVIDIA_CARD,
    };
    const programs = { 'nvidia-smi': answers.NVIDIA_SMI_FAILED };
    const machine = await detectMachine(recorded({ platform: 'linux', files, programs }));
    expect(machine.drivers).toEqual({});
    expect(machine.gpus).toEqual([{ vendor: 'nvidia', name: 'NVIDIA RTX A2000' }]);
  });

  test('with a card of NVIDIA and no driver at all', async () => {
    const files = {
      '/sys/class/drm/card0/device/vendor': '0x10de\n',
      '/sys/class/drm/card0/device/device': '0x2204\n',
    };
    const machine = await detectMachine(recorded({ platform: 'linux', files }));
    expect(machine.gpus).toEqual([{ vendor: 'nvidia', name: 'NVIDIA GPU 10de:2204' }]);
    expect(machine.drivers).toEqual({});
  });

  test('with AMD: its name from Vulkan, its memory from the kernel, ROCm', async () => {
    const machine = await detectMachine(
      recorded({
        platform: 'linux',
        programs: {
          '/sbin/ldconfig -p': answers.LDCONFIG,
          'vulkaninfo --summary': answers.VULKANINFO,
        },
        files: { ...RADEON, '/dev/kfd': '', '/opt/rocm/.info/version': '7.0.2-56\n' },
      }),
    );
    expect(machine.gpus).toEqual([
      { vendor: 'amd', name: 'AMD Radeon RX 7900 XTX (RADV NAVI31)', memory: 25_753_026_560 },
    ]);
    expect(machine.drivers).toEqual({
      rocm: { version: '7.0.2' },
      vulkan: { version: '1.3.274' },
    });
  });

  test('ROCm without its own word: by the name of its library', async () => {
    const programs = { '/sbin/ldconfig -p': answers.LDCONFIG };
    const files = { ...RADEON, '/dev/kfd': '' };
    const machine = await detectMachine(recorded({ platform: 'linux', programs, files }));
    expect(machine.drivers.rocm).toEqual({ version: '7' });
  });

  test('ROCm without access to a GPU is none', async () => {
    const programs = { '/sbin/ldconfig -p': answers.LDCONFIG };
    const machine = await detectMachine(recorded({ platform: 'linux', programs, files: RADEON }));
    expect(machine.drivers.rocm).toBeUndefined();
  });

  test.each<readonly [string, Partial<Recorded>, object | undefined]>([
    [
      'a renderer in software',
      { programs: { 'vulkaninfo --summary': answers.VULKANINFO_SOFTWARE } },
      undefined,
    ],
    [
      'the packed version of older ones',
      { programs: { 'vulkaninfo --summary': answers.VULKANINFO_OLD } },
      { version: '1.3.224' },
    ],
    [
      'vulkaninfo that fails, nothing else',
      { programs: { 'vulkaninfo --summary': answers.VULKANINFO_FAILED } },
      undefined,
    ],
    [
      'vulkaninfo that finds software alone, whatever the files say',
      {
        programs: {
          '/sbin/ldconfig -p': answers.LDCONFIG,
          'vulkaninfo --summary': answers.VULKANINFO_SOFTWARE,
        },
        files: { ...RADEON, '/usr/share/vulkan/icd.d/radeon_icd.x86_64.json': '{}' },
      },
      undefined,
    ],
    [
      'no vulkaninfo, but loader, driver and GPU',
      {
        programs: { '/sbin/ldconfig -p': answers.LDCONFIG },
        files: { ...RADEON, '/usr/share/vulkan/icd.d/radeon_icd.x86_64.json': '{}' },
      },
      {},
    ],
    [
      'a driver for another GPU',
      {
        programs: { '/sbin/ldconfig -p': answers.LDCONFIG },
        files: { ...RADEON, '/usr/share/vulkan/icd.d/intel_icd.x86_64.json': '{}' },
      },
      undefined,
    ],
    [
      'a driver in software alone',
      {
        programs: { '/sbin/ldconfig -p': answers.LDCONFIG },
        files: { ...RADEON, '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json': '{}' },
      },
      undefined,
    ],
    [
      'a loader for programs of 32 bits alone',
      {
        programs: { '/sbin/ldconfig -p': answers.LDCONFIG_32 },
        files: { ...RADEON, '/usr/share/vulkan/icd.d/radeon_icd.x86_64.json': '{}' },
      },
      undefined,
    ],
    [
      'NVIDIA in a container, without a render node',
      {
        programs: { '/sbin/ldconfig -p': answers.LDCONFIG },
        files: { '/dev/nvidiactl': '', '/etc/vulkan/icd.d/nvidia_icd.json': '{}' },
      },
      {},
    ],
    [
      'a system without a cache of libraries',
      {
        files: {
          ...RADEON,
          '/usr/lib/libvulkan.so.1': '',
          '/usr/share/vulkan/icd.d/radeon_icd.json': '{}',
        },
      },
      {},
    ],
  ])('Vulkan: %s', async (_what, more, expected) => {
    const machine = await detectMachine(recorded({ platform: 'linux', ...more }));
    expect(machine.drivers.vulkan).toEqual(expected);
  });

  test('SYCL needs the driver and the runtime, which may be on the library path', async () => {
    const files = {
      '/usr/lib64/libze_loader.so.1': '',
      '/usr/lib64/libze_intel_gpu.so.1': '',
      '/opt/intel/lib/libsycl.so.8': '',
    };
    const bare = await detectMachine(recorded({ platform: 'linux', files }));
    expect(bare.drivers.sycl).toBeUndefined();
    const environment = { LD_LIBRARY_PATH: '/opt/intel/lib:' };
    const set = await detectMachine(recorded({ platform: 'linux', files, environment }));
    expect(set.drivers.sycl).toEqual({});
  });

  test.each([
    ['glibc 2.36\n', { kind: 'glibc', version: '2.36' }],
    [answers.LDD_DEBIAN, { kind: 'glibc', version: '2.36' }],
    [answers.LDD_UBUNTU, { kind: 'glibc', version: '2.35' }],
    [answers.LDD_FEDORA, { kind: 'glibc', version: '2.40' }],
    [answers.LDD_MUSL, { kind: 'musl', version: '1.2.5' }],
    [answers.GETCONF_MUSL, undefined],
    ['', undefined],
  ])('its C library: %j', (text, expected) => {
    expect(parseLibc(text)).toEqual(expected);
  });

  test.each([
    [
      { 'getconf GNU_LIBC_VERSION': answers.GETCONF_MUSL, 'ldd --version': answers.LDD_MUSL },
      '1.2.5',
    ],
    [{}, undefined],
  ])('musl, also where only its loader shows it', async (programs, version) => {
    const files = { '/lib/ld-musl-x86_64.so.1': '' };
    const machine = await detectMachine(recorded({ platform: 'linux', programs, files }));
    expect(machine.libc).toEqual({ kind: 'musl', ...(version === undefined ? {} : { version }) });
  });

  test('a name that would paint the terminal is cleaned', async () => {
    const programs = {
      'nvidia-smi': answers.NVIDIA_SMI,
      [`nvidia-smi ${withCapability}`]: `\u001B[2JEvil\u202E \u0007Card${'x'.repeat(500)}, 1024, 9.9\n`,
    };
    const machine = await detectMachine(recorded({ platform: 'linux', programs }));
    expect(machine.gpus[0]?.name).toMatch(/^\[2JEvil Cardx{50,200}$/u);
  });

  test('answers that are nonsense add up to nothing', async () => {
    const nonsense = '\u0000'.repeat(1000) + ', , ,\nGPU0:\nDriver Version: . CUDA Version: ';
    const system = recorded({ platform: 'linux' });
    const machine = await detectMachine({
      ...system,
      run: () => Promise.resolve(nonsense),
      readText: () => Promise.resolve(nonsense),
      list: () => Promise.resolve(['card0', nonsense]),
    });
    expect(machine).toMatchObject({ gpus: [], drivers: {} });
  });
});
