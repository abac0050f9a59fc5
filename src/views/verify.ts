import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import type { PullEvent } from '../lib/pull/events.ts';
import type { ModelCheck, VerifyEvent } from '../lib/store/verify.ts';
import { parseReference, type Reference } from '../lib/store/reference.ts';
import { namedModels, tellGuess } from './named-models.ts';
import { openDownloader } from './pull.ts';

/** What became of a damaged model. */
export interface Repair {
  readonly ref: string;
  /** Why it is still damaged. */
  readonly error?: LlameroError;
  /** Whether a running server still works with the files as they were. */
  readonly isLoaded: boolean;
}

/** Takes the events of a repair, to draw them. */
export interface RepairListener {
  readonly handle: (event: PullEvent) => void;
  readonly stop: () => void;
  readonly repaired: (ref: string) => void;
}

/**
 * Reads models whole; none named stands for all. What they turn out to be corrects the memory of
 * digests, which must not offer a damaged file to a pull.
 *
 * @param mayAsk whether somebody may be asked which of several models is meant
 */
export async function verify(
  context: Context,
  texts: readonly string[],
  mayAsk: boolean,
  onEvent: (event: VerifyEvent) => void,
): Promise<ModelCheck[]> {
  const { signal, terminal } = context;
  const [config, store, memory, { verifyModels }] = await Promise.all([
    context.config(),
    context.store(),
    context.hashes(),
    import('../lib/store/verify.ts'),
  ]);
  const endpoint = config.get('hub.endpoint');
  const onDigest = async (file: string, sha256: string): Promise<void> => {
    try {
      await memory.remember(file, sha256);
    } catch (error) {
      // Models that may only be read can be verified all the same.
      if (!(error instanceof LlameroError)) throw error;
      terminal.trace(error.message);
    }
  };
  const references: Reference[] = [];
  for (const text of texts)
    references.push(...(await referencesOf(context, text, mayAsk, endpoint)));
  return verifyModels({ store, references, signal, onDigest, onEvent });
}

/**
 * What a name stands for. A whole name is looked up where its files are: nothing but links that lead
 * nowhere may be left of it.
 */
async function referencesOf(
  context: Context,
  text: string,
  mayAsk: boolean,
  endpoint: string,
): Promise<Reference[]> {
  if (text.includes('/') && !/[*?]/u.test(text)) return [parseReference(text, endpoint)];
  const { guessed, models, name } = await namedModels(context, text, { mayAsk });
  if (guessed) tellGuess(context, text, name);
  return models.map(({ quant, repo }) => ({ repo, tag: quant }));
}

/** Fetches what is damaged again, model by model; one that fails does not stop the others. */
export async function repair(
  context: Context,
  damaged: readonly ModelCheck[],
  listener: RepairListener,
): Promise<Repair[]> {
  if (damaged.length === 0) return [];
  const { paths, signal } = context;
  const [hub, config, { repairModel }] = await Promise.all([
    context.hub(),
    context.config(),
    import('../lib/pull/repair.ts'),
  ]);
  const downloader = await openDownloader(context);
  const onEvent = (event: PullEvent): void => listener.handle(event);
  const reserve = config.get('pull.reserve');
  const options = { hub, downloader, models: paths.models, reserve, signal, onEvent };
  const failures = new Map<string, LlameroError>();
  // A projector that several models share is mended with the first of them.
  const mended = new Set<string>();
  try {
    for (const model of damaged) {
      try {
        const files = model.files.filter((file) => !mended.has(file.path));
        await repairModel({ ...model, files }, options);
        for (const file of files) mended.add(file.path);
        listener.repaired(model.ref);
      } catch (error) {
        failures.set(model.ref, failureOf(model, error));
      } finally {
        listener.stop();
      }
    }
  } finally {
    await downloader.close();
  }
  const loaded = new Set(
    failures.size === damaged.length ? [] : await (await context.server()).loadedModels({ signal }),
  );
  return damaged.map(({ ref }) => {
    const error = failures.get(ref);
    return error === undefined
      ? { ref, isLoaded: loaded.has(ref) }
      : { ref, error, isLoaded: false };
  });
}

/** A failure of one model; what ends the program says how to go on. */
function failureOf({ ref }: ModelCheck, error: unknown): LlameroError {
  if (!(error instanceof LlameroError)) throw error;
  if (error.exitCode < 130) return error;
  throw new LlameroError(error.code, error.message, {
    hint: `What has arrived is kept: \`llamero verify ${ref} --repair\` continues`,
    cause: error,
  });
}
