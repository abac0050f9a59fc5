import { z } from 'zod';

import { LlameroError, systemErrorCode, throwIfAborted } from '../errors.ts';
import { type FileStamp, sameStamp, stampOf } from '../file-stamp.ts';
import { isDiskFailure, readTextIfExists, writeFileAtomic } from '../files.ts';
import { CAPABILITIES, type Capability, describeModel } from '../gguf/header-description.ts';
import { readFileHeader } from '../gguf/header.ts';
import { oneLine } from '../plain-text.ts';
import type { StoredModel } from './model.ts';

/** What only the headers of a model's files tell. */
export interface ModelFacts {
  readonly architecture: string;
  /** Weights in all files. */
  readonly parameters?: number;
  /** Those of its projector are among them. */
  readonly capabilities: readonly Capability[];
}

/** What was read of files before, so that the header of each is read once. */
export interface FactsMemory {
  /**
   * What the headers of models tell, by the models' references; a file that is unfinished or
   * damaged tells nothing.
   */
  read(models: readonly StoredModel[], options: FactsOptions): Promise<Map<string, ModelFacts>>;
}

/** How headers are read. */
export interface FactsOptions {
  readonly signal: AbortSignal;
  /** Called with a file that cannot be read, the memory too, or written, and why. */
  readonly onSkip?: (file: string, reason: string) => void;
}

/** Files that are read at once. */
const AT_ONCE = 4;
/** Files that are remembered at most, the ones noted first are forgotten first. */
const LIMIT = 20_000;
/** See the hash memory: what was written to just now may change once more unseen. */
const SETTLED_MS = 2_000;

const FileFacts = z.object({
  size: z.number(),
  mtimeMs: z.number(),
  inode: z.string(),
  device: z.string(),
  architecture: z.string(),
  parameters: z.number().optional(),
  capabilities: z.array(z.enum(CAPABILITIES)),
});
const Memory = z.object({ version: z.literal(1), files: z.record(z.string(), FileFacts) });

type FileFacts = z.infer<typeof FileFacts>;

/**
 * Opens the memory.
 *
 * @param file `run/headers.json`; it may be lost or damaged at any time
 */
export function createFactsMemory({
  file: memoryFile,
  now = Date.now,
}: {
  readonly file: string;
  readonly now?: () => number;
}): FactsMemory {
  return {
    async read(models, options) {
      const known = await load(memoryFile, options);
      const noted = new Map<string, FileFacts>();
      const found = new Map<string, ModelFacts>();
      const waiting = models.values();
      const work = async (): Promise<void> => {
        // Each takes the next one from the same row.
        for (const model of waiting) {
          throwIfAborted(options.signal);
          const facts = await factsOf(model, async (file) => {
            const read = await factsOfFile(file, known, options);
            if (read?.isNew === true && now() - read.facts.mtimeMs >= SETTLED_MS) {
              noted.set(file, read.facts);
            }
            return read?.facts;
          });
          if (facts !== undefined) found.set(model.ref, facts);
        }
      };
      await Promise.all(Array.from({ length: AT_ONCE }, work));
      if (noted.size > 0) await save(memoryFile, noted, options);
      return found;
    },
  };
}

async function factsOf(
  { files, projector, state }: StoredModel,
  read: (file: string) => Promise<FileFacts | undefined>,
): Promise<ModelFacts | undefined> {
  if (state !== 'complete') return undefined;
  const parts: FileFacts[] = [];
  for (const { path } of files) {
    const facts = await read(path);
    if (facts === undefined) return undefined;
    parts.push(facts);
  }
  const [first] = parts;
  if (first === undefined) return undefined;
  const seeing = projector === undefined ? undefined : await read(projector);
  const counts = parts.map(({ parameters }) => parameters);
  const parameters = counts.reduce((sum, count) =>
    sum === undefined || count === undefined ? undefined : sum + count,
  );
  return {
    architecture: first.architecture,
    ...(parameters === undefined ? {} : { parameters }),
    capabilities: [...new Set([...first.capabilities, ...(seeing?.capabilities ?? [])])],
  };
}

async function factsOfFile(
  file: string,
  known: ReadonlyMap<string, FileFacts>,
  { onSkip }: FactsOptions,
): Promise<{ readonly facts: FileFacts; readonly isNew: boolean } | undefined> {
  try {
    const stamp = await stampOf(file);
    if (stamp === undefined) return undefined;
    const remembered = known.get(file);
    if (remembered !== undefined && sameStamp(remembered, stamp)) {
      return { facts: remembered, isNew: false };
    }
    return { facts: await readFacts(file, stamp), isNew: true };
  } catch (error) {
    // It was removed meanwhile, or it is damaged: `llamero verify` is the place to be told about it.
    const isKnown = error instanceof LlameroError || systemErrorCode(error) !== undefined;
    if (!isKnown || !(error instanceof Error)) throw error;
    onSkip?.(file, error.message);
    return undefined;
  }
}

async function readFacts(file: string, stamp: FileStamp): Promise<FileFacts> {
  const { architecture, capabilities, parameters } = describeModel(
    await readFileHeader(file, { tensors: true }),
  );
  return {
    ...stamp,
    architecture: oneLine(architecture).slice(0, 100),
    ...(parameters === undefined ? {} : { parameters }),
    capabilities: [...capabilities],
  };
}

async function load(memoryFile: string, { onSkip }: FactsOptions): Promise<Map<string, FileFacts>> {
  try {
    const text = await readTextIfExists(memoryFile);
    if (text === undefined) return new Map();
    return new Map(Object.entries(Memory.parse(JSON.parse(text)).files));
  } catch (error) {
    // A damaged memory is an empty one: the headers are read again.
    if (isDiskFailure(error)) onSkip?.(memoryFile, error.message);
    return new Map();
  }
}

/** What others noted meanwhile stays; should two write at once, some headers are read once more. */
async function save(
  memoryFile: string,
  noted: ReadonlyMap<string, FileFacts>,
  options: FactsOptions,
): Promise<void> {
  const entries = await load(memoryFile, options);
  for (const [file, facts] of noted) {
    entries.delete(file);
    entries.set(file, facts);
  }
  const files = Object.fromEntries([...entries].slice(-LIMIT));
  try {
    await writeFileAtomic(memoryFile, `${JSON.stringify({ version: 1, files })}\n`, 0o600);
  } catch (error) {
    // Who may only read can list all the same.
    if (!isDiskFailure(error)) throw error;
    options.onSkip?.(memoryFile, error.message);
  }
}
