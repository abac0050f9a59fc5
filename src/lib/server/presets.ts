import type { StoredModel } from '../store/model.ts';
import { entriesProblem, presetEntries } from './settings/preset-entries.ts';

/**
 * Settings of a model that take effect when it is loaded, each under the name of its llama-server
 * flag without the dashes: `ctx-size`, `n-gpu-layers`, `threads`; and `keep-alive` in seconds, 0 for
 * not at all and -1 for ever.
 */
export type LoadSettings = Readonly<Record<string, string | number | boolean>>;

/** One model with its settings, as it goes into the list of presets. */
export interface PresetRequest {
  readonly model: StoredModel;
  readonly settings: LoadSettings;
  /** Further names under which requests may ask for it; none of them has a slash. */
  readonly aliases?: readonly string[];
}

/** A model that the list cannot hold, and why. */
interface RefusedModel {
  readonly ref: string;
  readonly reason: string;
}

/** The list of models for the router. */
export interface Presets {
  /** The INI file for `--models-preset`. */
  readonly text: string;
  /** The models in it, by reference. */
  readonly refs: readonly string[];
  /** The aliases of those that have any, by reference. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  readonly refused: readonly RefusedModel[];
}

/**
 * The name of a model's section. The router cuts the tag of a section `user/repo:tag` down to its
 * last run of letters, digits and underscores, in upper case: `UD-Q4_K_XL` would become `Q4_K_XL`
 * and silently take the place of the model that has that name. So a reference whose tag would not
 * survive is written with `@`, which is left alone, and its reference is added as an alias. Seen on
 * build 11669.
 */
export function sectionName(ref: string): string {
  const colon = ref.lastIndexOf(':');
  return /^[A-Z0-9_]+$/u.test(ref.slice(colon + 1))
    ? ref
    : `${ref.slice(0, colon)}@${ref.slice(colon + 1)}`;
}

/**
 * Writes the list of models for llama-server's router: a section for each, with its file, its
 * projector and its settings. A model that cannot be written is refused by itself; the others
 * are not harmed.
 *
 * @param flags the flags the engine accepts; an unknown key in the list would end the whole router
 */
export function buildPresets(
  requests: readonly PresetRequest[],
  flags: ReadonlySet<string>,
): Presets {
  const sections: string[] = [];
  const refs: string[] = [];
  const refused: RefusedModel[] = [];
  const named = new Map<string, readonly string[]>();
  const models = requests.map(({ model }) => model);
  for (const { aliases = [], model, settings } of requests) {
    const entries = presetEntries(model, settings, { flags, models });
    const name = sectionName(model.ref);
    const names = name === model.ref ? aliases : [model.ref, ...aliases];
    if (names.length > 0) entries.splice(1, 0, { flag: 'alias', value: names.join(',') });
    const reason = entriesProblem(entries, flags);
    if (reason === undefined) {
      const lines = entries.map(({ flag, value }) => `${flag} = ${value}`);
      sections.push([`[${name}]`, ...lines, ''].join('\n'));
      refs.push(model.ref);
      if (aliases.length > 0) named.set(model.ref, aliases);
    } else {
      refused.push({ ref: model.ref, reason });
    }
  }
  return { text: sections.join('\n'), refs, aliases: named, refused };
}
