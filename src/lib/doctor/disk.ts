import { freeSpace } from '../files.ts';
import { formatDiskSize } from '../format.ts';
import type { Finding } from './types.ts';

/** Less than this, and not even the records of what is stored can be relied on to be written. */
const FULL_BYTES = 64_000_000;
/** Beside the reserve: about what a model of 8 billion weights takes in 4 bits. */
const LOW_BYTES = 5_000_000_000;

/** What is looked at. */
export interface DiskOptions {
  /** The folder of the models; it need not exist. */
  readonly folder: string;
  /** Bytes that a pull leaves free: `pull.reserve`. */
  readonly reserve: number;
}

/** Whether the disk of the models has room for another one. */
export async function checkDisk({ folder, reserve }: DiskOptions): Promise<Finding[]> {
  const id = 'disk';
  const free = freeSpace(folder);
  const left = `${formatDiskSize(free)} free on the disk of ${folder}`;
  const fix = 'llamero list --sort size';
  if (free < FULL_BYTES) {
    const message = `The disk is full: ${left}`;
    return [{ id, severity: 'error', code: 'DISK_FULL', message, fix }];
  }
  if (free < reserve + LOW_BYTES) {
    const kept = reserve === 0 ? '' : `, of which a pull leaves ${formatDiskSize(reserve)}`;
    return [{ id, severity: 'warning', message: `The disk is nearly full: ${left}${kept}`, fix }];
  }
  return [{ id, severity: 'ok', message: left }];
}
