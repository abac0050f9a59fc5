import type { Downloader } from '../download/downloader.ts';
import { LlameroError } from '../errors.ts';
import { requireSpace } from '../files.ts';
import type { Hub } from '../hub/types.ts';
import type { Judge } from '../info/judge.ts';
import type { Finder } from '../reuse/find.ts';
import { readMetadata } from '../store/metadata.ts';
import { formatReference, type Reference } from '../store/reference.ts';
import {
  bytesToWrite,
  type PendingFile,
  type PendingModel,
  type PullEvent,
  type PullFailure,
  type PullResult,
  type PullSummary,
} from './events.ts';
import { fetchFile } from './fetch.ts';
import { lookAtModel } from './look.ts';
import { planPull } from './plan.ts';
import { recordBegin, recordEnd } from './record.ts';

/** Files that are worked on at once; they share the connections. */
const FILES_AT_ONCE = 4;

/** What a pull is prepared with. */
export interface PrepareOptions {
  readonly hub: Hub;
  /** Finds copies that other tools hold; undefined when none are wanted. */
  readonly finder: Finder | undefined;
  readonly models: string;
  readonly preferredQuant?: string | undefined;
  readonly judge?: Judge | undefined;
  readonly withProjector: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PullEvent) => void;
}

/** What a pull works with. */
export interface PullOptions extends PrepareOptions {
  readonly downloader: Downloader;
  /** Bytes that are to stay free on the disk. */
  readonly reserve: number;
}

/** What is to be pulled, and what cannot be. */
export interface PreparedPull {
  readonly models: readonly PendingModel[];
  readonly failed: readonly PullFailure[];
}

/**
 * Asks the hub for everything that is to be pulled and looks at what of it is here. One reference
 * that fails does not stop the others.
 *
 * @throws LlameroError when the program is asked to end
 */
export async function preparePull(
  references: readonly Reference[],
  options: PrepareOptions,
): Promise<PreparedPull> {
  const models = new Map<string, PendingModel>();
  const failed: PullFailure[] = [];
  for (const reference of references) {
    try {
      const plan = await planPull(options.hub, reference, options);
      const endpoint = options.hub.endpoint;
      models.set(plan.ref, await lookAtModel(plan, { ...options, endpoint }));
    } catch (error) {
      failed.push(failureOf(formatReference(reference), error, options));
    }
  }
  options.onEvent({ type: 'plan', models: [...models.values()] });
  return { models: [...models.values()], failed };
}

/**
 * Brings models of the hub to this machine: what {@link preparePull} found missing is linked from
 * other tools or fetched, verified, and recorded. Finished files are final at once, and a model that
 * fails does not stop the others; a disk that is full or not writable stops all.
 *
 * @throws LlameroError DISK_FULL before the first byte when not all of it fits, or when the program
 *   is asked to end
 */
export async function pullModels(
  prepared: PreparedPull,
  options: PullOptions,
): Promise<PullSummary> {
  const files = distinctFiles(prepared.models);
  const missing = files.reduce((sum, { file }) => sum + bytesToWrite(file), 0);
  requireSpace(options.models, missing, options.reserve);
  const origin = { endpoint: options.hub.endpoint, signal: options.signal };
  for (const { files: own, plan } of prepared.models) {
    if (own.some(({ state }) => state.kind !== 'there')) await recordBegin(plan, origin);
  }
  const outcomes = await fetchAll(files, options);
  const models: PullResult[] = [];
  const failed = [...prepared.failed];
  for (const model of prepared.models) {
    try {
      models.push(await finish(model, outcomes, options));
    } catch (error) {
      failed.push(failureOf(model.plan.ref, error, options));
    }
  }
  return { models, failed };
}

interface FileOfModel {
  readonly model: PendingModel;
  readonly file: PendingFile;
}

/** By the place of a file: the bytes that came over the network, or why it did not come. */
type Outcomes = ReadonlyMap<string, { readonly fetched: number } | { readonly error: unknown }>;

/** The files in the order they are fetched; a projector that two quants share is one file. */
function distinctFiles(models: readonly PendingModel[]): FileOfModel[] {
  const files = new Map<string, FileOfModel>();
  for (const model of models) {
    for (const file of model.files) {
      if (!files.has(file.target)) files.set(file.target, { model, file });
    }
  }
  return [...files.values()];
}

/** Works through the files, some at a time and in their order. */
async function fetchAll(files: readonly FileOfModel[], options: PullOptions): Promise<Outcomes> {
  const outcomes = new Map<string, { fetched: number } | { error: unknown }>();
  const rest = [...files];
  let stopped: unknown;
  async function work(): Promise<void> {
    for (;;) {
      const next = rest.shift();
      if (next === undefined) return;
      const { file, model } = next;
      if (stopped !== undefined) {
        outcomes.set(file.target, { error: stopped });
        continue;
      }
      try {
        outcomes.set(file.target, { fetched: await fetchFile(model.plan, file, options) });
      } catch (error) {
        outcomes.set(file.target, { error });
        if (concernsAll(error)) stopped = error;
      }
    }
  }
  await Promise.all(Array.from({ length: FILES_AT_ONCE }, work));
  return outcomes;
}

/** Whether the next file would fail in the same way. */
function concernsAll(error: unknown): boolean {
  if (!(error instanceof LlameroError)) return true;
  return ['DISK_FULL', 'DISK_NOT_WRITABLE'].includes(error.code) || isEnding(error);
}

function isEnding(error: LlameroError): boolean {
  return ['INTERRUPTED', 'TERMINATED', 'OUTPUT_CLOSED'].includes(error.code);
}

async function finish(
  { files, plan }: PendingModel,
  outcomes: Outcomes,
  { hub, signal }: PullOptions,
): Promise<PullResult> {
  let downloaded = 0;
  for (const { target } of files) {
    const outcome = outcomes.get(target);
    if (outcome === undefined) throw new Error(`nothing is known of ${target}`);
    if ('error' in outcome) throw outcome.error;
    downloaded += outcome.fetched;
  }
  const before = (await readMetadata(plan.folder, plan.repo)).quants[plan.quant];
  if (before?.pulledAt === undefined || before.revision !== plan.commit) {
    await recordEnd(plan, { endpoint: hub.endpoint, signal });
  }
  const total = files.reduce((sum, { hubFile }) => sum + hubFile.size, 0);
  const [first] = files.filter(({ kind }) => kind === 'model');
  return {
    ref: plan.ref,
    path: first?.target ?? plan.folder,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    files: files.map(({ target }) => target),
    downloaded,
    reused: Math.max(0, total - downloaded),
    verified: files.every(({ hubFile }) => (hubFile.sha256 ?? hubFile.gitOid) !== ''),
  };
}

/** A failure of one model; what ends the program or is a bug goes up instead. */
function failureOf(
  ref: string,
  error: unknown,
  { onEvent }: Pick<PrepareOptions, 'onEvent'>,
): PullFailure {
  if (!(error instanceof LlameroError) || isEnding(error)) throw error;
  onEvent({ type: 'failed', ref, error });
  return { ref, error };
}
