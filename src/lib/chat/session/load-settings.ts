import { describeLoadSettings } from '../../server/load-settings.ts';
import type { LoadSettings } from '../../server/presets.ts';
import type { Session } from './session.ts';

/**
 * The settings that a model has to be loaded with so that those of the conversation hold: none as
 * long as they do. Where somebody stopped the model they are asked for again. Where somebody else
 * runs it without them they are given up and that is told: asked for again and again, those of two
 * conversations with one model would push each other out.
 */
export async function settingsToLoadWith(
  session: Session,
  signal: AbortSignal,
): Promise<LoadSettings> {
  const { host, io, loadSettings, model } = session;
  const wanted = Object.entries(loadSettings);
  if (wanted.length === 0) return {};
  const inForce = await host.settingsInForce(model);
  const kept = wanted.filter(([name, value]) => inForce[name] === value);
  if (kept.length === wanted.length) return {};
  if (!(await host.isLoaded(model, signal))) {
    const settings = describeLoadSettings(loadSettings);
    io.note(`${model} is not loaded any more; it is loaded again with ${settings}`);
    return loadSettings;
  }
  session.loadSettings = Object.fromEntries(kept);
  const lost = wanted.filter(([name, value]) => inForce[name] !== value);
  io.warn(
    `Somebody else has loaded ${model} anew, and without ${describeLoadSettings(Object.fromEntries(lost))}; /set brings it back`,
  );
  return {};
}
