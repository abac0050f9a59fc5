import { inWordsOf } from '../engine/flag-names.ts';
import type { StoredModel } from '../store/model.ts';

/**
 * Settings of a model that take effect when it is loaded, each under the name of its llama-server
 * flag without the dashes: `ctx-size`, `n-gpu-layers`, `threads`.
 */
export type LoadSettings = Readonly<Record<string, string | number | boolean>>;

/** One model with its settings, as it goes into the list of presets. */
export interface PresetRequest {
  readonly model: StoredModel;
  readonly settings: LoadSettings;
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
  for (const { model, settings } of requests) {
    const entries = presetEntries(model, settings, flags);
    const reason = whyNot(entries, flags);
    if (reason === undefined) {
      const lines = entries.map(([key, value]) => `${key} = ${value}`);
      sections.push([`[${sectionName(model.ref)}]`, ...lines, ''].join('\n'));
      refs.push(model.ref);
    } else {
      refused.push({ ref: model.ref, reason });
    }
  }
  return { text: sections.join('\n'), refs, refused };
}

function presetEntries(
  model: StoredModel,
  settings: LoadSettings,
  flags: ReadonlySet<string>,
): (readonly [string, string])[] {
  const entries: (readonly [string, string])[] = [['model', model.path]];
  if (sectionName(model.ref) !== model.ref) entries.push(['alias', model.ref]);
  if (model.projector !== undefined) entries.push(['mmproj', model.projector]);
  for (const [key, value] of Object.entries(settings)) {
    // What the build has no word for is refused below, by the name that the user knows.
    entries.push(...(inWordsOf(flags, key, String(value)) ?? [[key, String(value)] as const]));
  }
  return entries;
}

function whyNot(
  entries: readonly (readonly [string, string])[],
  flags: ReadonlySet<string>,
): string | undefined {
  for (const [key, value] of entries) {
    if (!flags.has(`--${key}`)) return `this llama-server has no flag --${key}`;
    const problem = valueProblem(value);
    if (problem !== undefined) {
      return `llama-server's list of models cannot hold \`${key} = ${value}\`: ${problem}`;
    }
  }
  return undefined;
}

/**
 * Why a value cannot stand in the INI file, if so. There is no quoting: a value ends at the first
 * `#` or `;` and loses blanks at its ends, and quotes around it become part of it.
 * Source: https://github.com/ggml-org/llama.cpp/blob/master/common/preset.cpp
 */
export function valueProblem(value: string): string | undefined {
  if (value === '') return 'it is empty';
  const cutAt = /[#;]/u.exec(value)?.[0];
  if (cutAt !== undefined) return `it would be cut at the first ${cutAt}`;
  if (/[\u0000-\u001F\u007F]/u.test(value)) return 'it has a line break or a control character';
  if (value.startsWith(' ') || value.endsWith(' ')) return 'it begins or ends with a blank';
  if (/^["']/u.test(value)) return 'it begins with a quotation mark';
  return undefined;
}
