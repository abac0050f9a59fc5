import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { TestEngine } from '../support/engine/engine.ts';
import { ensureEngine } from '../support/engine/engine.ts';
import { startLlamaServer } from '../support/engine/llama-server.ts';
import { quantizeModel, splitModel } from '../support/gguf/quantize.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { writeTinyProjector } from '../support/gguf/tiny-projector.ts';

const SENTENCE =
  'The llama hums and the llama walks, because the\n\n**hill** is “high”: 🦙 the end the end.';

/** A picture of one pixel. */
const PICTURE =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let engine: TestEngine;
let folder: string;
let model: string;

beforeAll(async () => {
  engine = await ensureEngine();
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-proving-ground-'));
  model = path.join(folder, 'tiny-F32.gguf');
  await writeTinyModel({ path: model, sentence: SENTENCE });
}, 300_000);

afterAll(async () => {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
});

interface Answer {
  readonly choices: readonly {
    readonly finish_reason: string | null;
    readonly message?: { readonly content: string };
    readonly delta?: { readonly content?: string | null };
  }[];
}

const QUESTION = [
  { role: 'system', content: 'You are terse.' },
  { role: 'user', content: 'What does the llama do?' },
];

async function post(url: string, body: object): Promise<Response> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  return response;
}

async function chat(url: string, settings: object = {}): Promise<string | undefined> {
  const response = await post(url, { messages: QUESTION, ...settings });
  const [choice] = ((await response.json()) as Answer).choices;
  expect(choice?.finish_reason).toBe('stop');
  return choice?.message?.content;
}

async function chatStreamed(url: string): Promise<string[]> {
  const response = await post(url, { messages: QUESTION, stream: true });
  const events = (await response.text()).split('\n\n').filter((event) => event !== '');
  expect(events.pop()).toBe('data: [DONE]');
  return events
    .map((event) => JSON.parse(event.replace(/^data: /, '')) as Answer)
    .map((chunk) => chunk.choices[0]?.delta?.content ?? '')
    .filter((text) => text !== '');
}

async function expectSentence(modelPath: string): Promise<void> {
  await using server = await startLlamaServer(engine, ['-m', modelPath]);
  expect(await chat(server.url)).toBe(SENTENCE);
  const pieces = await chatStreamed(server.url);
  expect(pieces.join('')).toBe(SENTENCE);
  expect(pieces.length).toBeGreaterThan(5);
}

describe('a tiny model on the real llama-server says its sentence word for word', () => {
  test('as it is written, in F32', async () => {
    await expectSentence(model);
  });

  test.each(['Q4_K_M', 'Q8_0'])('quantised to %s', async (quant) => {
    const target = path.join(folder, `tiny-${quant}.gguf`);
    await quantizeModel(engine, model, target, quant);
    await expectSentence(target);
  });

  test('split into shards', async () => {
    const shards = await splitModel(engine, model, path.join(folder, 'sharded'), 4);
    expect(shards.map((shard) => path.basename(shard))).toEqual([
      'sharded-00001-of-00003.gguf',
      'sharded-00002-of-00003.gguf',
      'sharded-00003-of-00003.gguf',
    ]);
    await expectSentence(shards[0] ?? '');
  });

  test('at a high temperature and without any sampler', async () => {
    await using server = await startLlamaServer(engine, ['-m', model]);
    expect(await chat(server.url, { temperature: 2, top_k: 0, top_p: 1, min_p: 0 })).toBe(SENTENCE);
    expect(await chat(server.url, { temperature: 0 })).toBe(SENTENCE);
  });

  test('after its own answer in a conversation', async () => {
    await using server = await startLlamaServer(engine, ['-m', model]);
    const messages = [
      ...QUESTION,
      { role: 'assistant', content: SENTENCE },
      { role: 'user', content: 'Again: The llama' },
    ];
    expect(await chat(server.url, { messages })).toBe(SENTENCE);
  });

  test('made large by blocks whose weights are not zero', async () => {
    const large = path.join(folder, 'large.gguf');
    await writeTinyModel({ path: large, sentence: SENTENCE, minimumBytes: 8_000_000 });
    expect((await readFile(large)).length).toBeGreaterThanOrEqual(8_000_000);
    await expectSentence(large);
  });

  test('when it is longer than the least embedding is wide', async () => {
    const words = Array.from({ length: 300 }, (_, index) => `word${index}`);
    const sentence = words.join(' ');
    const long = path.join(folder, 'long.gguf');
    await writeTinyModel({ path: long, sentence, vocabularySize: 1000, contextSize: 4096 });
    await using server = await startLlamaServer(engine, ['-m', long]);
    expect(await chat(server.url)).toBe(sentence);
    const { data } = (await (await fetch(`${server.url}/v1/models`)).json()) as {
      data: { meta: Record<string, number> }[];
    };
    expect(data[0]?.meta).toMatchObject({ n_ctx_train: 4096, n_vocab: 1000, n_embd: 512 });
  });

  test('about a picture, with a projector beside it', async () => {
    const projector = path.join(folder, 'mmproj-F32.gguf');
    await writeTinyProjector({ path: projector });
    await using server = await startLlamaServer(engine, ['-m', model, '--mmproj', projector]);
    const content = [
      { type: 'text', text: 'What is this?' },
      { type: 'image_url', image_url: { url: `data:image/png;base64,${PICTURE}` } },
    ];
    expect(await chat(server.url, { messages: [{ role: 'user', content }] })).toBe(SENTENCE);
    expect(server.log()).toContain('loaded multimodal model');
  });
});

test('a llama-server that cannot load its model is told with its log', async () => {
  const missing = path.join(folder, 'missing.gguf');
  await expect(startLlamaServer(engine, ['-m', missing])).rejects.toThrow(/failed to load model/);
});

test('no llama-server is left when its test is over', async () => {
  const server = await startLlamaServer(engine, ['-m', model]);
  await server.stop();
  expect(() => process.kill(server.pid, 0)).toThrow(/ESRCH/);
});
