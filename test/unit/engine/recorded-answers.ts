/** What drivers and systems answer, as they print it. */

export const NVIDIA_SMI = `Sat Nov 21 10:00:00 2026
+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 550.163.01             Driver Version: 550.163.01     CUDA Version: 12.4     |
|-----------------------------------------+------------------------+----------------------+
| GPU  Name                 Persistence-M | Bus-Id          Disp.A | Volatile Uncorr. ECC |
|   0  NVIDIA GeForce RTX 3060        Off |   00000000:01:00.0  On |                  N/A |
+-----------------------------------------+------------------------+----------------------+
`;

export const NVIDIA_SMI_NEWER = `+-----------------------------------------------------------------------------------------+
| NVIDIA-SMI 610.43.02              KMD Version: 610.43.02     CUDA UMD Version: 13.4     |
+-----------------------------------------+------------------------+----------------------+
`;

export const NVIDIA_SMI_FAILED =
  "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver. Make sure that the latest NVIDIA driver is installed and running.\n";

export const NVIDIA_CARDS =
  'NVIDIA GeForce RTX 3060, 12288, 8.6\nNVIDIA A100-SXM4-40GB, 40960, 8.0\n';

export const NVIDIA_CARDS_PLAIN = 'Tesla K80, 11441\n';

export const NVIDIA_CARDS_REFUSED = 'Field "compute_cap" is not a valid field to query.\n';

export const PROC_NVIDIA = `NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.216.01  Tue Sep 17 16:54:53 UTC 2024
GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)
`;

export const PROC_NVIDIA_CARD = `Model: \t\t NVIDIA RTX A2000
IRQ:   \t\t 57
GPU UUID: \t GPU-00000000-0000-0000-0000-000000000000
Bus Type: \t PCIe
`;

export const LDD_DEBIAN = `ldd (Debian GLIBC 2.36-9+deb12u10) 2.36
Copyright (C) 2022 Free Software Foundation, Inc.
`;
export const LDD_UBUNTU = `ldd (Ubuntu GLIBC 2.35-0ubuntu3.8) 2.35
Copyright (C) 2022 Free Software Foundation, Inc.
`;
export const LDD_FEDORA = `ldd (GNU libc) 2.40
Copyright (C) 2024 Free Software Foundation, Inc.
`;
export const LDD_MUSL = `musl libc (x86_64)
Version 1.2.5
Dynamic Program Loader
Usage: /lib/ld-musl-x86_64.so.1 [options] [--] pathname
`;
export const GETCONF_MUSL = 'getconf: GNU_LIBC_VERSION: unknown variable\n';

export const LDCONFIG = `1204 libs found in cache \`/etc/ld.so.cache'
\tlibze_loader.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libze_loader.so.1
\tlibvulkan.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libvulkan.so.1
\tlibvulkan.so.1 (libc6) => /lib/i386-linux-gnu/libvulkan.so.1
\tlibamdhip64.so.7 (libc6,x86-64) => /opt/rocm/lib/libamdhip64.so.7
\tlibcuda.so.1 (libc6,x86-64) => /lib/x86_64-linux-gnu/libcuda.so.1
\tlibcuda.so.1 (libc6) => /lib/i386-linux-gnu/libcuda.so.1
`;
export const LDCONFIG_32 = `2 libs found in cache \`/etc/ld.so.cache'
\tlibvulkan.so.1 (libc6) => /lib/i386-linux-gnu/libvulkan.so.1
\tlibc.so.6 (libc6,x86-64, OS ABI: Linux 3.2.0) => /lib/x86_64-linux-gnu/libc.so.6
`;

export const VULKANINFO = `==========
VULKANINFO
==========

Vulkan Instance Version: 1.3.275

Devices:
========
GPU0:
\tapiVersion         = 1.3.274
\tdriverVersion      = 24.0.9
\tvendorID           = 0x1002
\tdeviceID           = 0x744c
\tdeviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
\tdeviceName         = AMD Radeon RX 7900 XTX (RADV NAVI31)
\tdriverID           = DRIVER_ID_MESA_RADV
GPU1:
\tapiVersion         = 1.3.274
\tvendorID           = 0x10005
\tdeviceID           = 0x0000
\tdeviceType         = PHYSICAL_DEVICE_TYPE_CPU
\tdeviceName         = llvmpipe (LLVM 17.0.6, 256 bits)
`;

export const VULKANINFO_SOFTWARE = VULKANINFO.slice(0, VULKANINFO.indexOf('GPU0:')).concat(
  VULKANINFO.slice(VULKANINFO.indexOf('GPU1:')),
);

export const VULKANINFO_OLD = `Devices:
========
GPU0:
\tapiVersion         = 4206816 (1.3.224)
\tvendorID           = 0x8086
\tdeviceID           = 0x56a0
\tdeviceType         = PHYSICAL_DEVICE_TYPE_DISCRETE_GPU
\tdeviceName         = Intel(R) Arc(tm) A770 Graphics (DG2)
`;

export const VULKANINFO_FAILED =
  'ERROR: [Loader Message] Code 0 : vkCreateInstance: Found no drivers!\nCannot create Vulkan instance.\n';

const ADAPTERS =
  'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Class\\{4d36e968-e325-11ce-bfc1-08002be10318}';

export const REG_ADAPTERS = [
  '',
  ADAPTERS,
  '    Class    REG_SZ    Display',
  '',
  `${ADAPTERS}\\0000`,
  '    DriverDesc    REG_SZ    AMD Radeon RX 7900 XTX',
  '    MatchingDeviceId    REG_SZ    PCI\\VEN_1002&DEV_744C&REV_C8',
  '    HardwareInformation.qwMemorySize    REG_QWORD    0x5fe000000',
  '    HardwareInformation.MemorySize    REG_BINARY    000000F0',
  '',
  `${ADAPTERS}\\0000\\UMD`,
  '    DriverDesc    REG_SZ    not an adapter',
  '',
  `${ADAPTERS}\\0001`,
  '    DriverDesc    REG_SZ    Intel(R) UHD Graphics 770',
  '    MatchingDeviceId    REG_SZ    pci\\ven_8086&dev_4680',
  '',
  `${ADAPTERS}\\0002`,
  '    DriverDesc    REG_SZ    Microsoft Remote Display Adapter',
  '    MatchingDeviceId    REG_SZ    terminpt_gpu',
  '',
  `${ADAPTERS}\\Configuration`,
  'ERROR: Access is denied.',
  '',
].join('\r\n');

export const REG_ADAPTERS_ARM = [
  `${ADAPTERS}\\0000`,
  '    DriverDesc    REG_SZ    Qualcomm(R) Adreno(TM) X1-85 GPU',
  '    MatchingDeviceId    REG_SZ    ACPI\\QCOM0C36',
  '',
].join('\r\n');

export const REG_PROCESSOR_ARM = [
  'HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment',
  '    PROCESSOR_ARCHITECTURE    REG_SZ    ARM64',
  '',
].join('\r\n');
