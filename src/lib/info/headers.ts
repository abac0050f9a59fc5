import { describeModel } from '../gguf/header-description.ts';
import { type GgufHeader, readHeader } from '../gguf/header.ts';
import { headerOfRecord, recordOf } from '../gguf/header-record.ts';
import type { Http } from '../http/types.ts';
import type { Hub } from '../hub/types.ts';
import type { DocumentCache } from './document-cache.ts';
import { type RemoteFile, remoteSource } from './remote-source.ts';

/**
 * How much of a header is wanted. `head`: what a model is and what it keeps in memory, some
 * kilobytes. `whole`: the chat template and the tensors as well, which stand behind the vocabulary.
 */
export type HeaderExtent = 'head' | 'whole';

/** Headers of files on a hub, each read once. */
export interface RemoteHeaders {
  /**
   * The header of a file. What was read before is there without a request.
   *
   * @throws LlameroError FILE_DAMAGED, and what the hub says
   */
  read(file: RemoteFile, extent: HeaderExtent, signal?: AbortSignal): Promise<GgufHeader>;
}

/** What headers are read with. The hub and the client are made when they are needed. */
export interface RemoteHeadersOptions {
  readonly hub: () => Promise<Hub>;
  readonly http: () => Promise<Http>;
  readonly cache: DocumentCache;
}

/** Most of a header of 32 thousand tokens, and so much more than the shortest has. */
const FIRST_READ = 1024 * 1024;

/** Opens the headers of a hub. */
export function createRemoteHeaders({ cache, http, hub }: RemoteHeadersOptions): RemoteHeaders {
  return {
    read: async (remote, extent, signal) => {
      const { gitOid, sha256 = gitOid } = remote.file;
      const known = headerOfRecord(await cache.read(sha256));
      if (known !== undefined && (extent === 'head' || known.partial === undefined)) return known;
      const source = remoteSource(remote, { hub: await hub(), http: await http(), signal });
      let header =
        extent === 'head' ? await readHeader(source, { untilVocabulary: true }) : undefined;
      if (header === undefined || (header.partial === true && !isEnough(header))) {
        const firstRead = extent === 'head' ? undefined : FIRST_READ;
        header = await readHeader(source, { tensors: true, firstRead });
      }
      await cache.write(sha256, recordOf(header));
      return header;
    },
  };
}

/** Whether what llamero tells of a model stands in it. Some writers put it behind the vocabulary. */
function isEnough(header: GgufHeader): boolean {
  const { architecture, blockCount, contextLength, embeddingLength } = describeModel(header);
  return (
    architecture !== '' &&
    blockCount !== undefined &&
    contextLength !== undefined &&
    embeddingLength !== undefined
  );
}
