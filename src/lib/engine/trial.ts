import type { Environment } from '../config/environment.ts';
import { LlameroError } from '../errors.ts';
import { ProgramFailure, askProgram } from './ask-program.ts';
import type { Backend } from './backend.ts';
import { decisiveLine } from './decisive-line.ts';
import type { Engine } from './engine.ts';
import { probeEngine } from './probe.ts';
import { tryLoad } from './try-load.ts';

/** A cold disk, a virus scanner that reads everything, a driver that compiles its shaders. */
const ANSWER_SECONDS = 60;
const LOAD_SECONDS = 180;

/**
 * What the devices of a backend are called in `--list-devices`: `CUDA0: NVIDIA …`. Source: the
 * `*_NAME` constants of https://github.com/ggml-org/llama.cpp/tree/master/ggml/src
 */
const DEVICE_NAMES: Readonly<Record<Exclude<Backend, 'cpu'>, RegExp>> = {
  metal: /^\s+(?:MTL|Metal)\d*:/mu,
  cuda: /^\s+CUDA\d+:/mu,
  rocm: /^\s+(?:ROCm|HIP)\d+:/mu,
  vulkan: /^\s+Vulkan\d+:/mu,
  sycl: /^\s+SYCL\d+:/mu,
};

/** What a build is asked to show, in this order. */
export type TrialStep = 'version' | 'devices' | 'load';

/** A build to try. */
export interface TrialOptions {
  readonly program: string;
  readonly folder: string;
  /** The number it has to say. */
  readonly build: number;
  readonly backend: string;
  /** Files of models that it should be able to load, the smallest first; one of them must do. */
  readonly models: readonly string[];
  readonly environment: Environment;
  readonly signal: AbortSignal;
  readonly onStep?: ((step: TrialStep) => void) | undefined;
  readonly answerSeconds?: number;
  readonly loadSeconds?: number;
}

/** How a trial went. */
export type TrialResult =
  | {
      readonly ok: true;
      readonly engine: Engine;
      /** The model that was loaded; absent where none was there to load. */
      readonly loaded?: string;
    }
  | { readonly ok: false; readonly step: TrialStep; readonly reason: string };

/**
 * Tries a build before it is used: it says the build number it should, it sees a device of its
 * backend (a backend whose libraries are missing falls back to the CPU in silence), and it loads
 * a model. Nothing of the trial is left running.
 */
export async function tryBuild(options: TrialOptions): Promise<TrialResult> {
  const { models, onStep } = options;
  onStep?.('version');
  const engine = await probe(options);
  if (typeof engine === 'string') return { ok: false, step: 'version', reason: engine };
  const device = await deviceProblem(options);
  if (device !== undefined) return { ok: false, step: 'devices', reason: device };
  if (models.length === 0) return { ok: true, engine };
  onStep?.('load');
  let reason: string | undefined;
  for (const model of models) {
    const problem = await loadProblem(options, engine.flags, model);
    if (problem === undefined) return { ok: true, engine, loaded: model };
    reason ??= problem;
  }
  return { ok: false, step: 'load', reason: reason ?? 'no model was loaded' };
}

/** Whether a build loads a model, for comparison: why not, or undefined when it does. */
export function loadProblem(
  options: Pick<
    TrialOptions,
    'program' | 'folder' | 'environment' | 'signal' | 'loadSeconds' | 'answerSeconds'
  >,
  flags: ReadonlySet<string>,
  model: string,
): Promise<string | undefined> {
  const { loadSeconds = LOAD_SECONDS } = options;
  return tryLoad({ ...options, flags, model, timeoutSeconds: loadSeconds });
}

/**
 * Whether the reason of a failed load lies in the model's file: damaged, or newer than the build.
 * The texts stand in ggml/src/gguf.cpp and src/llama-model-loader.cpp of llama.cpp.
 */
export function isAboutModel(reason: string): boolean {
  return /failed to (?:open GGUF|read (?:magic|header|key-value|tensor))|invalid magic|not within the file bounds|unknown model architecture|GGUF file is version|wrong number of tensors/iu.test(
    reason,
  );
}

async function probe(options: TrialOptions): Promise<Engine | string> {
  const { answerSeconds = ANSWER_SECONDS, build, environment, folder, program, signal } = options;
  try {
    const engine = await probeEngine(
      { command: [program], folder, origin: 'installed' },
      { environment, signal, timeoutSeconds: answerSeconds },
    );
    if (engine.build === build) return engine;
    const said = engine.build === undefined ? 'no build number' : `build ${engine.build}`;
    return `llama-server --version says ${said}, it should be build ${build}`;
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'ENGINE_UNUSABLE') throw error;
    // Where it lies for the trial tells nobody anything.
    return error.message.replaceAll(`${program}: `, '').replace(program, 'llama-server');
  }
}

async function deviceProblem(options: TrialOptions): Promise<string | undefined> {
  const { answerSeconds = ANSWER_SECONDS, backend, environment, folder } = options;
  const { onStep, program, signal } = options;
  const pattern = (DEVICE_NAMES as Partial<Record<string, RegExp>>)[backend];
  if (pattern === undefined) return undefined;
  onStep?.('devices');
  try {
    const { stderr, stdout } = await askProgram({
      command: [program],
      words: ['--list-devices'],
      folder,
      environment,
      timeoutSeconds: answerSeconds,
      signal,
    });
    if (pattern.test(stdout)) return undefined;
    const said = decisiveLine(stderr);
    const why = said === undefined ? '' : ` (${said})`;
    return `llama-server --list-devices shows no ${backend} device${why}`;
  } catch (error) {
    if (!(error instanceof ProgramFailure)) throw error;
    return `llama-server --list-devices failed: ${error.message}`;
  }
}
