import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest';

import type { Sampling } from '../../../src/lib/chat/sampling.ts';
import { type FlagSettings, loadConfig } from '../../../src/lib/config/config.ts';
import { resolvePaths } from '../../../src/lib/config/paths.ts';
import { mergeLoadSettings, resolve } from '../../../src/lib/server/settings/resolve.ts';
import {
  type ModelSettings,
  type SamplingDefaults,
  createSettings,
} from '../../../src/lib/server/settings/settings.ts';
import { storedAs } from './stored-models.ts';

const MODEL = storedAs('bartowski/Llama-3.2-GGUF:Q4_K_M');
const OTHER_QUANT = storedAs('bartowski/Llama-3.2-GGUF:Q8_0');
const OTHER = storedAs('user/repo:Q8_0');

async function settingsFrom(text: string, flags: FlagSettings = {}): Promise<ModelSettings> {
  const folder = await mkdtemp(path.join(tmpdir(), 'llamero-settings-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const paths = resolvePaths({ LLAMERO_HOME: folder }, folder);
  await writeFile(paths.configFile, text);
  return createSettings(await loadConfig({ paths, environment: {}, flags }));
}

const LAYERED = `
server:
  ctx-size: 1000
  threads: 2
  args: { rope-scaling: linear }
run:
  temp: 0.1
  top-k: 10
models:
  bartowski/Llama-3.2-GGUF:Q4_K_M: { ctx-size: 5000, system: For this quant }
  bartowski/Llama-3.2-GGUF: { ctx-size: 4000, parallel: 4, system: For this repository }
  "*": { ctx-size: 2000, batch-size: 1, ubatch-size: 1, top-k: 20 }
  bartowski/*: { ctx-size: 3000, ubatch-size: 2, temp: 0.3, args: { rope-scaling: yarn } }
`;

describe('what a model is loaded with', () => {
  test('comes from the most exact name that fits, setting by setting', async () => {
    const settings = await settingsFrom(LAYERED);
    expect(settings.settingsFor(MODEL)).toEqual({
      'keep-alive': 1800,
      'ctx-size': 5000,
      threads: 2,
      'rope-scaling': 'yarn',
      'batch-size': 1,
      'ubatch-size': 2,
      parallel: 4,
      'top-k': 20,
      temp: 0.3,
    });
    expect(settings.settingsFor(OTHER_QUANT)).toMatchObject({ 'ctx-size': 4000 });
    expect(settings.settingsFor(OTHER)).toEqual({
      'keep-alive': 1800,
      'ctx-size': 2000,
      threads: 2,
      'rope-scaling': 'linear',
      'batch-size': 1,
      'ubatch-size': 1,
      'top-k': 20,
    });
  });

  test('says of each setting where it comes from; flags win', async () => {
    const settings = await settingsFrom(LAYERED);
    const given = { running: { threads: 8, parallel: 1 }, flags: { threads: 16, mlock: true } };
    const origins = settings
      .explainLoad(MODEL, given)
      .map(({ name, origin, source, value }) => [name, value, source, origin]);
    expect(origins).toEqual([
      ['ctx-size', 5000, 'model', 'models.bartowski/Llama-3.2-GGUF:Q4_K_M in config.yaml:10'],
      ['threads', 16, 'flag', '--threads'],
      ['keep-alive', 1800, 'llamero', 'default of server.keep-alive'],
      ['rope-scaling', 'yarn', 'model', 'models.bartowski/* in config.yaml:13'],
      ['batch-size', 1, 'model', 'models.* in config.yaml:12'],
      ['ubatch-size', 2, 'model', 'models.bartowski/* in config.yaml:13'],
      ['top-k', 20, 'model', 'models.* in config.yaml:12'],
      ['temp', 0.3, 'model', 'models.bartowski/* in config.yaml:13'],
      ['parallel', 1, 'flag', 'a flag of an earlier run or serve'],
      ['mlock', true, 'flag', '--mlock'],
    ]);
  });

  test('of equal names the later in the file holds', async () => {
    const settings = await settingsFrom(
      'models:\n  user/r*: { threads: 1 }\n  USER/r*: { threads: 2 }\n',
    );
    expect(settings.settingsFor(OTHER)).toMatchObject({ threads: 2 });
  });

  test('is the default alone where nothing is set', async () => {
    const settings = await settingsFrom('');
    expect(settings.settingsFor(OTHER)).toEqual({ 'keep-alive': 1800 });
    expect(settings.samplingFor(OTHER)).toEqual({});
    expect(settings.systemFor(OTHER)).toBeUndefined();
  });
});

describe('what goes with a request', () => {
  test("is the model's own before that of all models", async () => {
    const settings = await settingsFrom(LAYERED);
    expect(settings.samplingFor(MODEL)).toEqual({ temp: 0.3, 'top-k': 20 });
    expect(settings.samplingFor(OTHER)).toEqual({ temp: 0.1, 'top-k': 20 });
    expect(settings.systemFor(MODEL)).toBe('For this quant');
    expect(settings.systemFor(OTHER_QUANT)).toBe('For this repository');
    expect(settings.systemFor(OTHER)).toBeUndefined();
  });

  test('a flag goes before the settings of the model', async () => {
    const settings = await settingsFrom(LAYERED, {
      'run.temp': { flag: '--temp', value: '0.9' },
      'run.system': { flag: '--system', value: 'Now' },
    });
    expect(settings.samplingFor(MODEL)).toEqual({ temp: 0.9, 'top-k': 20 });
    expect(settings.systemFor(MODEL)).toBe('Now');
    expect(settings.explainRun(MODEL)).toContainEqual({
      name: 'temp',
      value: 0.9,
      source: 'flag',
      origin: '--temp',
    });
    // A flag of one request is no reason to load the model again.
    expect(settings.settingsFor(MODEL)).toMatchObject({ temp: 0.3 });
  });
});

test('what goes with a request is what a request can say', () => {
  expectTypeOf<SamplingDefaults>().toExtend<Sampling>();
});

describe('settings that exclude each other', () => {
  const setting = (name: string, value: string | boolean) =>
    ({ name, value, source: 'config', origin: 'x' }) as const;

  test('the later one holds', () => {
    expect(
      resolve([
        setting('chat-template', 'chatml'),
        setting('no-context-shift', true),
        setting('chat-template-file', '/t.jinja'),
        setting('context-shift', true),
      ]).map(({ name }) => name),
    ).toEqual(['chat-template-file', 'context-shift']);
    expect(
      mergeLoadSettings({ 'chat-template': 'chatml', 'no-warmup': true }, undefined, {
        'chat-template-file': '/t',
        warmup: true,
      }),
    ).toEqual({ 'chat-template-file': '/t', warmup: true });
  });
});
