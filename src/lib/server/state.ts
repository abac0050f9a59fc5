import { rm } from 'node:fs/promises';

import { z } from 'zod';

import { readTextIfExists, writeFileAtomic } from '../files.ts';
import { processIdentity } from '../process-identity.ts';

/** Stands for the digest of a list of which the server has not taken everything yet. */
export const PARTLY_READ = '';

const stateSchema = z.object({
  pid: z.int().positive(),
  /** {@link processIdentity} of that process. */
  identity: z.string(),
  /** ISO 8601. */
  startedAt: z.iso.datetime(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  /** Models that it keeps loaded at once. */
  modelsMax: z.int().min(0).optional(),
  /** The file with the key that it asks its clients for. The key itself does not stand here. */
  apiKeyFile: z.string().optional(),
  engine: z.object({
    command: z.array(z.string()).min(1),
    build: z.number().optional(),
    version: z.string().optional(),
  }),
  /** The references in the list of presets when it was last written. */
  models: z.array(z.string()),
  /** Digest of the list of presets that the server is known to have read. */
  presets: z.string(),
});

/** The record of the server that was started: a claim, to be verified before it is believed. */
export type ServerState = z.infer<typeof stateSchema>;

/** Writes the record, readable by its owner alone. */
export async function writeState(file: string, state: ServerState): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(state, undefined, 2)}\n`, 0o600);
}

/** Removes the record. */
export async function removeState(file: string): Promise<void> {
  await rm(file, { force: true });
}

/** The record as it stands; undefined when there is none or it cannot be understood. */
export async function readState(file: string): Promise<ServerState | undefined> {
  const text = await readTextIfExists(file);
  if (text === undefined) return undefined;
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch {
    // A damaged record claims nothing.
    return undefined;
  }
}

/**
 * The record, if the process it names still runs and is the same one: its number may since belong
 * to another program, or the machine may have been started anew.
 */
export async function readLiveState(file: string): Promise<ServerState | undefined> {
  const state = await readState(file);
  if (state === undefined) return undefined;
  return (await processIdentity(state.pid)) === state.identity ? state : undefined;
}
