import path from 'node:path';

import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { MachineRoom } from '../lib/gguf/fit.ts';
import type { Device } from '../lib/server/memory/devices.ts';

/**
 * Where to ask for the memory that models may take: of this machine, which is looked at once and when
 * it is needed, or of another one that has so much and no card.
 *
 * @param asked what somebody typed: `24G`
 * @throws LlameroError USAGE
 */
export function createRoom(
  context: Context,
  asked: string | undefined,
): () => Promise<MachineRoom> {
  if (asked !== undefined) {
    const other = { ram: readMemorySize(asked), shared: false };
    return () => Promise.resolve(other);
  }
  let here: Promise<MachineRoom> | undefined;
  return () => (here ??= roomHere(context));
}

/** The memory that models may take; see {@link createRoom}. */
export async function roomFor(context: Context, asked: string | undefined): Promise<MachineRoom> {
  return createRoom(context, asked)();
}

async function roomHere(context: Context): Promise<MachineRoom> {
  const [{ createSystem }, { machineMemory }, { machineRoom }] = await Promise.all([
    import('../lib/engine/system.ts'),
    import('../lib/server/memory/machine-memory.ts'),
    import('../lib/server/memory/machine-room.ts'),
  ]);
  const { environment, signal } = context;
  const [memory, devices] = await Promise.all([
    machineMemory(createSystem({ environment, signal })),
    devicesHere(context),
  ]);
  return machineRoom(memory, devices);
}

/** Without an engine there is nobody to ask: the machine's own memory then counts alone. */
async function devicesHere(context: Context): Promise<readonly Device[]> {
  const { environment, paths, signal, terminal } = context;
  try {
    const [engine, { listDevices }, { routerEnvironment }] = await Promise.all([
      context.engine(),
      import('../lib/server/memory/devices.ts'),
      import('../lib/server/launch.ts'),
    ]);
    const noModels = path.join(paths.run, 'no-models');
    return await listDevices(engine, routerEnvironment(environment, noModels), signal);
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode !== 9) throw error;
    terminal.trace(`${error.message}: a GPU would not be seen`);
    return [];
  }
}

const MEMORY_SIZE = /^(?<amount>\d{1,6}(?:\.\d{1,3})?) ?(?<unit>[MGT])(?:i?B)?$/iu;
const POWERS: Readonly<Record<string, number>> = { m: 2, g: 3, t: 4 };

/** Memory is counted in powers of 1024, whether its unit is written GB or GiB. */
function readMemorySize(text: string): number {
  const { amount = '', unit = '' } = MEMORY_SIZE.exec(text.trim())?.groups ?? {};
  const bytes = Math.round(Number(amount) * 1024 ** (POWERS[unit.toLowerCase()] ?? 0));
  if (amount !== '' && bytes > 0) return bytes;
  throw new LlameroError('USAGE', `--memory takes an amount such as 24G, not «${text}»`, {
    hint: 'Write it as 8G, 24G or 512M',
  });
}
