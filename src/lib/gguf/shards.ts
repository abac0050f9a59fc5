import { isGguf } from './file-name.ts';

/** One file of a model that llama.cpp reads from several files. */
export interface Shard {
  /** The path up to the number: `Q4_K_M/model-Q4_K_M`. */
  readonly base: string;
  /** Counted from 1. */
  readonly number: number;
  readonly total: number;
}

// llama.cpp builds the names of all shards from that of the first one with "%s-%05d-of-%05d.gguf";
// other widths and upper case do not load. https://github.com/ggml-org/llama.cpp/tree/master/tools/gguf-split
const SHARD = /^(?<base>.*[^/])-(?<number>\d{5})-of-(?<total>\d{5})\.gguf$/su;
const ANY_COUNT = /-\d+-of-\d+(?:\.gguf)?$/iu;

// A bound for hostile lists: the largest models published so far have fewer than 200 shards.
const MAX_SHARDS = 2000;

/** Reads the number of a shard from its path; undefined when it is not a shard llama.cpp loads. */
export function parseShard(path: string): Shard | undefined {
  const groups = SHARD.exec(path)?.groups;
  if (groups?.['base'] === undefined) return undefined;
  const number = Number(groups['number']);
  const total = Number(groups['total']);
  if (number < 1 || number > total || total > MAX_SHARDS) return undefined;
  return { base: groups['base'], number, total };
}

/** The path of shard `number` (from 1) of `total`, as llama.cpp expects it. */
export function shardPath(base: string, number: number, total: number): string {
  return `${base}-${fiveDigits(number)}-of-${fiveDigits(total)}.gguf`;
}

function fiveDigits(value: number): string {
  return String(value).padStart(5, '0');
}

/** A path without the count of a shard, however it is written: `m-1-of-2.gguf` is `m.gguf`. */
export function withoutShardCount(path: string): string {
  return path.replace(ANY_COUNT, isGguf(path) ? '.gguf' : '');
}

// How files above the Hub's former limit of 50 GB were cut before llama.cpp had shards:
// `.gguf.part1of2`, `.gguf-split-a`, `-split-a.gguf`, `.gguf.part-a`, `.gguf.part01`, `.gguf.aa`,
// `.gguf.001`.
const PIECE = new RegExp(
  [
    String.raw`\.gguf[._-]?part[._-]?(?:\d+[._-]?of[._-]?\d+|[a-z]{1,2}|\d{1,3})$`,
    String.raw`[._-]split-?(?:[a-z]{1,2}|\d{1,3})(?:\.gguf)?$`,
    String.raw`\.gguf\.(?:a[a-z]|\d{2,3})$`,
  ].join('|'),
  'iu',
);

/** Why a file that is one part of a model cannot be loaded, or undefined when it is no such part. */
export function pieceReason(path: string): string | undefined {
  if (PIECE.test(path)) return 'a piece of a cut file: llama.cpp loads it only when joined again';
  if (isGguf(path) && ANY_COUNT.test(path) && parseShard(path) === undefined) {
    return 'a shard numbered in a way that llama.cpp does not load';
  }
  return undefined;
}

/** The path of the file that a piece was cut from; other paths as they are. */
export function withoutPiece(path: string): string {
  return path.replace(PIECE, '.gguf');
}
