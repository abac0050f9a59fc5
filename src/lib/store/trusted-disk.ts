import { statfsSync } from 'node:fs';

import { systemErrorCode } from '../errors.ts';
import { look } from './folder.ts';

/**
 * File systems on which every change of a folder's entries changes the times of the folder: ext2 to
 * ext4, XFS, Btrfs, F2FS, tmpfs and ZFS, by their numbers in `linux/magic.h` (ZFS: `ZFS_SUPER_MAGIC` of
 * OpenZFS). On others a change may go unseen: on FAT, on what the network or another program serves,
 * and on an overlay, whose lower folders may change while it is not mounted.
 */
const TRUSTED: ReadonlySet<number> = new Set([
  0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0x01021994,
]);

/** The device of a folder, where its file system can be trusted. */
export function trustedDevice(folder: string, platform: NodeJS.Platform): number | undefined {
  if (platform !== 'linux') return undefined;
  try {
    return TRUSTED.has(statfsSync(folder).type) ? look(folder)?.dev : undefined;
  } catch (error) {
    if (systemErrorCode(error) === undefined) throw error;
    // Whatever is wrong with it, reading it will tell.
    return undefined;
  }
}
