import { isDeepStrictEqual } from 'node:util';

import { throwIfAborted } from '../errors.ts';
import type { Reference } from './reference.ts';
import type { Store } from './store.ts';
import { type FileCheck, isProblem, verifyFile, type VerifyFileOptions } from './verify-file.ts';
import { type FileToVerify, findTargets, type ModelToVerify, targetsOf } from './verify-targets.ts';

/** A model that was looked at. */
export interface ModelCheck extends Omit<ModelToVerify, 'files'> {
  readonly files: readonly FileCheck[];
  /** Whether all of it is as it should be; an unfinished pull is only where it was not asked for. */
  readonly isDamaged: boolean;
}

/** What happens during a verification, for whoever draws it. All counts are bytes. */
export type VerifyEvent =
  | { readonly type: 'plan'; readonly models: readonly ModelToVerify[] }
  | { readonly type: 'reading'; readonly path: string; readonly checked: number }
  | { readonly type: 'model'; readonly model: ModelCheck }
  /** It was there when the verification began. */
  | { readonly type: 'gone'; readonly ref: string };

/** What a verification works with. */
export interface VerifyOptions extends Pick<VerifyFileOptions, 'signal' | 'onDigest'> {
  readonly store: Store;
  /** The models wanted; none stands for all, without those whose pull has not ended. */
  readonly references: readonly Reference[];
  readonly onEvent: (event: VerifyEvent) => void;
}

/** How often a model is looked at again that was pulled or removed while it was looked at. */
const MOST_LOOKS = 3;

/**
 * Reads models whole and compares them with their records. Other processes may pull and remove
 * models meanwhile: what looks damaged is believed only when the record has not changed since.
 *
 * @throws LlameroError MODEL_NOT_FOUND, or what the signal was aborted with
 */
export async function verifyModels(options: VerifyOptions): Promise<ModelCheck[]> {
  const { onEvent, references, store } = options;
  const targets = await findTargets(store, references);
  onEvent({ type: 'plan', models: targets });
  // A projector belongs to several models and is read once.
  const seen = new Map<string, FileCheck>();
  const checks: ModelCheck[] = [];
  for (const target of targets) {
    const check = await verifyModel(target, seen, options);
    if (check === undefined) {
      onEvent({ type: 'gone', ref: target.ref });
      continue;
    }
    checks.push(check);
    onEvent({ type: 'model', model: check });
  }
  return checks;
}

async function verifyModel(
  first: ModelToVerify,
  seen: Map<string, FileCheck>,
  options: VerifyOptions,
): Promise<ModelCheck | undefined> {
  const { references, store } = options;
  let target = first;
  for (let look = 1; ; look += 1) {
    // Its pull may be under way, and checks everything itself; who names it wants to know all the same.
    if (target.unfinished && references.length === 0) {
      return { ...target, files: [], isDamaged: false };
    }
    const files: FileCheck[] = [];
    for (const file of target.files) files.push(await verifyOnce(file, seen, options));
    const isDamaged = files.some(isProblem) || target.unfinished;
    if (!isDamaged || look === MOST_LOOKS) return { ...target, files, isDamaged };
    const now = (await targetsOf(store.folder, target.repo)).find(({ ref }) => ref === first.ref);
    if (now === undefined) return undefined;
    if (isSame(now, target)) return { ...target, files, isDamaged };
    for (const { path } of [...target.files, ...now.files]) seen.delete(path);
    target = now;
  }
}

async function verifyOnce(
  file: FileToVerify,
  seen: Map<string, FileCheck>,
  { onDigest, onEvent, signal }: VerifyOptions,
): Promise<FileCheck> {
  const known = seen.get(file.path);
  if (known !== undefined) return known;
  throwIfAborted(signal);
  const onRead = (checked: number): void => onEvent({ type: 'reading', path: file.path, checked });
  const check = await verifyFile(file, { signal, onDigest, onRead });
  seen.set(file.path, check);
  return check;
}

/** Whether the same is expected of a model as before. */
function isSame(one: ModelToVerify, other: ModelToVerify): boolean {
  return isDeepStrictEqual([one.unfinished, one.files], [other.unfinished, other.files]);
}
