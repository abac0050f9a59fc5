import { mkdtemp, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { createFactsMemory, type ModelFacts } from '../../../src/lib/store/facts.ts';
import type { StoredModel } from '../../../src/lib/store/model.ts';
import { type GgufMetadata, type GgufValue, writeGguf } from '../../support/gguf/writer.ts';
import { storedAs } from '../server/stored-models.ts';

let folder: string;
let memory: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-facts-'));
  memory = path.join(folder, 'run', 'headers.json');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function gguf(name: string, metadata: GgufMetadata, rows: number) {
  const file = path.join(folder, name);
  await writeGguf(file, { metadata, tensors: [{ name: 't', dimensions: [32, rows] }] });
  // Long ago, so that it may be remembered.
  await utimes(file, 1_700_000_000, 1_700_000_000);
  return file;
}

function model(files: readonly string[], more: Partial<StoredModel> = {}): StoredModel {
  return storedAs('a/b:F32', files[0], {
    files: files.map((file) => ({ path: file, name: path.basename(file), size: 1 })),
    ...more,
  });
}

async function read(of: StoredModel, skipped: string[] = []): Promise<ModelFacts | undefined> {
  const facts = await createFactsMemory({ file: memory }).read([of], {
    signal: new AbortController().signal,
    onSkip: (file) => skipped.push(path.basename(file)),
  });
  return facts.get(of.ref);
}

const text = (value: string): GgufValue => ({ type: 'string', value });

const LLAMA = {
  'general.architecture': text('llama'),
  'tokenizer.chat_template': text('{{ tools }}'),
};

test('tells architecture, parameters of all shards, and what model and projector can do', async () => {
  const shards = [await gguf('1.gguf', LLAMA, 3), await gguf('2.gguf', LLAMA, 4)];
  const projector = await gguf(
    'mmproj.gguf',
    {
      'general.architecture': text('clip'),
      'clip.has_vision_encoder': { type: 'bool', value: true },
    },
    1,
  );
  expect(await read(model(shards, { projector }))).toEqual({
    architecture: 'llama',
    parameters: 7 * 32,
    capabilities: ['tools', 'vision'],
  });
});

test('a file that was read is not read again until it changes', async () => {
  const file = await gguf('m.gguf', LLAMA, 1);
  await read(model([file]));
  const noted = JSON.parse(await readFile(memory, 'utf8')) as {
    files: Record<string, { architecture: string }>;
  };
  const entry = noted.files[file];
  if (entry === undefined) throw new Error('nothing was remembered');
  entry.architecture = 'as remembered';
  await writeFile(memory, JSON.stringify(noted));
  expect(await read(model([file]))).toMatchObject({ architecture: 'as remembered' });
  await utimes(file, 1_700_000_000, 1_700_000_001);
  expect(await read(model([file]))).toMatchObject({ architecture: 'llama' });
});

test.each(['', '{', '{"version":1,"files":{"x":{}}}'])(
  'a damaged memory is an empty one: %j',
  async (damage) => {
    const file = await gguf('m.gguf', LLAMA, 1);
    await read(model([file]));
    await writeFile(memory, damage);
    expect(await read(model([file]))).toMatchObject({ architecture: 'llama' });
  },
);

test('what is damaged, gone or unfinished tells nothing', async () => {
  const file = await gguf('m.gguf', LLAMA, 1);
  expect(await read(model([file], { state: 'partial' }))).toBeUndefined();
  const skipped: string[] = [];
  expect(await read(model([file, path.join(folder, 'gone.gguf')]), skipped)).toBeUndefined();
  await truncate(file, 30);
  expect(await read(model([file]), skipped)).toBeUndefined();
  expect(skipped).toEqual(['gone.gguf', 'm.gguf']);
});

test.runIf(process.platform === 'linux')(
  'where nothing may be written the facts are told all the same',
  async () => {
    const file = await gguf('m.gguf', LLAMA, 1);
    // Nobody makes a folder there, root neither.
    memory = '/sys/llamero/headers.json';
    const skipped: string[] = [];
    expect(await read(model([file]), skipped)).toMatchObject({ architecture: 'llama' });
    expect(skipped).toEqual(['headers.json']);
  },
);
