import { BACKEND_NAMES, type BackendVerdict } from '../lib/engine/backend.ts';
import type { Gpu, Machine } from '../lib/engine/machine.ts';
import { formatMemorySize } from '../lib/format.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** Shows a machine and what could run on it. */
export function renderMachine(
  terminal: Terminal,
  machine: Machine,
  backends: readonly BackendVerdict[],
): void {
  const width = terminal.stdoutIsTerminal ? terminal.columns : undefined;
  const facts = renderTable({
    columns: [{ header: 'MACHINE' }, { header: '', shrinks: true }],
    headerStyle: terminal.headerStyle,
    rows: describeMachine(machine),
    width,
  });
  const best = backends.find(({ usable }) => usable)?.backend;
  const verdicts = renderTable({
    columns: [{ header: 'BACKEND' }, { header: 'RUNS' }, { header: 'WHY', shrinks: true }],
    headerStyle: terminal.headerStyle,
    rows: backends.map(({ backend, reason, usable }) => [
      BACKEND_NAMES[backend],
      backend === best ? 'yes, best' : usable ? 'yes' : 'no',
      reason,
    ]),
    width,
  });
  terminal.print(`${facts}\n\n${verdicts}`);
}

function describeMachine(machine: Machine): [string, string][] {
  const { architecture, drivers, gpus, libc, os, osVersion, rosetta } = machine;
  const rows: [string, string | undefined][] = [
    ['System', words(os, osVersion)],
    ['Processor', rosetta ? `${architecture} (this program runs under Rosetta)` : architecture],
    ['C library', libc === undefined ? undefined : words(libc.kind, libc.version)],
    ...(gpus.length === 0
      ? [['GPU', 'none found'] as [string, string]]
      : gpus.map((gpu): [string, string] => ['GPU', describeGpu(gpu)])),
    [
      'NVIDIA driver',
      drivers.nvidia && `${drivers.nvidia.version}, CUDA up to ${drivers.nvidia.cuda}`,
    ],
    ['ROCm', drivers.rocm && (drivers.rocm.version ?? 'found')],
    ['Vulkan', drivers.vulkan && (drivers.vulkan.version ?? 'found')],
    ['SYCL', drivers.sycl && 'found'],
  ];
  return rows.filter((row): row is [string, string] => row[1] !== undefined);
}

function describeGpu({ computeCapability, memory, name }: Gpu): string {
  const more = [
    ...(memory === undefined ? [] : [formatMemorySize(memory)]),
    ...(computeCapability === undefined ? [] : [`compute capability ${computeCapability}`]),
  ];
  return [name, ...more].join(', ');
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' ');
}
