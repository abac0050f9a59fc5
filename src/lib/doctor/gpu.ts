import { BACKEND_NAMES, judgeBackends } from '../engine/backend.ts';
import type { Engine } from '../engine/engine.ts';
import type { FindOptions } from '../engine/find.ts';
import type { Machine } from '../engine/machine.ts';
import { LlameroError } from '../errors.ts';
import { formatMemorySize } from '../format.ts';
import type { Device } from '../server/memory/devices.ts';
import { fixByAnother } from './engine.ts';
import type { Finding } from './types.ts';

const id = 'gpu';

/** What is looked at. */
export interface GpuOptions {
  readonly machine: Machine;
  /** How the engine was looked for. */
  readonly search: FindOptions;
  readonly engine: () => Promise<Engine>;
  /** What the engine computes on besides the processor. */
  readonly devices: (engine: Engine) => Promise<readonly Device[]>;
}

/** Whether a GPU that is there is used: the machine's word against the engine's. */
export async function checkGpu({
  devices,
  engine,
  machine,
  search,
}: GpuOptions): Promise<Finding[]> {
  const used = await usedDevices(engine, devices);
  // Without an engine nothing is used; that is told where the engine is looked at.
  if (used === undefined) return [];
  if (used.length > 0) {
    const names = used.map(({ name, total }) => `${name} (${formatMemorySize(total)})`);
    return [{ id, severity: 'ok', message: `llama.cpp computes on ${names.join(', ')}` }];
  }
  const best = judgeBackends(machine).find(({ usable }) => usable);
  if (best !== undefined && best.backend !== 'cpu') {
    const { named } = search;
    const which = named === undefined ? 'llama.cpp' : `The llama.cpp that ${named.by} names`;
    return [
      {
        id,
        severity: 'warning',
        message: `${which} computes on the processor alone, though ${BACKEND_NAMES[best.backend]} could be used: ${best.reason}`,
        fix: fixByAnother(`llamero update --backend ${best.backend}`, search),
      },
    ];
  }
  const [card] = machine.gpus;
  if (card === undefined) {
    const message = 'No GPU was found; llama.cpp computes on the processor';
    return [{ id, severity: 'ok', message }];
  }
  const names = [...new Set(machine.gpus.map(({ name }) => name))].join(', ');
  const message = `${names} is not used: no driver that llama.cpp could use was found`;
  return [{ id, severity: 'note', message, fix: 'llamero engine detect' }];
}

async function usedDevices(
  engine: GpuOptions['engine'],
  devices: GpuOptions['devices'],
): Promise<readonly Device[] | undefined> {
  try {
    return await devices(await engine());
  } catch (error) {
    if (error instanceof LlameroError && error.exitCode === 9) return undefined;
    throw error;
  }
}
