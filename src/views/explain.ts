import type { Context } from '../lib/context.ts';
import { describeEngine } from '../lib/engine/engine.ts';
import { readHelp } from '../lib/engine/help.ts';
import { readRunSettings, runSettingsOf } from '../lib/server/load-settings.ts';
import { isActive } from '../lib/server/models.ts';
import type { LoadSettings } from '../lib/server/presets.ts';
import {
  type ExplainedFlag,
  type RunningDifference,
  explainLoad,
  runningDifferences,
} from '../lib/server/settings/explain.ts';
import type { ResolvedSetting } from '../lib/server/settings/resolve.ts';
import { createSettings } from '../lib/server/settings/settings.ts';
import { serverFiles } from '../lib/server/types.ts';
import { alreadyStored } from './stored-model.ts';

/** The `--json` document of `explain`. */
export interface ModelExplanation {
  readonly model: string;
  /** The engine in a few words. */
  readonly engine: string;
  /** The command line: the program and its words. */
  readonly command: readonly string[];
  readonly flags: readonly ExplainedFlag[];
  /** What goes with every request of `run`. */
  readonly requests: readonly ResolvedSetting[];
  /** Why llama-server cannot be given these settings, if so. */
  readonly problem?: string;
  /** Of a model that takes memory now: where it runs otherwise. */
  readonly running?: { readonly differences: readonly RunningDifference[] };
}

/**
 * Explains how a stored model is loaded. Nothing is started or pulled.
 *
 * @param flags load settings of this command
 * @param mayAsk whether somebody may be asked which model is meant
 * @throws LlameroError MODEL_NOT_FOUND, AMBIGUOUS; ENGINE_MISSING, ENGINE_UNUSABLE
 */
export async function explainModel(
  context: Context,
  text: string,
  flags: LoadSettings,
  mayAsk: boolean,
): Promise<ModelExplanation> {
  const model = await alreadyStored(context, text, { mayAsk });
  const settings = createSettings(await context.config());
  const runs = await readRunSettings(serverFiles(context.paths.run).settings);
  const engine = await context.engine();
  const help = await readHelp(engine, context.signal);
  const stored = await (await context.store()).survey();
  const models = stored.models.filter(({ state }) => state === 'complete');
  const resolved = settings.explainLoad(model, { running: runSettingsOf(runs, model.ref), flags });
  const load = explainLoad({ model, models, engine, help, settings: resolved });
  const args = await runningArguments(context, model.ref);
  return {
    model: model.ref,
    engine: describeEngine(engine),
    ...load,
    requests: settings.explainRun(model),
    ...(args === undefined
      ? {}
      : { running: { differences: runningDifferences(args, load, help) } }),
  };
}

/** The command line with which a model runs; undefined when it does not. */
async function runningArguments(
  context: Context,
  ref: string,
): Promise<readonly string[] | undefined> {
  const { models } = await (await context.server()).status({ signal: context.signal });
  const found = models.find((entry) => entry.ref === ref && isActive(entry.state));
  return found?.args;
}
