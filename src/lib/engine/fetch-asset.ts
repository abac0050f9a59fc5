import { rm } from 'node:fs/promises';
import path from 'node:path';

import type { Downloader } from '../download/downloader.ts';
import type { DownloadEvent } from '../download/types.ts';
import { digestFile } from '../download/verify.ts';
import { onDisk, sizeIfExists } from '../files.ts';
import type { ReleaseAsset } from './choose-asset.ts';

/** How a file of a release is fetched. */
export interface FetchAssetOptions {
  /** The folder of downloads. What was begun there is continued. */
  readonly folder: string;
  readonly downloader: Downloader;
  readonly signal: AbortSignal;
  readonly onEvent: (event: DownloadEvent) => void;
}

/** Where a file of a release is downloaded to; another content has another place. */
function downloadPath(folder: string, { digest, name }: ReleaseAsset): string {
  // The name comes from the network and becomes one on this disk.
  const safe = name.replaceAll(/[^\w.-]/gu, '_').replace(/^\.+/u, '');
  return path.join(folder, (digest ?? 'unknown').slice(0, 16), safe);
}

/**
 * Fetches a file of a release and checks its digest; one that is there whole is not fetched again.
 *
 * @returns where it lies, and its digest
 * @throws LlameroError HASH_MISMATCH, NETWORK, DISK_FULL and what else a download throws
 */
export async function fetchAsset(
  asset: ReleaseAsset,
  { downloader, folder, onEvent, signal }: FetchAssetOptions,
): Promise<{ readonly file: string; readonly sha256: string }> {
  const file = downloadPath(folder, asset);
  if (asset.digest !== undefined && (await sizeIfExists(file)) === asset.size) {
    const { sha256 } = await digestFile(file, () => undefined, signal);
    if (sha256 === asset.digest) return { file, sha256 };
  }
  await onDisk(file, () => rm(file, { force: true }));
  const url = new URL(asset.url);
  const { sha256 } = await downloader.download({
    target: file,
    identity: {
      source: `${url.origin}${url.pathname}`,
      size: asset.size,
      sha256: asset.digest,
    },
    locate: () => Promise.resolve({ url: asset.url, headers: {} }),
    onEvent,
  });
  return { file, sha256 };
}
