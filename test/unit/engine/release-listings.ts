import type { ReleaseAsset } from '../../../src/lib/engine/choose-asset.ts';

/**
 * What releases of llama.cpp held, by build: the names as the releases page listed them. Those of
 * b6000 and b4585 for Linux and macOS follow the release workflow of their day.
 */
const NAMES = {
  /** October 2026: Linux with CUDA, Windows on arm64 with Vulkan. */
  11505: `
    cudart-llama-b11505-bin-ubuntu-cuda-12.8-x64.tar.gz
    cudart-llama-b11505-bin-ubuntu-cuda-13.4-arm64.tar.gz
    cudart-llama-b11505-bin-ubuntu-cuda-13.4-x64.tar.gz
    cudart-llama-bin-win-cuda-12.4-x64.zip
    cudart-llama-bin-win-cuda-13.4-arm64.zip
    cudart-llama-bin-win-cuda-13.4-x64.zip
    llama-b11505-bin-android-arm64-snapdragon.tar.gz
    llama-b11505-bin-android-arm64.tar.gz
    llama-b11505-bin-linux-arm64-snapdragon.tar.gz
    llama-b11505-bin-macos-arm64.tar.gz
    llama-b11505-bin-macos-x64.tar.gz
    llama-b11505-bin-ubuntu-arm64.tar.gz
    llama-b11505-bin-ubuntu-cuda-12.8-x64.tar.gz
    llama-b11505-bin-ubuntu-cuda-13.4-arm64.tar.gz
    llama-b11505-bin-ubuntu-cuda-13.4-x64.tar.gz
    llama-b11505-bin-ubuntu-openvino-2026.4.1-x64.tar.gz
    llama-b11505-bin-ubuntu-rocm-10.0-x64.tar.gz
    llama-b11505-bin-ubuntu-s390x.tar.gz
    llama-b11505-bin-ubuntu-sycl-fp16-x64.tar.gz
    llama-b11505-bin-ubuntu-sycl-fp32-x64.tar.gz
    llama-b11505-bin-ubuntu-vulkan-arm64.tar.gz
    llama-b11505-bin-ubuntu-vulkan-x64.tar.gz
    llama-b11505-bin-ubuntu-x64.tar.gz
    llama-b11505-bin-win-cpu-arm64.zip
    llama-b11505-bin-win-cpu-x64.zip
    llama-b11505-bin-win-cuda-12.4-x64.zip
    llama-b11505-bin-win-cuda-13.4-arm64.zip
    llama-b11505-bin-win-cuda-13.4-x64.zip
    llama-b11505-bin-win-opencl-adreno-arm64.zip
    llama-b11505-bin-win-openvino-2026.4.1-x64.zip
    llama-b11505-bin-win-rocm-10.0-x64.zip
    llama-b11505-bin-win-sycl-x64.zip
    llama-b11505-bin-win-vulkan-arm64.zip
    llama-b11505-bin-win-vulkan-x64.zip
    llama-b11505-ui.tar.gz
    llama-b11505-xcframework.zip`,
  /** 26 August 2026: the days in which files for Apple silicon needed macOS 26. */
  10631: `
    cudart-llama-bin-win-cuda-12.4-x64.zip
    cudart-llama-bin-win-cuda-13.3-x64.zip
    cudart-llama-bin-win-cuda-13.4-arm64.zip
    llama-b10631-bin-android-arm64.tar.gz
    llama-b10631-bin-macos-arm64.tar.gz
    llama-b10631-bin-macos-x64.tar.gz
    llama-b10631-bin-ubuntu-arm64.tar.gz
    llama-b10631-bin-ubuntu-openvino-2026.3-x64.tar.gz
    llama-b10631-bin-ubuntu-rocm-7.14-x64.tar.gz
    llama-b10631-bin-ubuntu-s390x.tar.gz
    llama-b10631-bin-ubuntu-sycl-fp16-x64.tar.gz
    llama-b10631-bin-ubuntu-sycl-fp32-x64.tar.gz
    llama-b10631-bin-ubuntu-vulkan-arm64.tar.gz
    llama-b10631-bin-ubuntu-vulkan-x64.tar.gz
    llama-b10631-bin-ubuntu-x64.tar.gz
    llama-b10631-bin-win-cpu-arm64.zip
    llama-b10631-bin-win-cpu-x64.zip
    llama-b10631-bin-win-cuda-12.4-x64.zip
    llama-b10631-bin-win-cuda-13.3-x64.zip
    llama-b10631-bin-win-cuda-13.4-arm64.zip
    llama-b10631-bin-win-opencl-adreno-arm64.zip
    llama-b10631-bin-win-openvino-2026.3-x64.zip
    llama-b10631-bin-win-rocm-7.14-x64.zip
    llama-b10631-bin-win-sycl-x64.zip
    llama-b10631-bin-win-vulkan-x64.zip
    llama-b10631-ui.tar.gz
    llama-b10631-xcframework.zip`,
  /** August 2026: the ten days without ROCm for Linux. */
  10453: `
    cudart-llama-bin-win-cuda-12.4-x64.zip
    cudart-llama-bin-win-cuda-13.3-x64.zip
    cudart-llama-bin-win-cuda-13.4-arm64.zip
    llama-b10453-bin-android-arm64.tar.gz
    llama-b10453-bin-macos-arm64.tar.gz
    llama-b10453-bin-macos-x64.tar.gz
    llama-b10453-bin-ubuntu-arm64.tar.gz
    llama-b10453-bin-ubuntu-openvino-2026.2.1-x64.tar.gz
    llama-b10453-bin-ubuntu-s390x.tar.gz
    llama-b10453-bin-ubuntu-sycl-fp16-x64.tar.gz
    llama-b10453-bin-ubuntu-sycl-fp32-x64.tar.gz
    llama-b10453-bin-ubuntu-vulkan-arm64.tar.gz
    llama-b10453-bin-ubuntu-vulkan-x64.tar.gz
    llama-b10453-bin-ubuntu-x64.tar.gz
    llama-b10453-bin-win-cpu-arm64.zip
    llama-b10453-bin-win-cpu-x64.zip
    llama-b10453-bin-win-cuda-12.4-x64.zip
    llama-b10453-bin-win-cuda-13.3-x64.zip
    llama-b10453-bin-win-cuda-13.4-arm64.zip
    llama-b10453-bin-win-opencl-adreno-arm64.zip
    llama-b10453-bin-win-openvino-2026.2.1-x64.zip
    llama-b10453-bin-win-rocm-7.14-x64.zip
    llama-b10453-bin-win-sycl-x64.zip
    llama-b10453-bin-win-vulkan-x64.zip
    llama-b10453-ui.tar.gz
    llama-b10453-xcframework.zip`,
  /** July 2026: `hip-radeon`, ROCm 7.2. */
  10144: `
    cudart-llama-bin-win-cuda-12.4-x64.zip
    cudart-llama-bin-win-cuda-13.3-x64.zip
    llama-b10144-bin-android-arm64.tar.gz
    llama-b10144-bin-macos-arm64.tar.gz
    llama-b10144-bin-macos-x64.tar.gz
    llama-b10144-bin-ubuntu-arm64.tar.gz
    llama-b10144-bin-ubuntu-openvino-2026.2.1-x64.tar.gz
    llama-b10144-bin-ubuntu-rocm-7.2-x64.tar.gz
    llama-b10144-bin-ubuntu-s390x.tar.gz
    llama-b10144-bin-ubuntu-sycl-fp16-x64.tar.gz
    llama-b10144-bin-ubuntu-sycl-fp32-x64.tar.gz
    llama-b10144-bin-ubuntu-vulkan-arm64.tar.gz
    llama-b10144-bin-ubuntu-vulkan-x64.tar.gz
    llama-b10144-bin-ubuntu-x64.tar.gz
    llama-b10144-bin-win-cpu-arm64.zip
    llama-b10144-bin-win-cpu-x64.zip
    llama-b10144-bin-win-cuda-12.4-x64.zip
    llama-b10144-bin-win-cuda-13.3-x64.zip
    llama-b10144-bin-win-hip-radeon-x64.zip
    llama-b10144-bin-win-opencl-adreno-arm64.zip
    llama-b10144-bin-win-openvino-2026.2.1-x64.zip
    llama-b10144-bin-win-sycl-x64.zip
    llama-b10144-bin-win-vulkan-x64.zip
    llama-b10144-ui.tar.gz
    llama-b10144-xcframework.zip`,
  /** February 2026: openEuler, no Linux for arm64. */
  7902: `
    cudart-llama-bin-win-cuda-12.4-x64.zip
    cudart-llama-bin-win-cuda-13.1-x64.zip
    llama-b7902-bin-310p-openEuler-aarch64.tar.gz
    llama-b7902-bin-310p-openEuler-x86.tar.gz
    llama-b7902-bin-910b-openEuler-aarch64-aclgraph.tar.gz
    llama-b7902-bin-910b-openEuler-x86-aclgraph.tar.gz
    llama-b7902-bin-macos-arm64.tar.gz
    llama-b7902-bin-macos-x64.tar.gz
    llama-b7902-bin-ubuntu-s390x.tar.gz
    llama-b7902-bin-ubuntu-vulkan-x64.tar.gz
    llama-b7902-bin-ubuntu-x64.tar.gz
    llama-b7902-bin-win-cpu-arm64.zip
    llama-b7902-bin-win-cpu-x64.zip
    llama-b7902-bin-win-cuda-12.4-x64.zip
    llama-b7902-bin-win-cuda-13.1-x64.zip
    llama-b7902-bin-win-hip-radeon-x64.zip
    llama-b7902-bin-win-opencl-adreno-arm64.zip
    llama-b7902-bin-win-sycl-x64.zip
    llama-b7902-bin-win-vulkan-x64.zip
    llama-b7902-xcframework.zip`,
  /** July 2025: everything a zip. */
  6000: `
    cudart-llama-bin-win-cuda-12.4-x64.zip
    llama-b6000-bin-macos-arm64.zip
    llama-b6000-bin-macos-x64.zip
    llama-b6000-bin-ubuntu-vulkan-x64.zip
    llama-b6000-bin-ubuntu-x64.zip
    llama-b6000-bin-win-cpu-arm64.zip
    llama-b6000-bin-win-cpu-x64.zip
    llama-b6000-bin-win-cuda-12.4-x64.zip
    llama-b6000-bin-win-hip-radeon-x64.zip
    llama-b6000-bin-win-opencl-adreno-arm64.zip
    llama-b6000-bin-win-sycl-x64.zip
    llama-b6000-bin-win-vulkan-x64.zip
    llama-b6000-xcframework.zip`,
  /** January 2025: one build for each kind of processor. */
  4585: `
    cudart-llama-bin-win-cu11.7-x64.zip
    cudart-llama-bin-win-cu12.4-x64.zip
    llama-b4585-bin-macos-arm64.zip
    llama-b4585-bin-macos-x64.zip
    llama-b4585-bin-ubuntu-arm64.zip
    llama-b4585-bin-ubuntu-vulkan-x64.zip
    llama-b4585-bin-ubuntu-x64.zip
    llama-b4585-bin-win-avx-x64.zip
    llama-b4585-bin-win-avx2-x64.zip
    llama-b4585-bin-win-avx512-x64.zip
    llama-b4585-bin-win-cuda-cu11.7-x64.zip
    llama-b4585-bin-win-cuda-cu12.4-x64.zip
    llama-b4585-bin-win-hip-x64-gfx1030.zip
    llama-b4585-bin-win-llvm-arm64.zip
    llama-b4585-bin-win-msvc-arm64.zip
    llama-b4585-bin-win-noavx-x64.zip
    llama-b4585-bin-win-openblas-x64.zip
    llama-b4585-bin-win-sycl-x64.zip
    llama-b4585-bin-win-vulkan-x64.zip`,
} as const;

/** A release that a test knows. */
export type KnownBuild = keyof typeof NAMES;

export const KNOWN_BUILDS = Object.keys(NAMES).map((build) => Number(build) as KnownBuild);

/** The names of a release's files. */
export function namesOf(build: KnownBuild): string[] {
  return NAMES[build].trim().split(/\s+/u);
}

/** A release's files, all uploaded but those whose state is told. */
export function listing(
  build: KnownBuild,
  changes: { readonly without?: RegExp; readonly uploading?: RegExp } = {},
): ReleaseAsset[] {
  return namesOf(build)
    .filter((name) => changes.without?.test(name) !== true)
    .map((name) => ({
      name,
      size: 1_000_000,
      url: `https://example.com/releases/download/b${build}/${name}`,
      state: changes.uploading?.test(name) === true ? 'starter' : 'uploaded',
    }));
}
