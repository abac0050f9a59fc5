import type { Downloader } from '../download/downloader.ts';
import { readPartial } from '../download/journal.ts';
import { LlameroError } from '../errors.ts';
import { requireSpace } from '../files.ts';
import type { Hub, HubFile } from '../hub/types.ts';
import { repoFolder } from '../store/layout.ts';
import {
  type Metadata,
  type QuantRecord,
  readMetadata,
  updateMetadata,
} from '../store/metadata.ts';
import { type FileCheck, isProblem } from '../store/verify-file.ts';
import type { ModelCheck } from '../store/verify.ts';
import { bytesToWrite, type PendingFile, type PullEvent } from './events.ts';
import { fetchFile } from './fetch.ts';
import { identify } from './look.ts';
import type { PlannedFile, PullPlan } from './plan.ts';

/** What a repair works with. */
export interface RepairOptions {
  readonly hub: Hub;
  readonly downloader: Downloader;
  /** The folder of the models. */
  readonly models: string;
  /** Bytes that are to stay free on the disk. */
  readonly reserve: number;
  readonly signal: AbortSignal;
  readonly onEvent: (event: PullEvent) => void;
}

/** Files that came together: those of a quant, or a projector. */
interface Source {
  readonly kind: PlannedFile['kind'];
  /** The quant, or the projector's type. */
  readonly label: string;
  readonly record: QuantRecord;
  readonly files: readonly FileCheck[];
}

/**
 * Fetches the damaged and missing files of a model again, at the commit they came from. A damaged
 * file stays until the good one is there and verified, which then takes its name; other names of
 * the damaged one (hard links of other tools) keep it. Copies that other tools hold are not used:
 * they may be the damaged file itself. Killed at any instant, the next repair or pull continues.
 *
 * @throws LlameroError FILE_DAMAGED where nothing tells what a file came from, DISK_FULL, HASH_MISMATCH
 *   where the hub holds something else than was recorded, and what the hub and the download throw
 */
export async function repairModel(model: ModelCheck, options: RepairOptions): Promise<void> {
  const folder = repoFolder(options.models, model.repo);
  const damaged = model.files.filter(isProblem);
  const sources = findSources(model, await readMetadata(folder, model.repo), damaged);
  for (const source of sources) await repairSource(model, source, folder, options);
  const lost = damaged.filter((file) => !sources.some(({ files }) => files.includes(file)));
  const isUnknown = model.unfinished && sources.length === 0;
  if (lost.length > 0 || isUnknown) throw withoutSource(model, lost);
}

function findSources(
  { quant, unfinished }: ModelCheck,
  { projectors, quants }: Metadata,
  damaged: readonly FileCheck[],
): Source[] {
  const candidates: Omit<Source, 'files'>[] = Object.entries(projectors).map(([label, record]) => ({
    kind: 'projector',
    label,
    record,
  }));
  const own = quants[quant];
  if (own !== undefined) candidates.push({ kind: 'model', label: quant, record: own });
  return (
    candidates
      .map((source) => ({
        ...source,
        files: damaged.filter(({ file }) => source.record.files.some((each) => each.file === file)),
      }))
      // Of an unfinished pull the end itself may be all that is missing.
      .filter(({ files, kind }) => files.length > 0 || (unfinished && kind === 'model'))
  );
}

function withoutSource({ ref }: ModelCheck, files: readonly FileCheck[]): LlameroError {
  const names = files.map(({ file }) => file).join(', ');
  return new LlameroError(
    'FILE_DAMAGED',
    `${ref} cannot be repaired: nothing is recorded of where ${names === '' ? 'it' : names} came from`,
    {
      hint: `\`llamero pull ${ref}\` fetches it where the hub has it; otherwise put a good copy in its place`,
    },
  );
}

async function repairSource(
  model: ModelCheck,
  source: Source,
  folder: string,
  options: RepairOptions,
): Promise<void> {
  const { downloader, hub, onEvent, signal } = options;
  const { files, record } = source;
  requireReadable(files);
  const atHub = await hub.files(model.repo, record.revision, { signal });
  const planned = files.map((file) => planFile(model, source, file, atHub));
  const plan: PullPlan = {
    ref: model.ref,
    repo: model.repo,
    commit: record.revision,
    quant: model.quant,
    reason: undefined,
    folder,
    files: planned,
  };
  const pending: PendingFile[] = [];
  for (const file of planned) {
    const { received } = await readPartial(file.target, identify(hub.endpoint, plan, file));
    pending.push({ ...file, state: { kind: 'fetch', received } });
  }
  const missing = pending.reduce((sum, file) => sum + bytesToWrite(file), 0);
  requireSpace(options.models, missing, options.reserve);
  onEvent({ type: 'plan', models: [{ plan, files: pending }] });
  // From here on until its end it is a pull like any other, which `list` shows and `pull` continues.
  await changeRecord(plan, source, signal, (current) => {
    delete current.pulledAt;
  });
  for (const file of pending) await fetchFile(plan, file, { hub, downloader, signal, onEvent });
  await changeRecord(plan, source, signal, (current) => {
    current.pulledAt = new Date().toISOString();
    for (const { hubFile } of planned) {
      const own = current.files.find(({ name }) => name === hubFile.path);
      if (own !== undefined) Object.assign(own, digestOf(hubFile));
    }
  });
}

/** A file that others may read and we may not is not ours to replace. */
function requireReadable(files: readonly FileCheck[]): void {
  const locked = files.find(({ systemCode }) => systemCode === 'EACCES' || systemCode === 'EPERM');
  if (locked === undefined) return;
  throw new LlameroError('FILE_DAMAGED', `${locked.path} may not be read`, {
    hint: `Let it be read, then verify it again: \`chmod u+r "${locked.path}"\``,
  });
}

function planFile(
  { ref }: ModelCheck,
  { kind, label, record }: Source,
  check: FileCheck,
  atHub: readonly HubFile[],
): PlannedFile {
  const hubFile = atHub.find(({ path }) => path === check.name);
  const recorded = record.files.find(({ file }) => file === check.file);
  const again = { hint: `\`llamero pull ${ref}\` fetches what the hub has now` };
  if (hubFile === undefined) {
    throw new LlameroError('FILE_NOT_FOUND', `The hub has no ${check.name} any more`, again);
  }
  const isOther =
    recorded?.sha256 !== undefined &&
    hubFile.sha256 !== undefined &&
    recorded.sha256 !== hubFile.sha256;
  if (isOther) {
    const what = `The hub holds another ${check.name} than the one that was recorded`;
    throw new LlameroError('HASH_MISMATCH', what, again);
  }
  return { hubFile, target: check.path, kind, label };
}

function digestOf({ sha256, size }: HubFile): Partial<QuantRecord['files'][number]> {
  return { size, ...(sha256 === undefined ? {} : { sha256 }) };
}

/** Changes the record of a source, unless another pull has written one of another commit meanwhile. */
async function changeRecord(
  { commit, folder, repo }: PullPlan,
  { kind, label }: Source,
  signal: AbortSignal,
  change: (record: QuantRecord) => void,
): Promise<void> {
  await updateMetadata(
    folder,
    repo,
    (metadata) => {
      const record = (kind === 'model' ? metadata.quants : metadata.projectors)[label];
      if (record?.revision === commit) change(record);
    },
    signal,
  );
}
