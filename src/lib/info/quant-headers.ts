import { LlameroError, systemErrorCode } from '../errors.ts';
import { type GgufHeader, readFileHeader } from '../gguf/header.ts';
import type { Quant } from '../gguf/inventory.ts';
import type { HubFile } from '../hub/types.ts';
import type { StoredModel } from '../store/model.ts';
import type { HeaderExtent, RemoteHeaders } from './headers.ts';
import type { KnownListing } from './listings.ts';
import type { InfoFile } from './types.ts';

/** Headers of one quant, and where they were read. */
export interface FoundHeaders {
  readonly headers: readonly GgufHeader[];
  /** Whether there is one for each shard. */
  readonly isAll: boolean;
  /** The first file: on this machine, or its path in the repository. */
  readonly file: string;
  /** The quant that they are of. */
  readonly label: string;
}

/** Which headers are wanted. */
export interface HeadersQuestion {
  readonly quant: Quant<InfoFile | HubFile> | undefined;
  readonly listing: KnownListing | undefined;
  /** The model on this machine to read instead. */
  readonly local: StoredModel | undefined;
  readonly extent: HeaderExtent | 'every shard';
  readonly signal?: AbortSignal | undefined;
}

/**
 * The headers of a model that is here, else the first of a quant at the hub; undefined where there is
 * neither.
 *
 * @throws LlameroError FILE_DAMAGED, and what the hub says
 */
export async function quantHeaders(
  { extent, listing, local, quant, signal }: HeadersQuestion,
  headers: RemoteHeaders,
): Promise<FoundHeaders | undefined> {
  if (local !== undefined) {
    const read: GgufHeader[] = [];
    for (const { path } of local.files) read.push(await readFileHeader(path, { tensors: true }));
    return { headers: read, isAll: true, file: local.path, label: local.quant };
  }
  const file = listing?.files.find(({ path }) => path === quant?.files[0]?.path);
  if (listing === undefined || quant === undefined || file === undefined) return undefined;
  const { chatTemplate, model } = listing;
  // Where the hub has read no header, nobody but the whole of it tells of the template.
  const wanted = chatTemplate === undefined || extent !== 'head' ? 'whole' : 'head';
  const read: GgufHeader[] = [];
  const shards = extent === 'every shard' ? quant.files.map(({ path }) => path) : [file.path];
  for (const path of shards) {
    const shard = listing.files.find((each) => each.path === path);
    if (shard === undefined) continue;
    const remote = { repo: model.id, commit: model.commit, file: shard };
    read.push(await headers.read(remote, wanted, signal));
  }
  const isAll = quant.files.length === read.length;
  return { headers: read, isAll, file: file.path, label: quant.label };
}

/** The header of the projector that is here; one that cannot be read says nothing. */
export async function projectorHeader(
  stored: readonly StoredModel[],
): Promise<GgufHeader | undefined> {
  const file = stored.find(({ projector }) => projector !== undefined)?.projector;
  if (file === undefined) return undefined;
  try {
    return await readFileHeader(file);
  } catch (error) {
    if (error instanceof LlameroError || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}
