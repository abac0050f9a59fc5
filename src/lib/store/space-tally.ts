import { lstat, stat } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import { PARTIAL_SUFFIX } from './layout.ts';

/** What becomes of the space of files that go. */
export interface SpaceFreed {
  /** Bytes that the disk gets back. */
  readonly freed: number;
  /** Bytes that stay on the disk, because their files have other names elsewhere. */
  readonly shared: number;
}

/** What the removal of a file means for the disk. */
export interface Weight {
  readonly bytes: number;
  /** What tells the file from all others, whatever it is called. */
  readonly inode: string;
  /** How many names it has. */
  readonly names: number;
}

const BYTES_OF_A_BLOCK = 512;

/** Weighs a file, or what a link leads to; undefined where there is nothing. */
export async function weigh(file: string): Promise<Weight | undefined> {
  const figures = await orNothing(lstat(file, { bigint: true }));
  if (figures === undefined) return undefined;
  const inode = `${figures.dev}:${figures.ino}`;
  if (figures.isSymbolicLink()) {
    const target = await orNothing(stat(file));
    // What it leads to has a name of its own, which stays.
    return { inode, names: Number.POSITIVE_INFINITY, bytes: target?.size ?? 0 };
  }
  const size = Number(figures.size);
  // An unfinished file has holes, which take no space.
  const taken = Number(figures.blocks) * BYTES_OF_A_BLOCK;
  const bytes = file.endsWith(PARTIAL_SUFFIX) ? Math.min(size, taken) : size;
  return { inode, names: Number(figures.nlink), bytes };
}

/** Adds up what the disk gets back of files that go one after the other. */
export class SpaceTally {
  /** Of files that went: how many names they have left. */
  readonly #left = new Map<string, number>();
  #freed = 0;
  #shared = 0;

  /** Counts a file, or another name of one. */
  add({ bytes, inode, names }: Weight): void {
    const before = this.#left.get(inode);
    const left = (before ?? names) - 1;
    this.#left.set(inode, left);
    if (before === undefined) this.#shared += bytes;
    if (left > 0) return;
    this.#shared -= bytes;
    this.#freed += bytes;
  }

  get total(): SpaceFreed {
    return { freed: this.#freed, shared: this.#shared };
  }
}

async function orNothing<T>(looking: Promise<T>): Promise<T | undefined> {
  try {
    return await looking;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}
