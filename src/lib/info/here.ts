import type { Quant } from '../gguf/inventory.ts';
import type { StoredModel } from '../store/model.ts';
import { isSizeKnown } from './stored-inventory.ts';
import type { InfoFile, QuantInfo } from './types.ts';

/** What of a quant is on this machine. */
type Here = Pick<QuantInfo, 'stored' | 'isOtherVersion'>;

/**
 * What of a quant is on this machine. Of the main revision a stored model of the quant's name is taken
 * for it, and said to be another version where the digests tell so; of any other revision the digests
 * have to be the same, for what is stored has most likely come from the main one.
 */
export function hereOf(
  quant: Quant<InfoFile>,
  stored: readonly StoredModel[],
  revision: string | undefined,
): Here {
  const model = stored.find(({ quant: label }) => isSameLabel(label, quant.label));
  if (model === undefined) return {};
  const likeness = likenessOf(model, quant);
  if (revision !== undefined) return likeness === 'same' ? { stored: model } : {};
  return likeness === 'different' ? { stored: model, isOtherVersion: true } : { stored: model };
}

/** Whether two labels name one quant: the store, like the hub, has none that differ by case alone. */
export function isSameLabel(one: string, other: string): boolean {
  return one.toUpperCase() === other.toUpperCase();
}

/** Whether the files of a stored model are those of a quant, as far as their digests are known. */
function likenessOf(
  { files }: StoredModel,
  quant: Quant<InfoFile>,
): 'same' | 'different' | 'unknown' {
  const listed = new Set<string>();
  for (const { sha256 } of quant.files) {
    if (sha256 === undefined) return 'unknown';
    listed.add(sha256);
  }
  if (files.some(({ sha256 }) => sha256 !== undefined && !listed.has(sha256))) return 'different';
  const isAll = files.length === quant.files.length;
  return isAll && files.every(({ sha256 }) => sha256 !== undefined) ? 'same' : 'unknown';
}

/** What is here of a repository, with what was pulled of it under the name that it had before. */
export function withFormerName(
  stored: readonly StoredModel[],
  former: readonly StoredModel[],
): readonly StoredModel[] {
  const isNew = ({ quant }: StoredModel): boolean =>
    !stored.some((each) => isSameLabel(each.quant, quant));
  return [...stored, ...former.filter(isNew)];
}

/** The model on this machine whose header tells of a quant: its own, or of any where none was named. */
export function localOf(
  quant: Quant<InfoFile> | undefined,
  here: ReadonlyMap<string, Here>,
  tag: string | undefined,
): StoredModel | undefined {
  const own = here.get(quant?.label ?? '');
  if (own !== undefined && isReadable(own)) return own.stored;
  return tag === undefined ? [...here.values()].find(isReadable)?.stored : undefined;
}

/** Whether the header of what is here is that of the listed file. */
function isReadable({ isOtherVersion, stored }: Here): boolean {
  return stored?.state === 'complete' && isOtherVersion === undefined;
}

/** The labels of quants that the store alone tells of, and of whose size it knows a part. */
export function unsizedOf(
  quants: readonly Quant<InfoFile>[],
  here: ReadonlyMap<string, Here>,
): ReadonlySet<string> {
  const labels = quants.map(({ label }) => label);
  return new Set(
    labels.filter((label) => {
      const model = here.get(label)?.stored;
      return model !== undefined && !isSizeKnown(model);
    }),
  );
}
