import type { Environment } from '../../config/environment.ts';
import { ProgramFailure, askProgram } from '../../engine/ask-program.ts';
import type { Engine } from '../../engine/engine.ts';
import { oneLine } from '../../plain-text.ts';

/** A device that llama-server computes on, besides the processor. */
export interface Device {
  /** `CUDA0`, `MTL0`. */
  readonly id: string;
  readonly name: string;
  /** Bytes. */
  readonly total: number;
  readonly free: number;
  /** Whether its memory is the machine's own. */
  readonly shared: boolean;
}

/** A driver that is woken up may take this long; a cold one with a large card takes seconds. */
const ANSWER_SECONDS = 20;
const MIB = 1024 * 1024;
const MOST_DEVICES = 64;

/**
 * Graphics that have no memory of their own: all of Apple's, and the ones inside processors.
 * Dedicated cards of the same makers have other names.
 */
const SHARED =
  /\bApple\b|\b(?:UHD|HD|Iris)(?:\(R\))?(?: \w+)* Graphics\b|\bRadeon(?:\(TM\))? (?:\d+M )?Graphics\b|\bVega \d+ Graphics\b|\bAdreno\b|\bMali\b|\bllvmpipe\b/iu;

/**
 * Asks the engine for its devices. One that does not answer has none: the plan is then made for the
 * machine's own memory.
 *
 * @throws LlameroError the reason of the signal
 */
export async function listDevices(
  engine: Engine,
  environment: Environment,
  signal?: AbortSignal,
): Promise<Device[]> {
  try {
    const { stdout } = await askProgram({
      command: engine.command,
      words: ['--list-devices'],
      folder: engine.folder,
      environment,
      timeoutSeconds: ANSWER_SECONDS,
      signal,
    });
    return parseDevices(stdout);
  } catch (error) {
    if (error instanceof ProgramFailure) return [];
    throw error;
  }
}

/**
 * Reads `  CUDA0: NVIDIA GeForce RTX 5070 (12226 MiB, 11036 MiB free)`. Devices without memory are
 * left out, as is a card that shows again under a second backend.
 * Source: `--list-devices` in https://github.com/ggml-org/llama.cpp/blob/master/common/arg.cpp
 */
export function parseDevices(output: string): Device[] {
  const devices: Device[] = [];
  for (const line of output.split('\n')) {
    const found =
      /^\s+(?<id>[A-Za-z]+\d+): (?<name>.*) \((?<total>\d{1,9}) MiB, (?<free>\d{1,9}) MiB free\)\s*$/u.exec(
        line,
      )?.groups;
    if (found === undefined || Number(found['total']) === 0) continue;
    const { id = '' } = found;
    const name = oneLine(found['name'] ?? '');
    const backend = backendOf(id);
    const isKnown = devices.some((one) => one.name === name && backendOf(one.id) !== backend);
    if (isKnown || devices.length === MOST_DEVICES) continue;
    devices.push({
      id,
      name,
      total: Number(found['total']) * MIB,
      free: Number(found['free']) * MIB,
      shared: SHARED.test(name),
    });
  }
  return devices;
}

function backendOf(id: string): string {
  return id.replace(/\d+$/u, '');
}
