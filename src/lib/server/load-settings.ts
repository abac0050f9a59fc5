import { z } from 'zod';

import { readTextIfExists, writeFileAtomic } from '../files.ts';
import type { LoadSettings } from './presets.ts';
import { mergeLoadSettings } from './settings/resolve.ts';

const fileSchema = z.record(
  z.string(),
  z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
);

/**
 * The load settings that were given on the command line, by reference, until the model is stopped.
 */
export type RunSettings = Readonly<Record<string, LoadSettings>>;

/** Reads the settings; a missing or damaged file has none. */
export async function readRunSettings(file: string): Promise<RunSettings> {
  const text = await readTextIfExists(file);
  if (text === undefined) return {};
  try {
    return fileSchema.parse(JSON.parse(text));
  } catch {
    return {};
  }
}

/** Writes the settings. */
export async function writeRunSettings(file: string, settings: RunSettings): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(settings, undefined, 2)}\n`, 0o600);
}

/** The settings with some of one model changed. */
export function withSettings(all: RunSettings, ref: string, changes: LoadSettings): RunSettings {
  return { ...all, [ref]: mergeLoadSettings(all[ref], changes) };
}

/** The name under which settings stand that hold for every model until the server ends. */
export const EVERY_MODEL = '*';

/** The settings that a model is run with: those of every model, and its own over them. */
export function runSettingsOf(all: RunSettings, ref: string): LoadSettings {
  return mergeLoadSettings(all[EVERY_MODEL], all[ref]);
}

/** The settings without those of one model. */
export function withoutSettings(all: RunSettings, ref: string): RunSettings {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key !== ref));
}

/** Settings in words: `ctx-size 4096, threads 2`. */
export function describeLoadSettings(settings: LoadSettings): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
}
