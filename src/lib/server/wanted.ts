import { LlameroError } from '../errors.ts';
import type { StoredModel } from '../store/model.ts';
import { type RunSettings, runSettingsOf } from './load-settings.ts';
import { type LoadSettings, type Presets, buildPresets } from './presets.ts';
import { mergeLoadSettings } from './settings/resolve.ts';
import type { ModelServerOptions } from './types.ts';

/** Configured, overridden by what the server was started with, overridden by what runs asked for. */
export function settingsOf(
  { settingsFor }: ModelServerOptions,
  model: StoredModel,
  runs: RunSettings,
): LoadSettings {
  return mergeLoadSettings(settingsFor(model), runSettingsOf(runs, model.ref));
}

/** The list of presets as it is wanted now: every model that is whole, with its settings. */
export async function wantedPresets(
  server: ModelServerOptions,
  runs: RunSettings,
): Promise<Presets> {
  const complete = (await server.models()).filter(({ state }) => state === 'complete');
  const { flags } = await server.engine();
  const aliases = [...((await server.aliases?.()) ?? [])];
  return buildPresets(
    complete.map((model) => ({
      model,
      settings: settingsOf(server, model, runs),
      aliases: aliases.filter(([, ref]) => ref === model.ref).map(([name]) => name),
    })),
    flags,
  );
}

/** @throws LlameroError MODEL_LOAD_FAILED, MODEL_NOT_FOUND when a model is not in the list */
export function requireInPresets(presets: Presets, ref: string): void {
  if (presets.refs.includes(ref)) return;
  const refused = presets.refused.find((entry) => entry.ref === ref);
  if (refused !== undefined) {
    throw new LlameroError('MODEL_LOAD_FAILED', `${ref} cannot be loaded: ${refused.reason}`, {
      hint: `Correct what the command was given, or the setting: \`llamero explain ${ref}\` shows where each comes from`,
    });
  }
  throw new LlameroError('MODEL_NOT_FOUND', `${ref} is not stored on this machine`, {
    hint: `Fetch it with \`llamero pull ${ref}\``,
  });
}
