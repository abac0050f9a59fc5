import { compareText, foldersOf, nameOf, withoutExtension } from './file-name.ts';
import { kindOf, type OtherKind } from './file-kind.ts';
import { assignLabels, type Labelled } from './labels.ts';
import { type LocatedQuant, locateQuant } from './quant-name.ts';
import { type RankingContext, rankQuants } from './ranking.ts';
import { parseShard } from './shards.ts';

/** A file of a repository, on the Hub or on disk. */
export interface RepoFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** One quant of a model: a file, or all its shards. */
export interface Quant<F extends RepoFile> {
  /**
   * What users type and the store calls it: unique in the repository without regard to case, safe as
   * a file name. The quant's name, with the variant when there is one (`Q8_0-MTP`); the stem of
   * the file when its name tells no quant.
   */
  readonly label: string;
  /** As `QuantName.name`; the label when the file's name tells no quant. */
  readonly name: string;
  /** What tells it from other files of the same quant: `MTP`, `V2`, `QAT`. */
  readonly variant?: string;
  /** The file, or the shards in order. */
  readonly files: readonly F[];
  /** Bytes of all files. */
  readonly size: number;
  /** Of a model in shards: how many there should be, and the numbers of those that are not there. */
  readonly shards?: { readonly total: number; readonly missing: readonly number[] };
}

/** The part of a model that turns images or sound into tokens. */
export interface Projector<F extends RepoFile> {
  /** Unique in the repository, safe as a file name: `F16`, `BF16`, `Q8_0`; `UNKNOWN` without a type. */
  readonly label: string;
  /** As `QuantName.name`, where the file's name tells it. */
  readonly type?: string;
  readonly file: F;
}

/** A file that is neither a quant nor a projector. */
export interface OtherFile {
  readonly path: string;
  readonly kind: OtherKind;
  /** Why a file that looks like a model is not listed as one. */
  readonly reason?: string;
}

/** The files of a repository, sorted into what they are. Every file is in exactly one place. */
export interface Inventory<F extends RepoFile> {
  /** The best default first; those that lack shards last. */
  readonly quants: readonly Quant<F>[];
  readonly projectors: readonly Projector<F>[];
  readonly other: readonly OtherFile[];
}

/** Files that make one model, not yet labelled. */
interface Group<F extends RepoFile> extends Labelled {
  readonly named: boolean;
  readonly files: readonly F[];
  readonly shards?: { readonly total: number; readonly missing: readonly number[] };
}

/**
 * Sorts the files of a repository into quants, projectors and the rest, by their paths alone. The
 * order of the files plays no part; a path that is listed twice counts once.
 *
 * @param context what is known of the repository beside its files
 */
export function takeInventory<F extends RepoFile>(
  files: readonly F[],
  context: RankingContext = {},
): Inventory<F> {
  const unique = new Map(files.map((file) => [file.path, file]));
  const sorted = [...unique.values()].sort((one, two) => compareText(one.path, two.path));
  const models: F[] = [];
  const projectors: F[] = [];
  const other: OtherFile[] = [];
  for (const file of sorted) {
    const found = kindOf(file.path);
    if (found.kind === 'model') models.push(file);
    else if (found.kind === 'projector') projectors.push(file);
    else other.push({ path: file.path, ...found });
  }
  const quants = labelQuants(groupModels(models));
  return { quants: rankQuants(quants, context), projectors: labelProjectors(projectors), other };
}

/** Puts the shards of a model together: same folder, same name, same total. */
function groupModels<F extends RepoFile>(files: readonly F[]): Group<F>[] {
  const groups = Map.groupBy(files, ({ path }) => {
    const shard = parseShard(path);
    return shard === undefined ? path : `${shard.base}\n${shard.total}`;
  });
  return [...groups.values()].map((members) => {
    const [first] = members;
    if (first === undefined) throw new TypeError('a group without files');
    const shard = parseShard(first.path);
    if (shard === undefined) {
      return {
        ...describe(withoutExtension(first.path)),
        order: `0 ${first.path}`,
        files: members,
      };
    }
    const numbered = new Map(members.map((file) => [parseShard(file.path)?.number, file]));
    const numbers = Array.from({ length: shard.total }, (_, index) => index + 1);
    const missing = numbers.filter((number) => !numbered.has(number));
    return {
      ...describe(shard.base),
      // A single file, then a whole model in shards, then one that lacks some.
      order: `${missing.length === 0 ? 1 : 2} ${first.path}`,
      files: numbers.flatMap((number) => numbered.get(number) ?? []),
      shards: { total: shard.total, missing },
    };
  });
}

/** What a model's path without extension and shard count says: its quant, and the rest. */
function describe(base: string): Omit<Labelled, 'order'> & { readonly named: boolean } {
  const folders = foldersOf(base);
  const stem = nameOf(base);
  const inName = locateQuant(stem);
  if (inName !== undefined) return named(inName, [...folders, inName.before]);
  for (const [index, folder] of [...folders.entries()].toReversed()) {
    const inFolder = locateQuant(folder);
    if (inFolder === undefined) continue;
    return named(inFolder, [...folders.with(index, inFolder.before), stem]);
  }
  return { named: false, name: stem, rest: folders.join('/') };
}

function named(
  { name, variant }: LocatedQuant,
  rest: readonly string[],
): Omit<Labelled, 'order'> & { readonly named: boolean } {
  const joined = rest.filter((part) => part !== '').join('/');
  return { named: true, name, rest: joined, ...(variant === undefined ? {} : { variant }) };
}

function labelQuants<F extends RepoFile>(groups: readonly Group<F>[]): Quant<F>[] {
  return [...assignLabels(groups)].map(([group, { label, variant }]) => ({
    label,
    name: group.named ? group.name : label,
    // The label of a file without a quant says all there is to say.
    ...(variant === undefined || !group.named ? {} : { variant }),
    files: group.files,
    size: group.files.reduce((sum, { size }) => sum + size, 0),
    ...(group.shards === undefined ? {} : { shards: group.shards }),
  }));
}

function labelProjectors<F extends RepoFile>(files: readonly F[]): Projector<F>[] {
  const described = files.map((file) => {
    const stem = withoutExtension(nameOf(file.path));
    // The type stands behind `mmproj`; a quant in front of it is the model's.
    const [front = '', behind = ''] = stem.split(/mmproj/iu);
    const located = locateQuant(behind) ?? locateQuant(front);
    const words = [located?.before ?? behind, located?.variant ?? ''];
    const rest = [...foldersOf(file.path), ...words].join('/');
    return { name: located?.name ?? 'UNKNOWN', rest, order: file.path, file, located };
  });
  return [...assignLabels(described)]
    .map(([{ file, located }, { label }]) => ({
      label,
      file,
      ...(located === undefined ? {} : { type: located.name }),
    }))
    .sort((one, two) => compareText(one.file.path, two.file.path));
}
