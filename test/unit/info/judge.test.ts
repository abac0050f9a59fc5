import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { chooseDefault } from '../../../src/lib/gguf/choice.ts';
import type { MachineRoom } from '../../../src/lib/gguf/fit.ts';
import { takeInventory } from '../../../src/lib/gguf/inventory.ts';
import { createJudge } from '../../../src/lib/info/judge.ts';
import { hollowLlama } from '../../support/gguf/hollow-model.ts';
import { encodeHeader } from '../../support/gguf/writer.ts';
import { startHub, type TestHub } from '../../support/hub/hub.ts';
import { Place } from './place.ts';

const MIB = 1024 * 1024;
// A context of 8192 tokens takes 1 GiB of it, whatever the weights take.
const HEADER = encodeHeader(
  hollowLlama({
    blockCount: 32,
    embeddingLength: 4096,
    headCount: 32,
    headCountKv: 8,
    feedForwardLength: 14_336,
    vocabularySize: 2000,
    contextLength: 131_072,
  }),
);

let hub: TestHub;
let place: Place;

beforeAll(async () => {
  hub = await startHub();
  const padded = (mebibytes: number): { content: Buffer } => ({
    content: Buffer.concat([HEADER, Buffer.alloc(mebibytes * MIB)]),
  });
  await hub.addRepo('maker/model', {
    'm-Q4_K_M.gguf': padded(8),
    'm-Q3_K_M.gguf': padded(6),
    'm-Q2_K.gguf': padded(4),
  });
  await hub.addRepo('maker/noise', { 'm-Q4_K_M.gguf': { content: 'x'.repeat(MIB) } });
  await hub.addRepo('maker/gated', { 'm-Q4_K_M.gguf': padded(8) }, { gated: 'manual' });
});

afterAll(() => hub.close());

beforeEach(async () => {
  place = await Place.create(hub);
  return () => place[Symbol.asyncDispose]();
});

async function choose(repo: string, machine: MachineRoom): Promise<string> {
  const { files, model } = await place.hub.listing(repo);
  const inventory = takeInventory(files);
  const judge = createJudge({
    headers: place.headers,
    machine: () => Promise.resolve(machine),
    contextSize: 8192,
    withProjector: true,
  });
  hub.clearRequests();
  const judgement = await judge(model, inventory);
  return chooseDefault(inventory, undefined, { judgement }).reason;
}

const gib = (count: number): MachineRoom => ({ ram: count * 1024 ** 3, shared: false });

describe('the judgement of quants at a hub', () => {
  test('reads no header where the model fits for certain', async () => {
    expect(await choose('maker/model', gib(16))).toBe(
      'Q4_K_M: the best quality for its size among 3 quants; fits in memory with 8192 tokens of context',
    );
    expect(hub.requests).toHaveLength(0);
  });

  test('reads one where its context decides', async () => {
    expect(await choose('maker/model', gib(2.5))).toMatch(/^Q4_K_M: .*; fits in memory with/u);
    expect(hub.requests).toHaveLength(2);
    expect(await choose('maker/model', gib(1))).toMatch(/^Q4_K_M: .*; too large, as all others/u);
    expect(hub.requests).toHaveLength(0);
  });

  test('reads one where a GPU may hold it', async () => {
    const machine = { ram: 64 * 1024 ** 3, gpu: 2 * 1024 ** 3, shared: false };
    expect(await choose('maker/model', machine)).toMatch(/; fits on the GPU with/u);
    expect(hub.requests).toHaveLength(2);
  });

  test.each(['maker/noise', 'maker/gated'])(
    'judges %s, whose header cannot be read, by its size',
    async (repo) => {
      expect(await choose(repo, gib(2.5))).toMatch(/^Q4_K_M: the only quant; fits in memory/u);
    },
  );

  test('goes on when the hub is gone, and stops when it is told to', async () => {
    const { files, model } = await place.hub.listing('maker/model');
    const judge = createJudge({
      headers: place.headers,
      machine: () => Promise.resolve(gib(2.5)),
      contextSize: 8192,
      withProjector: true,
    });
    await hub.goDown();
    const judgement = await judge(model, takeInventory(files));
    expect(judgement.room).toBe('2.50 GiB of memory');
    const stopped = judge(model, takeInventory(files), AbortSignal.abort());
    await expect(stopped).rejects.toThrow('Interrupted');
    await hub.comeUp();
  });
});
