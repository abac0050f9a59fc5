import type { Quant } from '../gguf/inventory.ts';
import type { StoredModel } from '../store/model.ts';
import type { InfoFile, QuantInfo } from './types.ts';

/** What of a quant is on this machine. */
export type Here = Pick<QuantInfo, 'stored' | 'isOtherVersion'>;

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
