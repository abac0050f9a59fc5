import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';

import type { TestEngine } from '../engine/engine.ts';

/**
 * Makes a quantised model from an F32 one with the real `llama-quantize`.
 *
 * @param quant a name that `llama-quantize --help` lists: `Q4_K_M`, `Q8_0`, `F16` … Names that need
 *   an importance matrix (`IQ2_XXS` …) are refused by the program.
 * @throws ExecaError with what the program said
 */
export async function quantizeModel(
  engine: TestEngine,
  source: string,
  target: string,
  quant: string,
): Promise<void> {
  await execa(engine.quantize, [source, target, quant, '1'], { cwd: engine.folder });
}

/**
 * Splits a model into real shards with `llama-gguf-split`.
 *
 * @param targetStem the path of the shards without `-00001-of-0000N.gguf`
 * @param maxTensors the number of tensors in a shard; a tiny model of one block has 12
 * @returns the paths of the shards in order
 * @throws ExecaError with what the program said
 */
export async function splitModel(
  engine: TestEngine,
  source: string,
  targetStem: string,
  maxTensors: number,
): Promise<string[]> {
  await execa(
    engine.ggufSplit,
    ['--split', '--split-max-tensors', String(maxTensors), source, targetStem],
    { cwd: engine.folder },
  );
  const folder = path.dirname(targetStem);
  const stem = `${path.basename(targetStem)}-`;
  return (await readdir(folder))
    .filter((name) => name.startsWith(stem) && /-\d{5}-of-\d{5}\.gguf$/.test(name))
    .sort()
    .map((name) => path.join(folder, name));
}
