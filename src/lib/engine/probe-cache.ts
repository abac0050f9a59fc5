import path from 'node:path';

import { z } from 'zod';

import { isDiskFailure, readTextIfExists, writeFileAtomic } from '../files.ts';

/** More engines than anybody has on one machine. */
const MOST_ENTRIES = 16;

const answersSchema = z.object({
  build: z.number().optional(),
  version: z.string().optional(),
  flags: z.array(z.string()),
});

const cacheSchema = z.record(z.string(), answersSchema);

/** What a program says about itself. */
export type EngineAnswers = z.infer<typeof answersSchema>;

/** Where the answers are kept. */
export function probeCacheFile(runFolder: string): string {
  return path.join(runFolder, 'engine-probe.json');
}

/**
 * What engines said when they were asked before. The file may be lost or damaged at any time: the
 * engine is asked again.
 */
export async function readAnswers(
  file: string | undefined,
  key: string,
): Promise<EngineAnswers | undefined> {
  return file === undefined ? undefined : (await read(file))[key];
}

/**
 * Keeps what an engine said, unless the disk refuses it: then the engine is asked again. Of two
 * processes that write at once one writes in vain.
 */
export async function keepAnswers(
  file: string | undefined,
  key: string,
  answers: EngineAnswers,
): Promise<void> {
  if (file === undefined) return;
  const others = Object.entries(await read(file)).filter(([known]) => known !== key);
  const entries = [...others, [key, answers] as const].slice(-MOST_ENTRIES);
  try {
    await writeFileAtomic(file, `${JSON.stringify(Object.fromEntries(entries))}\n`, 0o600);
  } catch (error) {
    if (!isDiskFailure(error)) throw error;
  }
}

async function read(file: string): Promise<z.infer<typeof cacheSchema>> {
  try {
    const text = await readTextIfExists(file);
    return cacheSchema.parse(text === undefined ? {} : JSON.parse(text));
  } catch {
    // Damaged, or of another user.
    return {};
  }
}
