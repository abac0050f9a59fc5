import { z } from 'zod';

import { LlameroError, systemErrorCode } from '../../errors.ts';
import { sizeIfExists } from '../../files.ts';
import { type GgufHeader, readFileHeader } from '../../gguf/header.ts';
import { fieldsOf } from '../../gguf/header-fields.ts';
import { type MemoryEstimate, type MemoryQuestion, estimateMemory } from '../../gguf/memory.ts';
import { type CacheType, isCacheType } from '../../gguf/memory-types.ts';
import type { StoredModel } from '../../store/model.ts';
import type { LoadSettings } from '../presets.ts';

/** What a model would take with some settings, as a function of its context. */
export interface LoadQuestion {
  readonly ref: string;
  /** Tokens of context that were asked for; undefined leaves them to the engine. */
  readonly contextSize: number | undefined;
  /**
   * Tokens that the engine takes by itself where there is room: what the model was trained for, for
   * each sequence that has a context of its own.
   */
  readonly fullContext: number;
  /** Layers to be kept in GPU memory; undefined leaves them to the engine. */
  readonly gpuLayers: number | undefined;
  /** Layers it has, with the one that makes the logits. */
  readonly layerCount: number;
  /** Whether values may be kept in a type of few bits: that needs flash attention. */
  readonly flashAttention: boolean;
  readonly cacheTypes: { readonly k: CacheType; readonly v: CacheType };
  /** Whether and how far the engine cuts the context down by itself. */
  readonly fit: FitSettings;
  /** The devices it may use by their ids, none for the processor alone; undefined for all. */
  readonly deviceIds: readonly string[] | undefined;
  /** Whether the weights are mapped from the file, not copied. */
  readonly mapped: boolean;
  estimate(contextSize: number, change?: Partial<MemoryQuestion>): LoadEstimate;
}

/** An estimate with what is loaded beside the model. */
export interface LoadEstimate extends MemoryEstimate {
  /** A draft model with its own cache, and adapters, in bytes. */
  readonly beside: number;
}

/** What `--fit` does. Source: https://github.com/ggml-org/llama.cpp/blob/master/common/fit.cpp */
export interface FitSettings {
  readonly on: boolean;
  /** The least context it makes, in tokens. */
  readonly leastContext: number;
  /** What it leaves of each device, in bytes. */
  readonly margin: number;
}

const MIB = 1024 * 1024;
/** What llama.cpp takes for a model that does not say what it was trained for. */
const UNKNOWN_CONTEXT = 512;
const LEAST_CONTEXT = 4096;
const MARGIN_MIB = 1024;

/**
 * Reads the header of a stored model, and with its settings makes the question what it takes.
 *
 * @param flags what the engine accepts, with dashes
 * @returns undefined where a file cannot be read as GGUF: the engine says best what is wrong with it
 */
export async function loadQuestion(
  model: StoredModel,
  settings: LoadSettings,
  flags: ReadonlySet<string>,
): Promise<LoadQuestion | undefined> {
  const headers = await readHeaders(model.files.map(({ path }) => path));
  if (headers === undefined) return undefined;
  const [header] = headers;
  const value = settingReader(settings);
  const asked = value.number('ctx-size') ?? 0;
  const cacheTypes = { k: value.cacheType('cache-type-k'), v: value.cacheType('cache-type-v') };
  const parallel = value.number('parallel');
  const unified = value.switch('kv-unified');
  const flashAttention = value.text('flash-attn') !== 'off' && value.switch('flash-attn') !== false;
  const question: Omit<MemoryQuestion, 'contextSize'> = {
    headers,
    cacheTypeK: cacheTypes.k,
    cacheTypeV: cacheTypes.v,
    ...(parallel === undefined || parallel < 1 ? {} : { parallel }),
    ...(unified === undefined ? {} : { unified }),
    ubatch: value.number('ubatch-size') ?? 512,
    flashAttention,
    fullWindows: value.switch('swa-full') === true,
    projectorBytes: await projectorBytes(model, settings),
  };
  const draft = await readHeaders([value.text('model-draft')].filter((file) => file !== undefined));
  const adapters = await adapterBytes(value.text('lora'));
  const estimate: LoadQuestion['estimate'] = (contextSize, change = {}) => {
    const main = estimateMemory({ ...question, ...change, contextSize });
    const drafting =
      draft === undefined ? 0 : estimateMemory({ headers: draft, contextSize }).total;
    const beside = drafting + adapters;
    return { ...main, beside, total: main.total + beside };
  };
  const trained = fieldsOf(header).number('context_length') ?? UNKNOWN_CONTEXT;
  const layerCount = estimate(0).perLayer.length + 1;
  return {
    ref: model.ref,
    contextSize: asked > 0 ? asked : undefined,
    fullContext: trained * (unified === true ? 1 : (question.parallel ?? 1)),
    gpuLayers: gpuLayersOf(settings, value, layerCount),
    layerCount,
    flashAttention,
    cacheTypes,
    fit: {
      on: flags.has('--fit') && value.text('fit') !== 'off' && value.switch('fit') !== false,
      leastContext: value.number('fit-ctx') ?? LEAST_CONTEXT,
      margin: (value.number('fit-target') ?? MARGIN_MIB) * MIB,
    },
    deviceIds: value
      .text('device')
      ?.split(',')
      .filter((id) => id !== 'none'),
    mapped: value.text('load-mode')?.includes('mmap') ?? true,
    estimate,
  };
}

async function readHeaders(
  files: readonly string[],
): Promise<readonly [GgufHeader, ...GgufHeader[]] | undefined> {
  try {
    const headers: GgufHeader[] = [];
    for (const file of files) headers.push(await readFileHeader(file, { tensors: true }));
    const [first, ...others] = headers;
    return first === undefined ? undefined : [first, ...others];
  } catch (error) {
    if (error instanceof LlameroError || systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

async function projectorBytes(model: StoredModel, settings: LoadSettings): Promise<number> {
  const { mmproj } = settings;
  if (mmproj === 'off' || mmproj === false || settings['no-mmproj'] === true) return 0;
  const file = typeof mmproj === 'string' ? mmproj : model.projector;
  return file === undefined ? 0 : ((await sizeIfExists(file)) ?? 0);
}

async function adapterBytes(files: string | undefined): Promise<number> {
  const paths = (files ?? '').split(',').filter((file) => file !== '');
  const sizes = await Promise.all(paths.map((file) => sizeIfExists(file)));
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

const numberSetting = z.coerce.number().int().nonnegative();

/** Reads settings, which are what somebody typed; one that makes no sense is left to the engine. */
function settingReader(settings: LoadSettings) {
  const text = (name: string): string | undefined => {
    const value = settings[name];
    return value === undefined || typeof value === 'boolean' ? undefined : String(value);
  };
  return {
    text,
    number: (name: string): number | undefined => {
      const given = text(name);
      return given === undefined ? undefined : numberSetting.safeParse(given).data;
    },
    switch: (name: string): boolean | undefined => {
      if (settings[`no-${name}`] === true) return false;
      const value = settings[name];
      return typeof value === 'boolean' ? value : undefined;
    },
    cacheType: (name: string): CacheType => {
      const given = text(name) ?? '';
      return isCacheType(given) ? given : 'f16';
    },
  };
}

const PLACEMENTS = [
  'override-tensor',
  'cpu-moe',
  'n-cpu-moe',
  'tensor-split',
  'split-mode',
  'kv-offload',
  'no-kv-offload',
];

function gpuLayersOf(
  settings: LoadSettings,
  value: ReturnType<typeof settingReader>,
  layerCount: number,
): number | undefined {
  // With these a layer lies here and there; what of it where, only the engine knows.
  const isPlacedOtherwise = PLACEMENTS.some((name) => settings[name] !== undefined);
  if (isPlacedOtherwise) return undefined;
  if (value.text('n-gpu-layers') === 'all') return layerCount;
  const layers = value.number('n-gpu-layers');
  return layers === undefined ? undefined : Math.min(layers, layerCount);
}
