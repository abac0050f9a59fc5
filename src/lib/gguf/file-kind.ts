import {
  asciiUpperCase,
  foldersOf,
  isGguf,
  isSafePath,
  nameOf,
  withoutExtension,
} from './file-name.ts';
import { locateQuant } from './quant-name.ts';
import { parseShard, pieceReason, withoutShardCount } from './shards.ts';

/** What a file is that is neither a model nor a projector. */
export type OtherKind =
  'imatrix' | 'draft' | 'lora' | 'control-vector' | 'vocabulary' | 'pieces' | 'unsafe' | 'other';

/** What a file is, by its path; `reason` says why a file that looks like a model is none. */
export type FileKind =
  | { readonly kind: 'model' }
  | { readonly kind: 'projector' }
  | { readonly kind: OtherKind; readonly reason?: string };

/** The words of a name in upper case: `m-Q8_0.LoRA` is `M`, `Q8`, `0`, `LORA`. */
function wordsOf(text: string): string[] {
  return asciiUpperCase(text)
    .split(/[^A-Z0-9]+/u)
    .filter((word) => word !== '');
}

/**
 * Tells by its path what a file of a repository is.
 *
 * The words are those that llama.cpp leaves out when it looks for a model (`find_best_model` in
 * https://github.com/ggml-org/llama.cpp/blob/master/common/download.cpp) and the types of the GGUF
 * naming convention (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md).
 */
export function kindOf(path: string): FileKind {
  if (!isSafePath(path)) {
    return { kind: 'unsafe', reason: 'its name could not be written safely on every system' };
  }
  const name = nameOf(path);
  const words = wordsOf(withoutExtension(name));
  const folders = foldersOf(path).map(asciiUpperCase);
  if (asciiUpperCase(name).includes('IMATRIX')) {
    return { kind: 'imatrix', reason: 'statistics for making quants, not a model' };
  }
  const piece = pieceReason(path);
  if (piece !== undefined) return { kind: 'pieces', reason: piece };
  if (!isGguf(path)) return { kind: 'other' };
  if (asciiUpperCase(name).includes('MMPROJ') || folders.includes('MMPROJ')) {
    if (parseShard(path) === undefined) return { kind: 'projector' };
    return { kind: 'pieces', reason: 'a projector in shards, which llama.cpp does not load' };
  }
  return companionKind(name, words, folders) ?? { kind: 'model' };
}

/** A GGUF file that goes with a model: it is none itself. */
function companionKind(
  name: string,
  words: readonly string[],
  folders: readonly string[],
): FileKind | undefined {
  const stem = withoutExtension(withoutShardCount(name));
  const { name: quant, variant = '' } = locateQuant(stem) ?? {};
  const suffix = wordsOf(variant);
  if (isDraft(words, suffix, folders)) {
    return { kind: 'draft', reason: 'a draft for speculative decoding, not a model of its own' };
  }
  if (isControlVector(words, folders)) {
    return { kind: 'control-vector', reason: 'a control vector, which is applied to a model' };
  }
  if (isLora(words, suffix, folders, quant)) {
    return { kind: 'lora', reason: 'a LoRA adapter, which is applied to a model' };
  }
  const isVocabulary =
    /^(?:GGML[._-])?VOCAB(?:[._-]|$)/u.test(asciiUpperCase(stem)) || words.at(-1) === 'VOCAB';
  if (isVocabulary) return { kind: 'vocabulary', reason: 'a vocabulary without weights' };
  return undefined;
}

const DRAFT_METHODS: ReadonlySet<string> = new Set(['EAGLE3', 'DFLASH', 'DSPARK']);
const DRAFT_FOLDERS: ReadonlySet<string> = new Set(['MTP', 'DRAFT', 'DRAFTS', 'DRAFTER', 'EAGLE3']);

/**
 * `MTP` names a draft only in front and as a folder (as in https://github.com/unslothai/unsloth/pull/6125);
 * behind the quant it names a whole model that has the heads in it.
 */
function isDraft(
  words: readonly string[],
  suffix: readonly string[],
  folders: readonly string[],
): boolean {
  const [first = ''] = words;
  return (
    words.some((word) => DRAFT_METHODS.has(word)) ||
    ['MTP', 'DRAFT', 'DRAFTER'].includes(first) ||
    suffix.includes('DRAFT') ||
    folders.some((folder) => DRAFT_FOLDERS.has(folder))
  );
}

function isControlVector(words: readonly string[], folders: readonly string[]): boolean {
  const text = [...folders.flatMap(wordsOf), ...words].join('-');
  return /(?:^|-)(?:CONTROL-?VECTORS?|CVECTORS?)(?:-|$)/u.test(text);
}

const LORA_FOLDERS: ReadonlySet<string> = new Set(['LORA', 'LORAS', 'ADAPTER', 'ADAPTERS']);

// All that convert_lora_to_gguf.py writes
// (https://github.com/ggml-org/llama.cpp/blob/master/convert_lora_to_gguf.py): in any other type,
// `alpaca-lora-7b-Q4_K_M` is a model that a LoRA was merged into.
const LORA_TYPES: ReadonlySet<string> = new Set(['F32', 'F16', 'BF16', 'Q8_0']);

function isLora(
  words: readonly string[],
  suffix: readonly string[],
  folders: readonly string[],
  quant: string | undefined,
): boolean {
  if (words.includes('MERGED')) return false;
  if (suffix.includes('LORA') || folders.some((folder) => LORA_FOLDERS.has(folder))) return true;
  if (quant !== undefined && !LORA_TYPES.has(quant)) return false;
  return words.includes('LORA') || words.includes('ADAPTER');
}
