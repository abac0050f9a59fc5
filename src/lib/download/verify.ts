import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import { throwIfAborted } from '../errors.ts';
import type { FileIdentity } from './types.ts';

const READ_SIZE = 1024 * 1024;

/** The digests of a file that a hub may name it by. */
export interface Digests {
  readonly sha256: string;
  /** As git names a file of this content: https://git-scm.com/book/en/v2/Git-Internals-Git-Objects */
  readonly gitOid: string;
}

/**
 * Reads a whole file once and computes its digests.
 *
 * @param onProgress called with the number of bytes read so far
 */
export async function digestFile(
  file: string,
  onProgress: (bytes: number) => void,
  signal: AbortSignal | undefined,
): Promise<Digests> {
  const handle = await open(file, 'r');
  try {
    const { size } = await handle.stat();
    const sha256 = createHash('sha256');
    const git = createHash('sha1').update(`blob ${size}\0`);
    const buffer = Buffer.allocUnsafe(READ_SIZE);
    // Git's digest matters for small files alone: large ones are stored by their sha256.
    const withGit = size <= READ_SIZE * 64;
    let position = 0;
    for (;;) {
      throwIfAborted(signal);
      const { bytesRead } = await handle.read(buffer, 0, READ_SIZE, position);
      if (bytesRead === 0) break;
      const part = buffer.subarray(0, bytesRead);
      sha256.update(part);
      if (withGit) git.update(part);
      position += bytesRead;
      onProgress(position);
    }
    return { sha256: sha256.digest('hex'), gitOid: withGit ? git.digest('hex') : '' };
  } finally {
    await handle.close();
  }
}

/** How a file differs from what it should be, as a clause; undefined when it does not. */
export function mismatch(identity: FileIdentity, digests: Digests): string | undefined {
  if (identity.sha256 !== undefined) {
    if (digests.sha256 === identity.sha256) return undefined;
    return `its sha256 is ${digests.sha256}, it should be ${identity.sha256}`;
  }
  if (identity.gitOid === undefined || digests.gitOid === identity.gitOid) return undefined;
  return `its git id is ${digests.gitOid}, it should be ${identity.gitOid}`;
}
