import { asciiUpperCase, compareText, foldersOf, nameOf, withoutExtension } from './file-name.ts';
import type { Inventory, Projector, Quant, RepoFile } from './inventory.ts';
import { locateQuant } from './quant-name.ts';

// llama.cpp itself takes the type whose bits are closest to the model's. We take F16 as Ollama and
// Docker do: a projector is small, so a smaller type saves little and costs detail in images; BF16
// holds the same but is slow or missing on older GPUs; F32 is twice as large for nothing.
const TYPES: readonly string[] = ['F16', 'BF16', 'Q8_0', 'F32'];

/**
 * The projector to load with a quant; undefined when the repository has none for it. It must lie in
 * the quant's folder or in one above it; the deepest wins, then the name that shares the most words
 * with the quant's, then the type.
 */
export function chooseProjector<F extends RepoFile>(
  inventory: Inventory<F>,
  quant: Quant<F>,
): Projector<F> | undefined {
  const [first] = quant.files;
  if (first === undefined) return undefined;
  const folders = foldersOf(first.path);
  const words = new Set(wordsOf(nameOf(first.path)));
  const [best] = inventory.projectors
    .filter(({ file }) => startsWith(folders, homeOf(file.path)))
    .map((projector) => ({
      projector,
      depth: sharedDepth(folders, foldersOf(projector.file.path)),
      words: modelWordsOf(projector).filter((word) => words.has(word)).length,
      type: typeRank(projector.type),
    }))
    .sort(
      (one, other) =>
        other.depth - one.depth ||
        other.words - one.words ||
        one.type - other.type ||
        compareText(one.projector.file.path, other.projector.file.path),
    );
  return best?.projector;
}

/** The folder whose models a projector serves: a folder of its own (`mmproj/`, `F16/`) counts for the one above. */
function homeOf(path: string): string[] {
  const folders = foldersOf(path);
  while (folders.length > 0 && isOwnFolder(folders.at(-1) ?? '')) folders.pop();
  return folders;
}

function isOwnFolder(folder: string): boolean {
  if (asciiUpperCase(folder).includes('MMPROJ')) return true;
  const located = locateQuant(folder);
  return located !== undefined && located.before === '' && located.variant === undefined;
}

function startsWith(folders: readonly string[], start: readonly string[]): boolean {
  return start.every((folder, index) => folders[index] === folder);
}

function sharedDepth(one: readonly string[], other: readonly string[]): number {
  const different = one.findIndex((folder, index) => folder !== other[index]);
  return different === -1 ? one.length : different;
}

function wordsOf(name: string): string[] {
  return asciiUpperCase(withoutExtension(name))
    .split(/[^A-Z0-9.]+/u)
    .filter((word) => word !== '');
}

/** The words of a projector's name that may be those of its model. */
function modelWordsOf<F extends RepoFile>({ file, type }: Projector<F>): string[] {
  const words = new Set(wordsOf(type ?? ''));
  return wordsOf(nameOf(file.path)).filter((word) => word !== 'MMPROJ' && !words.has(word));
}

function typeRank(type: string | undefined): number {
  const rank = TYPES.indexOf(type ?? '');
  return rank === -1 ? TYPES.length : rank;
}
