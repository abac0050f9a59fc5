import type { LoadSettings } from '../../server/presets.ts';
import type { ReadyModel } from '../../server/router.ts';
import type { History } from '../history/types.ts';
import type { Sampling } from '../sampling.ts';
import type { CopyOutcome } from './clipboard.ts';

/** A setting that takes effect when a model is loaded, as `/set` shows it. */
export interface LoadSetting {
  /** The name of its llama-server flag without the dashes. */
  readonly name: string;
  readonly description: string;
  /** Completes the sentence "must be …". */
  readonly expects: string;
  /** The value of what was typed, or undefined when the setting does not take it. */
  parse(typed: string): string | number | boolean | undefined;
}

/** What a conversation needs of the program around it, besides the terminal. */
export interface ChatHost {
  /**
   * Makes a stored model ready for requests; a server that is gone is started anew. Says itself
   * what takes time.
   *
   * @throws LlameroError when it cannot be loaded, INTERRUPTED
   */
  connect(ref: string, settings: LoadSettings, signal: AbortSignal): Promise<ReadyModel>;
  /** The load settings that a model is run with because somebody asked for them, here or elsewhere. */
  settingsInForce(ref: string): Promise<LoadSettings>;
  /** Whether a model takes memory now or is about to. */
  isLoaded(ref: string, signal: AbortSignal): Promise<boolean>;
  /** The reason why the server left in the middle of an answer; any other failure as it is. */
  explainLoss(ref: string, error: unknown): Promise<unknown>;
  /** References of the models on this machine. */
  models(): Promise<readonly string[]>;
  /**
   * The reference of the stored model that a text names; one that is missing may be pulled.
   *
   * @throws LlameroError MODEL_NOT_FOUND and the like
   */
  findModel(text: string, signal: AbortSignal): Promise<string>;
  /** How answers of a model are chosen unless something else is said, flags included. */
  samplingFor(ref: string): Promise<Sampling>;
  readonly loadSettings: readonly LoadSetting[];
  /** Where conversations are kept; undefined when they cannot or shall not be. */
  readonly history: History | undefined;
  /** Puts a text on the clipboard. */
  copy(text: string): Promise<CopyOutcome>;
  /** Gives Ctrl+C to a handler until the returned function is called. */
  takeOverInterrupt(handler: () => void): () => void;
  /** Aborted when the program is asked to end. */
  readonly signal: AbortSignal;
  /** The folder that paths are relative to. */
  readonly workingFolder: string;
  readonly userHome: string;
}

/** How older messages are summed up when the context fills. */
export interface CompactionSettings {
  readonly automatic: boolean;
  /** The share of the context, 0 to 1, from which it is done. */
  readonly at: number;
  /** How many of the last questions stay word for word with their answers. */
  readonly keepTurns: number;
}
