import type { StoredModel } from '../../../src/lib/store/model.ts';

/** A model as the store would hold it; nothing of it is on the disk. */
export function storedAs(
  ref: string,
  file = '/m/model.gguf',
  more: Partial<StoredModel> = {},
): StoredModel {
  const [repo = '', quant = ''] = ref.split(':');
  return {
    ref,
    repo,
    quant,
    path: file,
    files: [],
    size: 0,
    state: 'complete',
    modifiedAt: new Date(0),
    ...more,
  };
}
