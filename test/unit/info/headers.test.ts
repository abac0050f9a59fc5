import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { describeModel } from '../../../src/lib/gguf/header-description.ts';
import type { HubFile } from '../../../src/lib/hub/types.ts';
import type { HeaderExtent } from '../../../src/lib/info/headers.ts';
import { caught } from '../../support/caught.ts';
import {
  hollowDeepseek,
  hollowGemma,
  hollowLlama,
  hollowMamba,
  type HollowModel,
} from '../../support/gguf/hollow-model.ts';
import { withBytePairs } from '../../support/gguf/vocabulary.ts';
import { encodeHeader } from '../../support/gguf/writer.ts';
import { startHub, testToken, type TestHub } from '../../support/hub/hub.ts';
import { Place } from './place.ts';

const MIB = 1024 * 1024;
const TOKEN = testToken('reader');
const TEMPLATE = '{% if tools %}{{ tools }}{% endif %}';
const SHAPE = {
  blockCount: 26,
  embeddingLength: 512,
  headCount: 8,
  headCountKv: 2,
  feedForwardLength: 1024,
  vocabularySize: 262_144,
  contextLength: 131_072,
};
const MODELS: Readonly<Record<string, HollowModel>> = {
  'gemma-262k': hollowGemma(SHAPE, 512),
  'llama-32k': hollowLlama({ ...SHAPE, vocabularySize: 32_000 }),
  'qwen-152k': withBytePairs(hollowLlama({ ...SHAPE, vocabularySize: 300 }), {
    tokens: 151_936,
    template: TEMPLATE,
  }),
  'mamba-50k': hollowMamba({
    blockCount: 24,
    embeddingLength: 768,
    innerSize: 1536,
    stateSize: 16,
    convolutionKernel: 4,
    timeStepRank: 48,
    vocabularySize: 50_280,
  }),
  'deepseek-102k': hollowDeepseek({
    ...SHAPE,
    vocabularySize: 102_400,
    latentLength: 512,
    queryLatentLength: 1536,
    ropeLength: 64,
  }),
};
// Behind the header there is data: what a reader takes too much of must be there to be taken.
const FILES = new Map(
  Object.entries(MODELS).map(([name, model]) => {
    const header = encodeHeader(model);
    return [name, { header, file: Buffer.concat([header, Buffer.alloc(6 * MIB)]) }];
  }),
);

let hub: TestHub;
let place: Place;

beforeAll(async () => {
  hub = await startHub();
  for (const [name, { file }] of FILES) {
    const files = { [`${name}-Q4_K_M.gguf`]: { content: file } };
    await hub.addRepo(`maker/${name}`, files, { tokensWithAccess: [TOKEN] });
  }
  const behind = encodeHeader({
    metadata: {
      'general.architecture': { type: 'string', value: 'llama' },
      'tokenizer.ggml.tokens': {
        type: 'array',
        of: 'string',
        value: Array.from({ length: 30_000 }, (_, index) => `word${index}`),
      },
      'llama.block_count': { type: 'uint32', value: 12 },
    },
    tensors: [],
  });
  await hub.addRepo('maker/behind', { 'behind-Q4_K_M.gguf': { content: behind } });
  await hub.addRepo('maker/noise', { 'noise-Q4_K_M.gguf': { content: 'no GGUF at all' } });
}, 120_000);

afterAll(() => hub.close());

beforeEach(async () => {
  place = await Place.create(hub);
  hub.clearRequests();
});

afterEach(async () => {
  hub.faults.clear();
  await place[Symbol.asyncDispose]();
});

async function fileOf(repo: string): Promise<{ commit: string; file: HubFile }> {
  const { files, model } = await place.hub.listing(repo);
  const [file] = files;
  if (file === undefined) throw new Error(`${repo} is empty`);
  return { commit: model.commit, file };
}

function bytesFromStorage(): number {
  return hub.requests
    .filter(({ host }) => host === 'cdn')
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

describe.each([...FILES])('%s', (name, { header }) => {
  const repo = `maker/${name}`;

  test('its head takes three requests with the question for the model, and 256 KiB', async () => {
    const remote = { repo, ...(await fileOf(repo)) };
    const description = describeModel(await place.headers.read(remote, 'head'));
    expect(description.architecture).not.toBe('');
    expect(description.blockCount).toBeGreaterThan(20);
    expect(description.vocabularySize).toBeGreaterThan(30_000);
    expect(hub.requests).toHaveLength(3);
    expect(bytesFromStorage()).toBeLessThanOrEqual(256 * 1024);
  });

  test('the whole takes four requests, and 2 MiB more than it has at most', async () => {
    const remote = { repo, ...(await fileOf(repo)) };
    const whole = await place.headers.read(remote, 'whole');
    expect(whole.tensors).not.toHaveLength(0);
    expect(hub.requests.length).toBeLessThanOrEqual(4);
    expect(bytesFromStorage()).toBeLessThanOrEqual(header.length + 2 * MIB);
  });

  test.each<HeaderExtent>(['head', 'whole'])(
    'is kept: the %s needs no request again',
    async (extent) => {
      const remote = { repo, ...(await fileOf(repo)) };
      const first = await place.headers.read(remote, extent);
      hub.clearRequests();
      const offline = place.again(hub, { offline: true });
      expect(await offline.headers.read(remote, extent)).toEqual({ ...first, bytesRead: 0 });
      expect(hub.requests).toHaveLength(0);
    },
  );
});

describe('a header that is kept', () => {
  test('is read on when more of it is wanted, and serves for less', async () => {
    const remote = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
    await place.headers.read(remote, 'head');
    const whole = await place.headers.read(remote, 'whole');
    expect(whole.tensors).toBeDefined();
    hub.clearRequests();
    expect((await place.headers.read(remote, 'head')).tensors).toBeDefined();
    expect(hub.requests).toHaveLength(0);
  });

  test.each(['', '{"version":3', '[]', 'null', '{"version":3,"metadata":[["a",{}]]}'])(
    'and damaged, as %j, is read anew',
    async (text) => {
      const remote = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
      const first = await place.headers.read(remote, 'head');
      const folder = path.join(place.folder, 'headers');
      for (const name of await readdir(folder)) await writeFile(path.join(folder, name), text);
      expect(await place.headers.read(remote, 'head')).toEqual(first);
    },
  );

  test('is one of a number: the oldest go', async () => {
    const { commit, file } = await fileOf('maker/llama-32k');
    for (let index = 0; index < 25; index += 1) {
      const digest = index.toString(16).padStart(64, '0');
      const other = { repo: 'maker/llama-32k', commit, file: { ...file, sha256: digest } };
      await place.headers.read(other, 'head');
    }
    const kept = await readdir(path.join(place.folder, 'headers'));
    expect(kept.length).toBeLessThanOrEqual(10);
    expect(kept).toContain(`${(24).toString(16).padStart(64, '0')}.json`);
  });
});

test('what a writer has put behind the vocabulary is found there', async () => {
  const remote = { repo: 'maker/behind', ...(await fileOf('maker/behind')) };
  const header = await place.headers.read(remote, 'head');
  expect(header.partial).toBeUndefined();
  expect(describeModel(header).blockCount).toBe(12);
});

test('a file that is no GGUF is damaged, whatever the host says of it', async () => {
  const remote = { repo: 'maker/noise', ...(await fileOf('maker/noise')) };
  expect((await caught(place.headers.read(remote, 'head'))).code).toBe('FILE_DAMAGED');
});

test('no token goes to the storage host, and no signed address into an error', async () => {
  const reader = place.again(hub, { token: TOKEN });
  const remote = { repo: 'maker/gemma-262k', ...(await fileOf('maker/gemma-262k')) };
  await reader.headers.read(remote, 'whole');
  expect(hub.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
  expect(hub.tokenLeaks()).toEqual([]);
  hub.faults.add({ host: 'cdn' }, { kind: 'answer', status: 404 });
  const other = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
  const { message, stack } = await caught(reader.headers.read(other, 'head'));
  expect(message).toMatch(/answered 404/u);
  expect(`${message} ${stack}`).not.toMatch(/Signature|Policy|hf_/u);
});

describe('a storage host', () => {
  test('whose address is over by the second range is asked at a new one', async () => {
    const remote = { repo: 'maker/gemma-262k', ...(await fileOf('maker/gemma-262k')) };
    hub.faults.add({ host: 'cdn', skip: 1, times: 1 }, { kind: 'answer', status: 403 });
    const whole = await place.headers.read(remote, 'whole');
    expect(whole.tensors).not.toHaveLength(0);
  });

  test('that knows no ranges gives the whole file, and what was asked for is found in it', async () => {
    const remote = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
    hub.faults.add({ host: 'cdn' }, { kind: 'ignore-range' });
    expect((await place.headers.read(remote, 'whole')).tensors).not.toHaveLength(0);
  });

  test('that sends another part than was asked for is not believed', async () => {
    const remote = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
    hub.faults.add({ host: 'cdn' }, { kind: 'content-range', value: 'bytes 5-262148/9999999' });
    expect((await caught(place.headers.read(remote, 'head'))).code).toBe('HUB_ANSWER');
  });

  test('that ends too early is a failure of the network, not a damaged file', async () => {
    const remote = { repo: 'maker/llama-32k', ...(await fileOf('maker/llama-32k')) };
    hub.faults.add({ host: 'cdn' }, { kind: 'end', afterBytes: 1000 });
    expect((await caught(place.headers.read(remote, 'head'))).code).toBe('NETWORK');
  });
});
