import { keyAt, splitKey } from '../config/key.ts';
import { filePath } from '../config/kinds.ts';
import { generalKey, isModelSetting, MODEL_SETTING_KEYS } from '../config/model-settings.ts';
import { definitionOf, SETTING_KEYS } from '../config/schema.ts';
import { type Answer, type Candidate, NOTHING } from './candidate.ts';

const MODELS = 'models.';

/**
 * The settings, and those of one model.
 *
 * @param models gives the stored models whose names can go on from a text
 */
export async function settingKeys(
  typed: string,
  models: (typed: string) => Promise<readonly Candidate[]>,
): Promise<Candidate[]> {
  if (!typed.startsWith(MODELS)) {
    const keys = SETTING_KEYS.map((key) => ({
      value: key,
      description: definitionOf(key).description,
    }));
    return [...keys, { value: MODELS, description: 'settings of one model', goesOn: true }];
  }
  const found = await models(typed.slice(MODELS.length));
  const groups = found.map(({ value }) => ({ value: `${MODELS}${value}.`, goesOn: true }));
  const dot = typed.lastIndexOf('.');
  if (dot < MODELS.length) return groups;
  const group = typed.slice(0, dot + 1);
  const settings = MODEL_SETTING_KEYS.map((key) => ({
    value: group + key.slice(key.indexOf('.') + 1),
    description: definitionOf(key).description,
  }));
  // A name may hold dots itself, so both can be meant.
  return [...groups, ...settings.filter(({ value }) => value.startsWith(typed))];
}

/** The values that a setting takes where it takes only some words, or a file. */
export function settingValues(key: string): Answer {
  const kind = keyAt(splitKey(key))?.kind;
  if (kind === undefined) return NOTHING;
  return {
    candidates: (kind.words ?? []).map((value) => ({ value })),
    files: kind === filePath,
  };
}

/** The values of the flag that sets a setting for once. */
export function flagSettingValues(flag: string): Answer {
  return isModelSetting(flag) ? settingValues(generalKey(flag)) : NOTHING;
}
