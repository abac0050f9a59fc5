import path from 'node:path';

import { readPartial } from '../download/journal.ts';
import type { FileIdentity } from '../download/types.ts';
import { digestFile, mismatch } from '../download/verify.ts';
import { systemErrorCode } from '../errors.ts';
import { sizeIfExists } from '../files.ts';
import { canLink } from '../reuse/adopt.ts';
import type { Finder } from '../reuse/find.ts';
import { type Metadata, readMetadata } from '../store/metadata.ts';
import type { FileState, PendingFile, PendingModel, PullEvent } from './events.ts';
import type { PlannedFile, PullPlan } from './plan.ts';
import { storedName } from './record.ts';

/** What looking needs. */
export interface LookOptions {
  /** The hub's address. */
  readonly endpoint: string;
  /** Finds copies that other tools hold; undefined when none are wanted. */
  readonly finder: Finder | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PullEvent) => void;
}

/** What a file must be, whichever server it comes from. */
export function identify(endpoint: string, plan: PullPlan, file: PlannedFile): FileIdentity {
  const { gitOid, sha256, size } = file.hubFile;
  const place = file.hubFile.path.split('/').map(encodeURIComponent).join('/');
  return { source: `${endpoint}/${plan.repo}@${plan.commit}/${place}`, size, sha256, gitOid };
}

/** Looks at what of a model is on this machine. */
export async function lookAtModel(plan: PullPlan, options: LookOptions): Promise<PendingModel> {
  const metadata = await readMetadata(plan.folder, plan.repo);
  const files: PendingFile[] = [];
  for (const file of plan.files) {
    files.push({ ...file, state: await lookAtFile(plan, file, metadata, options) });
  }
  return { plan, files };
}

async function lookAtFile(
  plan: PullPlan,
  file: PlannedFile,
  metadata: Metadata,
  options: LookOptions,
): Promise<FileState> {
  const identity = identify(options.endpoint, plan, file);
  if (await isThere(plan, file, identity, metadata, options)) return { kind: 'there' };
  const elsewhere = await findElsewhere(plan, file, options);
  if (elsewhere !== undefined) return elsewhere;
  const { received } = await readPartial(file.target, identity);
  return { kind: 'fetch', received };
}

async function isThere(
  plan: PullPlan,
  file: PlannedFile,
  identity: FileIdentity,
  metadata: Metadata,
  options: LookOptions,
): Promise<boolean> {
  if ((await sizeIfExists(file.target)) !== identity.size) return false;
  const name = storedName(plan, file);
  const records = [...Object.values(metadata.quants), ...Object.values(metadata.projectors)];
  const known = records
    .filter(({ pulledAt }) => pulledAt !== undefined)
    .flatMap((record) => record.files)
    .find((record) => record.file === name)?.sha256;
  if (known !== undefined && identity.sha256 !== undefined) return known === identity.sha256;
  // Nothing is recorded: the file itself knows what it is.
  return isFinished(file.target, identity, {
    signal: options.signal,
    onCheck: (checked, size) =>
      options.onEvent({ type: 'looking', name: file.target, checked, size }),
  });
}

/** How a file is read to find out what it is. */
interface CheckOptions {
  readonly signal: AbortSignal;
  /** Bytes. */
  readonly onCheck: (checked: number, size: number) => void;
}

/** Whether a file has the wanted content; one of the wanted size is read whole to find out. */
export async function isFinished(
  target: string,
  identity: FileIdentity,
  { onCheck, signal }: CheckOptions,
): Promise<boolean> {
  const { size } = identity;
  if ((await sizeIfExists(target)) !== size) return false;
  try {
    const digests = await digestFile(target, (checked) => onCheck(checked, size), signal);
    return mismatch(identity, digests) === undefined;
  } catch (error) {
    // What the disk cannot give back any more has to be fetched again.
    if (systemErrorCode(error) === 'EIO') return false;
    throw error;
  }
}

async function findElsewhere(
  plan: PullPlan,
  { hubFile, target }: PlannedFile,
  { finder, onEvent, signal }: LookOptions,
): Promise<FileState | undefined> {
  const { path: name, sha256, size } = hubFile;
  if (finder === undefined || sha256 === undefined) return undefined;
  const copy = await finder.find(
    { sha256, size, name, repo: plan.repo },
    {
      signal,
      onHash: (checked) => onEvent({ type: 'looking', name, checked, size }),
    },
  );
  if (copy === undefined) return undefined;
  return { kind: 'elsewhere', copy, linkable: await canLink(copy.path, path.dirname(target)) };
}
