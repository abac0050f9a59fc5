import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

/** What a test puts into a repository: a file on disk (streamed, never copied) or a content. */
export type FileSource =
  | { readonly file: string; readonly lfs?: boolean }
  | { readonly content: string | Buffer; readonly lfs?: boolean };

/** One file version as the hub keeps it. */
export interface StoredFile {
  readonly size: number;
  /** Lower-case hex digest of the content. */
  readonly sha256: string;
  /** The oid git gives the file: of the content, or of the pointer when the file is in LFS. */
  readonly gitOid: string;
  readonly lfs: { readonly pointerSize: number } | undefined;
  /** The bytes from `start` up to, not including, `end`. */
  read(start: number, end: number): AsyncIterable<Buffer>;
}

// What the Hub's default .gitattributes sends to LFS, as far as model repositories use it.
const LFS_EXTENSION = /\.(?:gguf|safetensors|bin|pt|onnx|zip|npy|imatrix|dat)$/iu;
/** Files above this size must be in LFS on the Hub. */
const LFS_SIZE = 10_000_000;

interface Digests {
  readonly sha256: string;
  readonly blobOid: string;
}

const digestCache = new Map<string, Promise<Digests>>();

/** Reads (and hashes, by streaming) what a repository is to hold under `name`. */
export async function storeFile(name: string, source: FileSource): Promise<StoredFile> {
  if ('content' in source) {
    const content = Buffer.from(source.content);
    const digests = await digest(content.length, [content]);
    return stored(name, source.lfs, content.length, digests, async function* read(start, end) {
      yield content.subarray(start, end);
    });
  }
  const filePath = source.file;
  const { size, mtimeNs } = await stat(filePath, { bigint: true });
  const key = `${filePath}\0${size}\0${mtimeNs}`;
  let digests = digestCache.get(key);
  if (digests === undefined) {
    digests = digest(Number(size), createReadStream(filePath, { highWaterMark: 1 << 20 }));
    digestCache.set(key, digests);
  }
  return stored(name, source.lfs, Number(size), await digests, (start, end) =>
    start === end ? [] : createReadStream(filePath, { start, end: end - 1 }),
  );
}

async function digest(
  size: number,
  content: AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<Digests> {
  const sha256 = createHash('sha256');
  const blob = createHash('sha1').update(`blob ${size}\0`);
  for await (const chunk of content) {
    sha256.update(chunk);
    blob.update(chunk);
  }
  return { sha256: sha256.digest('hex'), blobOid: blob.digest('hex') };
}

function stored(
  name: string,
  lfs: boolean | undefined,
  size: number,
  digests: Digests,
  read: (start: number, end: number) => AsyncIterable<Buffer> | Iterable<Buffer>,
): StoredFile {
  const reader = async function* pass(start: number, end: number): AsyncGenerator<Buffer> {
    yield* read(start, end);
  };
  const { sha256 } = digests;
  if (!(lfs ?? (LFS_EXTENSION.test(name) || size > LFS_SIZE))) {
    return { size, sha256, gitOid: digests.blobOid, lfs: undefined, read: reader };
  }
  const pointer = lfsPointer(sha256, size);
  const gitOid = createHash('sha1').update(`blob ${pointer.length}\0${pointer}`).digest('hex');
  return { size, sha256, gitOid, lfs: { pointerSize: pointer.length }, read: reader };
}

/**
 * The text git keeps in place of a large file.
 * https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function lfsPointer(sha256: string, size: number): string {
  return `version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`;
}
