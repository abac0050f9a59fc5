import { mkdir } from 'node:fs/promises';
import path from 'node:path';

import { ensureEngine } from '../engine/engine.ts';
import { quantizeModel } from '../gguf/quantize.ts';
import { writeTinyModel } from '../gguf/tiny-model.ts';
import { startHub, type TestHub } from '../hub/hub.ts';

/** What the model of the examples says to everything. */
const ANSWER = 'Llamas hum to each other when they are curious, content or worried.';

/**
 * A hub with the models that the documentation names: real ones, of a few hundred kilobytes.
 *
 * @param folder where their files are written
 */
export async function startExampleHub(folder: string): Promise<TestHub> {
  const engine = await ensureEngine();
  await mkdir(folder, { recursive: true });
  const source = path.join(folder, 'model-F32.gguf');
  await writeTinyModel({
    path: source,
    sentence: ANSWER,
    name: 'Llama 3.2 1B Instruct',
    contextSize: 16_384,
  });
  const files: Record<string, { file: string }> = {};
  for (const quant of ['Q4_K_M', 'Q6_K', 'Q8_0']) {
    const name = `Llama-3.2-1B-Instruct-${quant}.gguf`;
    const file = path.join(folder, name);
    await quantizeModel(engine, source, file, quant);
    files[name] = { file };
  }
  const hub = await startHub();
  await hub.addRepo('bartowski/Llama-3.2-1B-Instruct-GGUF', files, {
    downloads: 512_345,
    likes: 190,
    // What the Hub read from the model that this one stands for.
    gguf: { total: 1_235_814_432, architecture: 'llama', context_length: 131_072 },
  });
  return hub;
}
