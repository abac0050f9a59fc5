import { rm } from 'node:fs/promises';

import type { Downloader } from '../download/downloader.ts';
import { describePartial, removePartial } from '../download/journal.ts';
import { LlameroError } from '../errors.ts';
import type { Hub } from '../hub/types.ts';
import { withLock } from '../lock.ts';
import { adopt } from '../reuse/adopt.ts';
import { ADOPTING_SUFFIX } from '../store/layout.ts';
import type { PendingFile, PullEvent } from './events.ts';
import { identify, isFinished } from './look.ts';
import type { PullPlan } from './plan.ts';

const WATCH_MS = 500;

/** What fetching works with. */
export interface FetchOptions {
  readonly hub: Hub;
  readonly downloader: Downloader;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PullEvent) => void;
}

/**
 * Gets one file of a model to its place: linked or copied from another tool, or downloaded. While
 * another process gets the same file its progress is told, and its file is taken.
 *
 * @returns bytes that came over the network
 * @throws LlameroError what the download throws
 */
export async function fetchFile(
  plan: PullPlan,
  file: PendingFile,
  options: FetchOptions,
): Promise<number> {
  if (file.state.kind === 'there') return 0;
  const { hub, onEvent, signal } = options;
  const identity = identify(hub.endpoint, plan, file);
  let watch: NodeJS.Timeout | undefined;
  try {
    return await withLock(
      `${file.target}.lock`,
      {
        purpose: `pulling ${plan.ref}`,
        signal,
        onWait: (holder) => {
          onEvent({ type: 'waiting', file, holder });
          watch = setInterval(() => void tellProgress(file, onEvent), WATCH_MS);
        },
      },
      async () => {
        clearInterval(watch);
        await rm(file.target + ADOPTING_SUFFIX, { force: true });
        // Another process may have finished this very file since we looked.
        const onCheck = (checked: number, size: number): void =>
          onEvent({ type: 'file', file, event: { type: 'verify', checked, size } });
        if (await isFinished(file.target, identity, { signal, onCheck })) return 0;
        if (await adoptCopy(plan, file, options)) return 0;
        const { fetched } = await options.downloader.download({
          target: file.target,
          identity,
          locate: () => hub.resolve(plan.repo, plan.commit, file.hubFile.path, { signal }),
          onEvent: (event) => onEvent({ type: 'file', file, event }),
        });
        return fetched;
      },
    );
  } finally {
    clearInterval(watch);
  }
}

/** How far the process is that we wait for, by its journal. */
async function tellProgress(file: PendingFile, onEvent: FetchOptions['onEvent']): Promise<void> {
  const { size } = file.hubFile;
  const partial = await describePartial(file.target).catch(() => undefined);
  if (partial === undefined) return;
  onEvent({ type: 'file', file, event: { type: 'progress', received: partial.received, size } });
}

async function adoptCopy(
  plan: PullPlan,
  file: PendingFile,
  { onEvent, signal }: FetchOptions,
): Promise<boolean> {
  const { hubFile, state, target } = file;
  if (state.kind !== 'elsewhere' || hubFile.sha256 === undefined) return false;
  const { path: name, sha256, size } = hubFile;
  const wanted = { sha256, size, name, repo: plan.repo };
  const onCopy = (received: number): void =>
    onEvent({ type: 'file', file, event: { type: 'progress', received, size } });
  let by;
  try {
    by = await adopt(state.copy, target, wanted, { signal, onCopy });
  } catch (error) {
    // The copy has changed since it was found: then the file is fetched like any other.
    if (error instanceof LlameroError && error.code === 'HASH_MISMATCH') return false;
    throw error;
  }
  await removePartial(target);
  onEvent({ type: 'adopted', file, copy: state.copy, by });
  return true;
}
