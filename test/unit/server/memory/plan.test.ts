import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { Engine } from '../../../../src/lib/engine/engine.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import { largestContext } from '../../../../src/lib/server/memory/context-choice.ts';
import type { MemorySystem } from '../../../../src/lib/server/memory/machine-memory.ts';
import {
  type MemoryPlannerOptions,
  createMemoryPlanner,
} from '../../../../src/lib/server/memory/plan.ts';
import type { LoadedModel, MemoryPlan } from '../../../../src/lib/server/memory/types.ts';
import type { LoadSettings } from '../../../../src/lib/server/presets.ts';
import type { StoredModel } from '../../../../src/lib/store/model.ts';
import {
  type HollowShape,
  hollowLlama,
  writeHollowModel,
} from '../../../support/gguf/hollow-model.ts';

const GIB = 1024 ** 3;
const MIB = 1024 ** 2;

/** As Llama 3 8B is: 6.92 GiB in Q8_0, 3.67 GiB in Q4_0, a GiB of keys and values at 8192 tokens. */
const SHAPE: HollowShape = {
  blockCount: 32,
  embeddingLength: 4096,
  headCount: 32,
  headCountKv: 8,
  feedForwardLength: 14_336,
  vocabularySize: 2000,
  contextLength: 131_072,
};

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-memory-plan-'));
  await writeHollowModel(path.join(folder, 'Q8_0.gguf'), hollowLlama(SHAPE));
  await writeHollowModel(path.join(folder, 'Q4_0.gguf'), hollowLlama({ ...SHAPE, type: 'Q4_0' }));
  await writeHollowModel(
    path.join(folder, 'small.gguf'),
    hollowLlama({ ...SHAPE, blockCount: 4, contextLength: 8192 }),
  );
  await writeFile(path.join(folder, 'broken.gguf'), 'GGUF, or what is left of it');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function stored(
  ref: string,
  file: string,
  more: Partial<StoredModel> = {},
): Promise<StoredModel> {
  const [repo = '', quant = ''] = ref.split(':');
  const place = path.join(folder, file);
  const { size } = await stat(place);
  return {
    ref,
    repo,
    quant,
    path: place,
    files: [{ path: place, name: file, size }],
    size,
    state: 'complete',
    modifiedAt: new Date('2026-01-01'),
    ...more,
  };
}

interface Machine {
  readonly free: number;
  readonly total?: number;
  readonly mapped?: number;
  /** Lines of `--list-devices`. */
  readonly devices?: readonly string[];
}

let programs = 0;

/** An engine that is a real program, as far as it is asked for its devices. */
async function engineWith(devices: readonly string[]): Promise<Engine> {
  const program = path.join(folder, `devices-${(programs += 1)}.cjs`);
  const lines = ['Available devices:', ...devices.map((line) => `  ${line}`), ''];
  await writeFile(program, `process.stdout.write(${JSON.stringify(lines.join('\n'))});`);
  return {
    command: [process.execPath, program],
    folder,
    origin: 'path',
    flags: new Set(['--fit', '--ctx-size']),
  };
}

function systemWith({ free, mapped = 0, total = 32 * GIB }: Machine): MemorySystem {
  const meminfo = [
    `MemTotal: ${total / 1024} kB`,
    `MemAvailable: ${Math.round(free / 1024)} kB`,
    `Mapped: ${mapped / 1024} kB`,
  ];
  return {
    platform: 'linux',
    readText: (file) => Promise.resolve(file === '/proc/meminfo' ? meminfo.join('\n') : undefined),
    run: () => Promise.resolve(undefined),
  };
}

interface Asked {
  readonly model: StoredModel;
  readonly settings?: LoadSettings;
  readonly loaded?: readonly LoadedModel[];
  readonly options?: Partial<MemoryPlannerOptions>;
}

async function planFor(machine: Machine, asked: Asked): Promise<MemoryPlan> {
  const plan = await tryPlan(machine, asked);
  if (plan === undefined) throw new Error('there is no plan');
  return plan;
}

async function tryPlan(machine: Machine, asked: Asked): Promise<MemoryPlan | undefined> {
  const planner = createMemoryPlanner({
    system: systemWith(machine),
    environment: {},
    stored: () => Promise.resolve([]),
    ...asked.options,
  });
  return planner({
    model: asked.model,
    settings: asked.settings ?? {},
    engine: await engineWith(machine.devices ?? []),
    loaded: asked.loaded ?? [],
  });
}

describe('on a machine without a GPU', () => {
  test('a model that fits is told with its arithmetic', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 12 * GIB }, { model, settings: { 'ctx-size': 8192 } });
    expect(plan).toEqual({
      line: '6.92 GiB weights + 1.00 GiB KV cache at 8192 tokens + 136 MiB compute = 8.06 GiB of 11.8 GiB free',
      fits: true,
      unload: [],
      advice: [],
    });
  });

  test('one that does not is told what would fit', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 9 * GIB }, { model, settings: { 'ctx-size': 16_384 } });
    expect(plan.fits).toBe(false);
    expect(plan.line).toContain('2.00 GiB KV cache at 16384 tokens');
    expect(plan.line).toMatch(/= 9\.\d\d GiB of 8\.75 GiB free$/u);
    expect(plan.advice).toEqual([
      'Smaller context: `llamero run user/llama:Q8_0 -c 13312` takes 8.69 GiB',
      'KV cache in 8 bits: `llamero run user/llama:Q8_0 -c 16384 --cache-type-k q8_0 --cache-type-v q8_0` takes 8.13 GiB',
    ]);
    const smaller = await planFor({ free: 9 * GIB }, { model, settings: { 'ctx-size': 13_312 } });
    expect(smaller.fits).toBe(true);
    const larger = await planFor({ free: 9 * GIB }, { model, settings: { 'ctx-size': 14_336 } });
    expect(larger.fits).toBe(false);
  });

  test('settings that take less are counted', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const settings = { 'ctx-size': '16384', 'cache-type-k': 'q8_0', 'cache-type-v': 'q8_0' };
    const plan = await planFor({ free: 9 * GIB }, { model, settings });
    expect(plan.fits).toBe(true);
    expect(plan.line).toContain('1.06 GiB KV cache at 16384 tokens');
  });

  test('layers for a GPU that is not there play no part', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const settings = { 'ctx-size': 8192, 'n-gpu-layers': 'all' };
    const plan = await planFor({ free: 12 * GIB }, { model, settings });
    expect(plan.fits).toBe(true);
  });

  test('an unset context is what the model was trained for where that fits', async () => {
    const model = await stored('user/small:Q8_0', 'small.gguf');
    const plan = await planFor({ free: 12 * GIB }, { model });
    expect(plan.fits).toBe(true);
    expect(plan.line).toContain('KV cache at 8192 tokens +');
  });

  test('an unset context that is too large is cut down, and with that it fits', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const machine = { free: 12 * GIB };
    const plan = await planFor(machine, { model });
    expect(plan.fits).toBe(false);
    expect(plan.line).toContain('KV cache at 131072 tokens');
    const tokens = Number(plan.adjust?.['ctx-size']);
    expect(tokens % 1024).toBe(0);
    const adjusted = await planFor(machine, { model, settings: plan.adjust ?? {} });
    expect(adjusted.fits).toBe(true);
    const more = await planFor(machine, { model, settings: { 'ctx-size': tokens + 1024 } });
    expect(more.fits).toBe(false);
  });

  test('the engine itself goes no further than the whole memory of the machine', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 16 * GIB, total: 16 * GIB }, { model });
    expect(plan.line).toMatch(/at \d+ tokens \(of 131072\)/u);
    expect(plan.line).toMatch(/= 1[45]\.\d GiB of 15\.8 GiB free/u);
    expect(plan.fits).toBe(true);
  });

  test('with the fitting switched off the whole context counts', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const settings = { fit: 'off' };
    const plan = await planFor({ free: 16 * GIB, total: 16 * GIB }, { model, settings });
    expect(plan.line).toContain('16.0 GiB KV cache at 131072 tokens');
    expect(plan.fits).toBe(false);
  });

  test('what does not fit at any context is judged at the least', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 6 * GIB }, { model });
    expect(plan).toMatchObject({ fits: false, unload: [], advice: [] });
    expect(plan.adjust).toBeUndefined();
    expect(plan.line).toContain('KV cache at 4096 tokens (of 131072)');
  });

  test('a projector, a draft model and adapters are counted', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf', {
      projector: path.join(folder, 'small.gguf'),
    });
    const settings = {
      'ctx-size': 4096,
      'model-draft': path.join(folder, 'small.gguf'),
      lora: path.join(folder, 'small.gguf'),
    };
    const all = await planFor({ free: 16 * GIB }, { model, settings });
    expect(all.line).toMatch(/ \+ 901 MiB projector \+ 1\.95 GiB draft model and adapters \+/u);
    const off = await planFor({ free: 16 * GIB }, { model, settings: { mmproj: 'off' } });
    expect(off.line).not.toContain('projector');
  });
});

describe('a smaller quant is offered', () => {
  test('where one is stored', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const smaller = await stored('user/llama:Q4_0', 'Q4_0.gguf');
    const other = await stored('user/other:Q4_0', 'Q4_0.gguf');
    const options = { stored: () => Promise.resolve([other, model, smaller]) };
    const plan = await planFor(
      { free: 6 * GIB },
      { model, settings: { 'ctx-size': 8192 }, options },
    );
    expect(plan.advice).toEqual([
      'Smaller quant: `llamero run user/llama:Q4_0` is stored and takes 4.80 GiB',
    ]);
  });

  test('where the repository has one: the largest that fits', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const remoteQuants = () =>
      Promise.resolve([
        { label: 'Q2_K', size: 3 * GIB },
        { label: 'Q6_K', size: 6 * GIB },
        { label: 'Q4_K_M', size: 4.5 * GIB },
      ]);
    const plan = await planFor({ free: 6 * GIB }, { model, options: { remoteQuants } });
    expect(plan.advice).toEqual([
      'Smaller quant: `llamero pull user/llama:Q4_K_M` would take about 5.13 GiB',
    ]);
  });

  test('not where the hub cannot be asked', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const remoteQuants = () => Promise.reject(new LlameroError('OFFLINE', 'no network'));
    const plan = await planFor({ free: 6 * GIB }, { model, options: { remoteQuants } });
    expect(plan.advice).toEqual([]);
  });
});

describe('loaded models', () => {
  async function loaded(
    name: string,
    lastUsedAt: string | undefined,
    busy = false,
  ): Promise<LoadedModel> {
    const model = await stored(`user/${name}:Q4_0`, 'Q4_0.gguf', {
      ...(lastUsedAt !== undefined && { lastUsedAt: new Date(lastUsedAt) }),
    });
    return { model, settings: { 'ctx-size': 4096 }, busy };
  }

  const settings = { 'ctx-size': 8192 };

  test('stay where there is room beside them', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('one', '2026-03-01')];
    const plan = await planFor({ free: 12 * GIB }, { model, settings, loaded: others });
    expect(plan).toMatchObject({ fits: true, unload: [] });
  });

  test('that are idle make room, the one used longest ago first', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [
      await loaded('new', '2026-03-03'),
      await loaded('old', '2026-02-01'),
      await loaded('middle', '2026-03-01'),
    ];
    const one = await planFor({ free: 5 * GIB }, { model, settings, loaded: others });
    expect(one).toMatchObject({ fits: true, unload: ['user/old:Q4_0'] });
    expect(one.line).toMatch(/free with 1 idle model unloaded$/u);
    const two = await planFor({ free: GIB }, { model, settings, loaded: others });
    expect(two.unload).toEqual(['user/old:Q4_0', 'user/middle:Q4_0']);
  });

  test('that were never used go by the time they were stored', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('used', '2026-02-01'), await loaded('unused', undefined)];
    const plan = await planFor({ free: 5 * GIB }, { model, settings, loaded: others });
    expect(plan.unload).toEqual(['user/unused:Q4_0']);
  });

  test('that are at work are never unloaded, and are named', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('busy', '2026-01-01', true)];
    const plan = await planFor({ free: 5 * GIB }, { model, settings, loaded: others });
    expect(plan).toMatchObject({ fits: false, unload: [] });
    expect(plan.advice).toContain(
      'user/busy:Q4_0 is at work; `llamero stop user/busy:Q4_0` frees its memory',
    );
  });

  test('that are idle are all named where even that is too little, for who tries all the same', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('one', '2026-01-01'), await loaded('busy', '2026-01-01', true)];
    const plan = await planFor({ free: GIB }, { model, settings, loaded: others });
    expect(plan).toMatchObject({ fits: false, unload: ['user/one:Q4_0'] });
    expect(plan.line).toMatch(/free with 1 idle model unloaded$/u);
  });

  test('keep their mapped weights, though the system calls these free', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('busy', '2026-01-01', true)];
    const machine = { free: 11 * GIB, mapped: 4 * GIB };
    const beside = await planFor(machine, { model, settings, loaded: others });
    expect(beside.fits).toBe(false);
    const alone = await planFor(machine, { model, settings });
    expect(alone.fits).toBe(true);
  });

  test('whose context is known count with it', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const idle = await loaded('one', '2026-01-01');
    const machine = { free: 2.5 * GIB };
    const unset = { ...idle, settings: {} };
    const unknown = await planFor(machine, { model, settings, loaded: [unset] });
    expect(unknown.fits).toBe(false);
    const known = { ...unset, contextSize: 32_768 };
    const plan = await planFor(machine, { model, settings, loaded: [known] });
    expect(plan).toMatchObject({ fits: true, unload: ['user/one:Q4_0'] });
  });

  test('are not unloaded for a context that nobody asked for', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('one', '2026-01-01')];
    const plan = await planFor({ free: 21 * GIB, total: 64 * GIB }, { model, loaded: others });
    expect(plan).toMatchObject({ fits: false, unload: [] });
    expect(plan.line).toMatch(/at 131072 tokens .* = 2\d\.\d GiB of 20\.8 GiB free$/u);
    expect(Number(plan.adjust?.['ctx-size'])).toBeGreaterThan(65_536);
  });

  test('are unloaded where it fits at no context otherwise', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const others = [await loaded('one', '2026-01-01')];
    const machine = { free: 6 * GIB };
    const plan = await planFor(machine, { model, loaded: others });
    expect(plan).toMatchObject({ fits: false, unload: ['user/one:Q4_0'] });
    const adjusted = await planFor(machine, {
      model,
      settings: plan.adjust ?? {},
      loaded: others,
    });
    expect(adjusted).toMatchObject({ fits: true, unload: ['user/one:Q4_0'] });
  });
});

describe('with a GPU', () => {
  const card = (free: number): string[] => [
    `CUDA0: NVIDIA GeForce RTX 5070 (${24 * 1024} MiB, ${(free * GIB) / MIB} MiB free)`,
  ];

  test('a model that fits into it is told with both memories', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor(
      { free: 4 * GIB, devices: card(12) },
      { model, settings: { 'ctx-size': 8192 } },
    );
    expect(plan.fits).toBe(true);
    expect(plan.line).toMatch(/of 14\.8 GiB free \(11\.0 GiB GPU, 3\.75 GiB RAM\)$/u);
  });

  test('layers that nobody placed go where there is room', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const machine = { free: 6 * GIB, devices: card(5) };
    expect(await planFor(machine, { model, settings: { 'ctx-size': 8192 } })).toMatchObject({
      fits: true,
    });
  });

  test('layers that were placed must fit there; fewer are offered', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const machine = { free: 6 * GIB, devices: card(5) };
    const settings = { 'ctx-size': 8192, 'n-gpu-layers': 'all' };
    const plan = await planFor(machine, { model, settings });
    expect(plan.fits).toBe(false);
    const advised = plan.advice.find((line) => line.startsWith('Fewer layers'));
    const layers = Number(/--n-gpu-layers (\d+)/u.exec(advised ?? '')?.[1]);
    expect(layers).toBeGreaterThan(0);
    const fewer = { ...settings, 'n-gpu-layers': layers };
    expect((await planFor(machine, { model, settings: fewer })).fits).toBe(true);
    const more = { ...settings, 'n-gpu-layers': layers + 1 };
    expect((await planFor(machine, { model, settings: more })).fits).toBe(false);
  });

  test('layers that were placed piece by piece are left to the engine', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const machine = { free: 6 * GIB, devices: card(5) };
    const settings = { 'ctx-size': 8192, 'n-gpu-layers': 99, 'cpu-moe': true };
    expect((await planFor(machine, { model, settings })).fits).toBe(true);
  });

  test('an unset context is cut to the memory of the GPU', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 32 * GIB, devices: card(12) }, { model });
    expect(plan.fits).toBe(true);
    const tokens = Number(/at (\d+) tokens \(of 131072\)/u.exec(plan.line)?.[1]);
    expect(tokens).toBeGreaterThan(16_384);
    expect(tokens).toBeLessThan(65_536);
  });

  test('an idle model makes room on it, though the rest would hold the new one', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const idle = await stored('user/idle:Q4_0', 'Q4_0.gguf');
    const plan = await planFor(
      { free: 32 * GIB, devices: card(6) },
      {
        model,
        settings: { 'ctx-size': 8192 },
        loaded: [{ model: idle, settings: { 'ctx-size': 4096 }, busy: false }],
      },
    );
    expect(plan).toMatchObject({ fits: true, unload: ['user/idle:Q4_0'] });
  });

  test('a device that is not to be used is no room', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const settings = { 'ctx-size': 8192, device: 'none' };
    const plan = await planFor({ free: 4 * GIB, devices: card(12) }, { model, settings });
    expect(plan.fits).toBe(false);
    expect(plan.line).not.toContain('GPU');
  });

  test('memory that the machine shares with its graphics counts once', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const devices = [`MTL0: Apple M3 (${16 * 1024} MiB, ${16 * 1024} MiB free)`];
    const settings = { 'ctx-size': 8192 };
    const tight = await planFor({ free: 6 * GIB, devices }, { model, settings });
    expect(tight.fits).toBe(false);
    expect(tight.line).toMatch(/of 5\.75 GiB free$/u);
    expect((await planFor({ free: 10 * GIB, devices }, { model, settings })).fits).toBe(true);
  });
});

describe('with graphics that share the memory', () => {
  const devices = [`MTL0: Apple M3 (${16 * 1024} MiB, ${16 * 1024} MiB free)`];

  test('an idle model makes room for layers that were placed there', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const idle = await stored('user/idle:Q4_0', 'Q4_0.gguf');
    const plan = await planFor(
      { free: 6 * GIB, devices },
      {
        model,
        settings: { 'ctx-size': 8192, 'n-gpu-layers': 'all' },
        loaded: [{ model: idle, settings: { 'ctx-size': 4096 }, busy: false }],
      },
    );
    expect(plan).toMatchObject({ fits: true, unload: ['user/idle:Q4_0'] });
  });

  test('what the engine takes by itself is cut to what is free', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const plan = await planFor({ free: 10 * GIB, devices }, { model });
    expect(plan.fits).toBe(false);
    const adjusted = await planFor(
      { free: 10 * GIB, devices },
      { model, settings: plan.adjust ?? {} },
    );
    expect(adjusted.fits).toBe(true);
  });
});

describe('no plan is made', () => {
  test('for a file that is no GGUF', async () => {
    const model = await stored('user/broken:Q8_0', 'broken.gguf');
    expect(await tryPlan({ free: GIB }, { model })).toBeUndefined();
  });

  test('for a file that is gone', async () => {
    const model = await stored('user/llama:Q8_0', 'Q8_0.gguf');
    const gone = { ...model, files: [{ path: path.join(folder, 'gone'), name: 'gone', size: 1 }] };
    expect(await tryPlan({ free: GIB }, { model: gone })).toBeUndefined();
  });
});

test('an engine that does not answer has no devices', async () => {
  const planner = createMemoryPlanner({
    system: systemWith({ free: 12 * GIB }),
    environment: {},
    stored: () => Promise.resolve([]),
  });
  const program = path.join(folder, 'crash.cjs');
  await writeFile(program, 'process.abort()');
  const plan = await planner({
    model: await stored('user/llama:Q8_0', 'Q8_0.gguf'),
    settings: { 'ctx-size': 4096 },
    engine: {
      command: [process.execPath, program],
      folder,
      origin: 'path',
      flags: new Set<string>(),
    },
    loaded: [],
  });
  expect(plan?.fits).toBe(true);
});

test('the largest context that fits is found, whatever fits', () => {
  const range = fc.record({
    least: fc.integer({ min: 1, max: 300_000 }),
    most: fc.integer({ min: 1, max: 300_000 }),
    step: fc.constantFrom(256, 1024),
    limit: fc.integer({ min: 0, max: 320_000 }),
  });
  fc.assert(
    fc.property(range, ({ least, limit, most, step }) => {
      const found = largestContext(least, most, step, (tokens) => tokens <= limit);
      const candidates = [most];
      for (let at = Math.ceil(least / step) * step; at <= most; at += step) candidates.push(at);
      const fitting = candidates.filter((tokens) => tokens >= least && tokens <= limit);
      expect(found).toBe(fitting.length === 0 ? undefined : Math.max(...fitting));
    }),
  );
});

test('sequences that do not share have a whole context each, where none was asked for', async () => {
  const model = await stored('user/small:Q8_0', 'small.gguf');
  const plan = await planFor({ free: 12 * GIB }, { model, settings: { parallel: 2 } });
  expect(plan.line).toContain('KV cache at 16384 tokens +');
  const shared = { parallel: 2, 'kv-unified': true };
  const one = await planFor({ free: 12 * GIB }, { model, settings: shared });
  expect(one.line).toContain('KV cache at 8192 tokens +');
});
