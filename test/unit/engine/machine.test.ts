import { describe, expect, test } from 'vitest';

import { detectMachine } from '../../../src/lib/engine/machine.ts';
import * as answers from './recorded-answers.ts';
import { recorded, withCapability } from './recorded-system.ts';

describe('macOS', () => {
  const SW_VERS = '/usr/bin/sw_vers -productVersion';
  const TRANSLATED = '/usr/sbin/sysctl -n sysctl.proc_translated';
  const BRAND = '/usr/sbin/sysctl -n machdep.cpu.brand_string';

  test('on Apple silicon', async () => {
    const programs = { [SW_VERS]: '15.6.1\n\n', [TRANSLATED]: '0\n', [BRAND]: 'Apple M2 Pro\n' };
    const system = recorded({ platform: 'darwin', architecture: 'arm64', programs });
    expect(await detectMachine(system)).toEqual({
      os: 'macos',
      osVersion: '15.6.1',
      architecture: 'arm64',
      rosetta: false,
      gpus: [{ vendor: 'apple', name: 'Apple M2 Pro' }],
      drivers: {},
    });
  });

  test('an x64 Node that Rosetta translates stands on arm64', async () => {
    const programs = { [SW_VERS]: '26.0\n', [TRANSLATED]: '1\n', [BRAND]: 'Apple M4\n' };
    const machine = await detectMachine(recorded({ platform: 'darwin', programs }));
    expect(machine).toMatchObject({ architecture: 'arm64', rosetta: true, osVersion: '26.0' });
  });

  test('on an Intel Mac, which knows nothing of Rosetta', async () => {
    const programs = {
      [SW_VERS]: '13.7.8\n',
      [TRANSLATED]: "sysctl: unknown oid 'sysctl.proc_translated'\n",
      [BRAND]: 'Intel(R) Core(TM) i7-9750H CPU @ 2.60GHz\n',
    };
    const machine = await detectMachine(recorded({ platform: 'darwin', programs }));
    expect(machine).toMatchObject({ architecture: 'x64', rosetta: false, gpus: [] });
  });
});

describe('Windows', () => {
  const REG = 'C:\\Windows\\System32\\reg.exe query HKLM\\SYSTEM\\CurrentControlSet\\Control';
  const PROCESSOR = `${REG}\\Session Manager\\Environment /v PROCESSOR_ARCHITECTURE`;
  const ADAPTERS = `${REG}\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318} /s`;
  const SMI = 'C:\\Windows\\System32\\nvidia-smi.exe';
  const windows = { platform: 'win32', release: '10.0.26100' } as const;

  test('its adapters, and the runtimes that drivers left in its folder', async () => {
    const machine = await detectMachine(
      recorded({
        ...windows,
        programs: { [ADAPTERS]: answers.REG_ADAPTERS },
        files: {
          'C:\\Windows\\System32\\vulkan-1.dll': '',
          'C:\\Windows\\System32\\amdhip64_6.dll': '',
          'C:\\Windows\\System32\\amdhip64_7.dll': '',
          'C:\\Windows\\System32\\ze_loader.dll': '',
        },
      }),
    );
    expect(machine).toEqual({
      os: 'windows',
      osVersion: '10.0.26100',
      architecture: 'x64',
      rosetta: false,
      gpus: [
        { vendor: 'amd', name: 'AMD Radeon RX 7900 XTX', memory: 0x5_fe_00_00_00 },
        { vendor: 'intel', name: 'Intel(R) UHD Graphics 770' },
      ],
      drivers: { rocm: { version: '7' }, vulkan: {}, sycl: {} },
    });
  });

  test('with NVIDIA', async () => {
    const programs = {
      [SMI]: answers.NVIDIA_SMI,
      [`${SMI} ${withCapability}`]: answers.NVIDIA_CARDS,
      'vulkaninfo --summary': answers.VULKANINFO_OLD,
    };
    const machine = await detectMachine(recorded({ ...windows, programs }));
    expect(machine.drivers).toEqual({
      nvidia: { version: '550.163.01', cuda: '12.4' },
      vulkan: { version: '1.3.224' },
    });
    expect(machine.gpus).toHaveLength(2);
  });

  test('an x64 Node that is emulated stands on arm64', async () => {
    const programs = {
      [PROCESSOR]: answers.REG_PROCESSOR_ARM,
      [ADAPTERS]: answers.REG_ADAPTERS_ARM,
    };
    const files = { 'C:\\Windows\\System32\\vulkan-1.dll': '' };
    const machine = await detectMachine(recorded({ ...windows, programs, files }));
    expect(machine.architecture).toBe('arm64');
    expect(machine.gpus).toEqual([{ vendor: 'other', name: 'Qualcomm(R) Adreno(TM) X1-85 GPU' }]);
    expect(machine.drivers).toEqual({ vulkan: {} });
  });

  test('without anything', async () => {
    const files = { 'C:\\Windows\\System32\\vulkan-1.dll': '' };
    const machine = await detectMachine(recorded({ ...windows, files }));
    expect(machine).toMatchObject({ architecture: 'x64', gpus: [], drivers: {} });
  });
});

test.each([
  ['freebsd', 'x64', 'x64'],
  ['android', 'arm64', 'arm64'],
  ['aix', 'ppc64', 'other'],
] as const)('another system: %s', async (platform, architecture, expected) => {
  const machine = await detectMachine(recorded({ platform, architecture }));
  expect(machine).toMatchObject({ os: 'other', architecture: expected, gpus: [], drivers: {} });
});
