import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from 'vitest';

import { loadConfig } from '../../src/lib/config/config.ts';
import { LOAD_SETTINGS, RUN_SETTINGS } from '../../src/lib/config/model-settings.ts';
import { resolvePaths } from '../../src/lib/config/paths.ts';
import type { Engine } from '../../src/lib/engine/engine.ts';
import { type HelpOption, readHelp } from '../../src/lib/engine/help.ts';
import { resolveEngine } from '../../src/lib/engine/resolve.ts';
import { pause } from '../../src/lib/pause.ts';
import { buildPresets } from '../../src/lib/server/presets.ts';
import { explainLoad, runningDifferences } from '../../src/lib/server/settings/explain.ts';
import { type ModelSettings, createSettings } from '../../src/lib/server/settings/settings.ts';
import type { StoredModel } from '../../src/lib/store/model.ts';
import { type TestEngine, ensureEngine } from '../support/engine/engine.ts';
import { startLlamaServer } from '../support/engine/llama-server.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';

let files: string;
let testEngine: TestEngine;
let engine: Engine;
let help: readonly HelpOption[];
let models: readonly StoredModel[];

beforeAll(async () => {
  files = await mkdtemp(path.join(tmpdir(), "llamero o'brien settings-"));
  testEngine = await ensureEngine();
  engine = await resolveEngine({
    named: { path: testEngine.llamaServer, by: 'the test', origin: 'environment' },
    binFolder: files,
    searchPath: undefined,
    platform: process.platform,
    workingFolder: files,
    runFolder: files,
  });
  help = await readHelp(engine);
  models = await Promise.all(
    ['user/alpha:F32', 'user/beta:F32'].map(async (ref) => {
      const [repo = '', quant = ''] = ref.split(':');
      const file = path.join(files, `${path.basename(repo)}.gguf`);
      await writeTinyModel({ path: file, sentence: 'llamas carry small loads' });
      return {
        ref,
        repo,
        quant,
        path: file,
        files: [{ path: file, name: path.basename(file), size: 1 }],
        size: 1,
        state: 'complete',
        modifiedAt: new Date(0),
      } as const;
    }),
  );
});

afterAll(async () => {
  await rm(files, { recursive: true, force: true });
});

async function settingsFrom(text: string): Promise<ModelSettings> {
  const paths = resolvePaths({ LLAMERO_HOME: files }, files);
  await writeFile(paths.configFile, text);
  return createSettings(await loadConfig({ paths, environment: {} }));
}

function raise(message: string): never {
  throw new Error(message);
}

/** Loads a model of a router and gives the words of its process. */
async function loadedArguments(url: string, ref: string): Promise<readonly string[]> {
  await fetch(`${url}/models/load`, { method: 'POST', body: JSON.stringify({ model: ref }) });
  for (;;) {
    const answer = await fetch(`${url}/models`);
    const { data } = (await answer.json()) as {
      data: { id: string; status: { value: string; args: string[]; failed?: boolean } }[];
    };
    const status = data.find(({ id }) => id === ref)?.status;
    if (status?.value === 'loaded') return status.args.slice(1);
    if (status?.failed === true) throw new Error(`${ref} did not load: ${status.args.join(' ')}`);
    await pause(100);
  }
}

const MANY = `
server:
  threads: 2
  ctx-size: 2048
  load-mode: mmap
  args:
    context-shift: false
    no-warmup: true
    swa-full: false
    poll: 0
models:
  user/*:
    batch-size: 256
    ubatch-size: 128
    flash-attn: on
    n-gpu-layers: 0
    args: { rope-scaling: linear, override-kv: "tokenizer.ggml.add_bos_token=bool:false" }
  user/alpha:
    cache-type-k: q8_0
    cache-type-v: q8_0
    parallel: 2
    keep-alive: 90s
    temp: 0.5
    top-p: 0.9
    top-k: 20
    min-p: 0.1
    repeat-penalty: 1.1
    seed: 7
    predict: 16
    chat-template: chatml
    model-draft: user/beta:F32
  user/beta:
    keep-alive: -1
    parallel: auto
    chat-template-file: chat template.jinja
`;

test('a list with many settings loads, and models run with what is explained', async () => {
  const settings = await settingsFrom(MANY);
  await writeFile(path.join(files, 'chat template.jinja'), '{{ messages[-1].content }}');
  const presets = buildPresets(
    models.map((model) => ({ model, settings: settings.settingsFor(model) })),
    engine.flags,
  );
  expect(presets.refused).toEqual([]);
  const file = path.join(files, 'presets.ini');
  await writeFile(file, presets.text);
  await using server = await startLlamaServer(testEngine, ['--models-preset', file, '--offline']);
  for (const model of models) {
    const resolved = settings.explainLoad(model);
    const explained = explainLoad({ model, models, engine, help, settings: resolved });
    expect(explained.problem).toBeUndefined();
    const running = await loadedArguments(server.url, model.ref);
    expect(runningDifferences(running, explained, help)).toEqual([]);
  }
  const props = await fetch(`${server.url}/props?model=user/alpha:F32`);
  expect(await props.json()).toMatchObject({
    total_slots: 2,
    default_generation_settings: { params: { top_k: 20, seed: 7 } },
  });

  // Settings that changed since are told.
  const changed = await settingsFrom(MANY.replace('top-k: 20', 'top-k: 30'));
  const alpha = models[0] ?? raise('there is no model');
  const later = explainLoad({
    model: alpha,
    models,
    engine,
    help,
    settings: changed.explainLoad(alpha),
  });
  const running = await loadedArguments(server.url, alpha.ref);
  expect(runningDifferences(running, later, help)).toEqual([
    { flag: '--top-k', running: '20', settings: '30' },
  ]);
});

test('the explained command line loads the model by itself', async () => {
  const settings = await settingsFrom(MANY);
  await writeFile(path.join(files, 'chat template.jinja'), '{{ messages[-1].content }}');
  for (const model of models) {
    const resolved = settings.explainLoad(model);
    const { command } = explainLoad({ model, models, engine, help, settings: resolved });
    await using server = await startLlamaServer(testEngine, command.slice(1));
    const health = await fetch(`${server.url}/health`);
    expect(health.status).toBe(200);
  }
});

test('every setting that llamero has a name for is a flag of the engine', () => {
  const settings = Object.fromEntries([...LOAD_SETTINGS, ...RUN_SETTINGS].map((name) => [name, 1]));
  // The one that goes with requests alone, and the one that is refused beside its rival.
  delete settings['system'];
  const request = { model: models[0] ?? raise('there is no model'), settings };
  const { refused, text } = buildPresets([request], engine.flags);
  expect(refused).toEqual([]);
  expect(text.split('\n').filter((line) => line.endsWith(' = 1'))).toHaveLength(
    LOAD_SETTINGS.length + RUN_SETTINGS.length - 2,
  );
  expect(engine.flags).toContain('--chat-template');
});
