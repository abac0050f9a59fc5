import path from 'node:path';

import { downloadFile, type Patience } from '../download/download.ts';
import { partialOf, readPartial } from '../download/journal.ts';
import type { DownloadEvent, FileIdentity } from '../download/types.ts';
import { digestFile, mismatch } from '../download/verify.ts';
import { requireSpace, sizeIfExists } from '../files.ts';
import type { Http } from '../http/types.ts';
import type { Hub, HubFile } from '../hub/types.ts';
import { type LockHolder, withLock } from '../lock.ts';
import {
  type Metadata,
  type QuantRecord,
  readMetadata,
  updateMetadata,
} from '../store/metadata.ts';
import type { Reference } from '../store/reference.ts';
import { type PlannedFile, planPull, type PullPlan } from './plan.ts';

/** A file of a pull with how much of it is still to come. */
export interface PendingFile extends PlannedFile {
  /** Bytes that are on disk already. */
  readonly received: number;
  readonly state: 'there' | 'partial' | 'missing';
}

/** What happens during a pull, for whoever draws it. */
export type PullEvent =
  | { readonly type: 'plan'; readonly plan: PullPlan; readonly files: readonly PendingFile[] }
  | { readonly type: 'waiting'; readonly file: PlannedFile; readonly holder: LockHolder }
  | { readonly type: 'file'; readonly file: PlannedFile; readonly event: DownloadEvent };

/** What a pull did. */
export interface PullResult {
  readonly ref: string;
  /** What llama-server is given: the model file or its first shard. */
  readonly path: string;
  /** Why this quant; missing when it was asked for. */
  readonly reason?: string;
  readonly files: readonly string[];
  /** Bytes that came over the network. */
  readonly downloaded: number;
  /** Bytes that were on this machine already. */
  readonly reused: number;
  /** Whether every file's digest was compared with the hub's. */
  readonly verified: boolean;
}

/** What a pull works with. */
export interface PullOptions {
  readonly hub: Hub;
  readonly http: Http;
  readonly models: string;
  readonly preferredQuant?: string | undefined;
  readonly withProjector: boolean;
  /** Bytes that are to stay free on the disk. */
  readonly reserve: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PullEvent) => void;
  readonly patience?: Partial<Patience>;
}

/**
 * Brings a model of the hub to this machine: chooses the files, checks the space, fetches what is
 * missing, verifies it, and records what it is. What is there already is not fetched again.
 *
 * @throws LlameroError what {@link planPull} and {@link downloadFile} throw, and DISK_FULL
 */
export async function pullModel(reference: Reference, options: PullOptions): Promise<PullResult> {
  const plan = await planPull(options.hub, reference, options);
  const metadata = await readMetadata(plan.folder, plan.repo);
  const files: PendingFile[] = [];
  for (const file of plan.files) files.push(await look(plan, file, { metadata, options }));
  options.onEvent({ type: 'plan', plan, files });
  const missing = files.reduce((sum, { hubFile, received }) => sum + hubFile.size - received, 0);
  await requireSpace(options.models, missing, options.reserve);
  const incomplete = files.some(({ state }) => state !== 'there');
  if (incomplete) await recordBegin(plan, options);
  let downloaded = 0;
  for (const file of files) downloaded += await fetchFile(plan, file, options);
  const before = metadata.quants[plan.quant];
  if (incomplete || before?.pulledAt === undefined || before.revision !== plan.commit) {
    await recordEnd(plan, options);
  }
  const total = files.reduce((sum, { hubFile }) => sum + hubFile.size, 0);
  const [first] = plan.files.filter(({ kind }) => kind === 'model');
  return {
    ref: plan.ref,
    path: first?.target ?? plan.folder,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    files: plan.files.map(({ target }) => target),
    downloaded,
    reused: Math.max(0, total - downloaded),
    verified: plan.files.every(({ hubFile }) => (hubFile.sha256 ?? hubFile.gitOid) !== ''),
  };
}

function identify(hub: Hub, plan: PullPlan, file: HubFile): FileIdentity {
  const place = file.path.split('/').map(encodeURIComponent).join('/');
  return {
    source: `${hub.endpoint}/${plan.repo}@${plan.commit}/${place}`,
    size: file.size,
    sha256: file.sha256,
    gitOid: file.gitOid,
  };
}

/** How much of a file is here: all of it, as the record or its own content says, or a part. */
async function look(
  plan: PullPlan,
  file: PlannedFile,
  known: { readonly metadata: Metadata; readonly options: PullOptions },
): Promise<PendingFile> {
  const identity = identify(known.options.hub, plan, file.hubFile);
  const size = await sizeIfExists(file.target);
  if (size === identity.size && (await isWanted(plan, file, identity, known))) {
    return { ...file, received: size, state: 'there' };
  }
  const { received } = await readPartial(partialOf(file.target), identity);
  return { ...file, received, state: received > 0 ? 'partial' : 'missing' };
}

async function isWanted(
  plan: PullPlan,
  file: PlannedFile,
  identity: FileIdentity,
  { metadata, options }: { readonly metadata: Metadata; readonly options: PullOptions },
): Promise<boolean> {
  const relative = storedName(plan, file);
  const records = [...Object.values(metadata.quants), ...Object.values(metadata.projectors)];
  const known = records
    .filter(({ pulledAt }) => pulledAt !== undefined)
    .flatMap((record) => record.files)
    .find((record) => record.file === relative)?.sha256;
  if (known !== undefined && identity.sha256 !== undefined) return known === identity.sha256;
  // Nothing is recorded: the file itself knows what it is.
  return isFinished(file, identity, options);
}

/** Whether the file with the final name has the wanted content; it is read whole to find out. */
async function isFinished(
  file: PlannedFile,
  identity: FileIdentity,
  { onEvent, signal }: PullOptions,
): Promise<boolean> {
  const { size } = identity;
  if ((await sizeIfExists(file.target)) !== size) return false;
  const digests = await digestFile(
    file.target,
    (checked) => onEvent({ type: 'file', file, event: { type: 'verify', checked, size } }),
    signal,
  );
  return mismatch(identity, digests) === undefined;
}

async function fetchFile(plan: PullPlan, file: PendingFile, options: PullOptions): Promise<number> {
  if (file.state === 'there') return 0;
  const { hub, http, signal, onEvent } = options;
  const identity = identify(hub, plan, file.hubFile);
  return withLock(
    `${file.target}.lock`,
    {
      purpose: `pulling ${plan.ref}`,
      signal,
      onWait: (holder) => onEvent({ type: 'waiting', file, holder }),
    },
    async () => {
      // Another process may have finished this very file since we looked.
      if (await isFinished(file, identity, options)) return 0;
      const { fetched } = await downloadFile({
        target: file.target,
        identity,
        locate: () => hub.resolve(plan.repo, plan.commit, file.hubFile.path, { signal }),
        http,
        signal,
        onEvent: (event) => onEvent({ type: 'file', file, event }),
        ...(options.patience === undefined ? {} : { patience: options.patience }),
      });
      return fetched;
    },
  );
}

/** Notes what is going to come, so that an interrupted pull can be listed with its percentage. */
async function recordBegin(plan: PullPlan, { hub, signal }: PullOptions): Promise<void> {
  await updateMetadata(
    plan.folder,
    plan.repo,
    (metadata) => {
      const { lastUsedAt } = metadata.quants[plan.quant] ?? {};
      metadata.quants[plan.quant] = {
        ...toRecord(plan, hub, 'model'),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
      };
    },
    signal,
  );
}

async function recordEnd(plan: PullPlan, { hub, signal }: PullOptions): Promise<void> {
  const pulledAt = new Date().toISOString();
  await updateMetadata(
    plan.folder,
    plan.repo,
    (metadata) => {
      const before = metadata.quants[plan.quant];
      metadata.quants[plan.quant] = {
        ...toRecord(plan, hub, 'model'),
        pulledAt: before?.revision === plan.commit ? (before.pulledAt ?? pulledAt) : pulledAt,
        ...(before?.lastUsedAt === undefined ? {} : { lastUsedAt: before.lastUsedAt }),
      };
      for (const { kind, label } of plan.files) {
        if (kind === 'projector') {
          metadata.projectors[label] = { ...toRecord(plan, hub, 'projector'), pulledAt };
        }
      }
    },
    signal,
  );
}

/** Where a file lies below its repository's folder, as the metadata writes it. */
function storedName({ folder }: PullPlan, { target }: { readonly target: string }): string {
  return path.relative(folder, target).split(path.sep).join('/');
}

function toRecord(plan: PullPlan, hub: Hub, kind: PlannedFile['kind']): QuantRecord {
  return {
    revision: plan.commit,
    source: hub.endpoint,
    files: plan.files
      .filter((file) => file.kind === kind)
      .map(({ hubFile, target }) => ({
        name: hubFile.path,
        file: storedName(plan, { target }),
        size: hubFile.size,
        ...(hubFile.sha256 === undefined ? {} : { sha256: hubFile.sha256 }),
      })),
  };
}
