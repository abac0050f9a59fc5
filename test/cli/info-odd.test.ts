import { afterEach, beforeEach, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { hollowLlama, type HollowModel } from '../support/gguf/hollow-model.ts';
import { encodeHeader, type GgufMetadata } from '../support/gguf/writer.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';

const MIB = 1024 * 1024;
const SHAPE = {
  blockCount: 4,
  embeddingLength: 256,
  headCount: 4,
  headCountKv: 4,
  feedForwardLength: 512,
  vocabularySize: 300,
};

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

function file(extra: GgufMetadata = {}, { metadata, tensors }: HollowModel = hollowLlama(SHAPE)) {
  const header = encodeHeader({ metadata: { ...metadata, ...extra }, tensors });
  return { content: Buffer.concat([header, Buffer.alloc(MIB)]) };
}

const text = (value: string) => ({ type: 'string', value }) as const;
const u32 = (value: number) => ({ type: 'uint32', value }) as const;

async function info(...words: readonly string[]) {
  return home.run(['info', ...words, '--memory', '16G']);
}

test('texts that are as long as texts can be are counted and not read', async () => {
  const long = text('\0'.repeat(3 * MIB));
  await hub.addRepo('evil/long', { 'm-Q8_0.gguf': file({ 'x.one': long, 'x.two': long }) });
  const { exitCode, stdout } = await info('evil/long', '--metadata');
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(new RegExp(`x\\.two +uint8\\[${3 * MIB}\\]`, 'u'));
  hub.clearRequests();
  expect((await info('evil/long', '--template')).exitCode).toBe(0);
  expect(hub.requests).toEqual([]);
});

test('many texts that are long together are no header', async () => {
  const texts = Array.from({ length: 40 }, (_, index) => [`x.${index}`, text('x'.repeat(MIB))]);
  await hub.addRepo('evil/much', {
    'm-Q8_0.gguf': file(Object.fromEntries(texts) as GgufMetadata),
  });
  const { exitCode, stderr } = await info('evil/much', '--metadata');
  expect(exitCode).toBe(8);
  expect(stderr).toContain('its texts are longer than any known');
  expect(stderr).toContain('choose another quant');
  expect(stderr).not.toContain('verify');
});

test('a list of texts within a list leaves the header as it is', async () => {
  const inner = { type: 'array', of: 'string', value: Array<string>(2000).fill('word') } as const;
  const nested = { type: 'array', of: 'array', value: [inner] } as const;
  const { metadata, tensors } = hollowLlama(SHAPE);
  const odd = encodeHeader({ metadata: { 'x.nested': nested, ...metadata }, tensors });
  const gguf = {
    total: 1000,
    architecture: 'llama',
    context_length: 512,
    chat_template: '{{ x }}',
  };
  await hub.addRepo(
    'odd/nested',
    { 'm-Q8_0.gguf': { content: Buffer.concat([odd, Buffer.alloc(MIB)]) } },
    { gguf },
  );
  const { exitCode, stderr, stdout } = await info('odd/nested');
  expect(exitCode).toBe(0);
  expect(stderr).not.toContain('not a whole GGUF file');
  expect(stdout).toMatch(/Layers +4/u);
});

test('figures that no model has are none', async () => {
  const huge = { type: 'float64', value: 1e308 } as const;
  await hub.addRepo('evil/huge', {
    'm-Q8_0.gguf': file({
      'llama.embedding_length': huge,
      'llama.attention.head_count_kv': huge,
      'llama.context_length': huge,
    }),
  });
  const { stdout } = await info('evil/huge');
  expect(stdout).not.toMatch(/Infinity|NaN|e\+/u);
  const told = JSON.parse((await info('evil/huge', '--json')).stdout) as {
    quants: { memory: number }[];
  };
  expect(told.quants[0]?.memory).toBeGreaterThan(0);
});

test('a file without tensors tells no weights', async () => {
  const { metadata } = hollowLlama(SHAPE);
  await hub.addRepo('odd/vocabulary', {
    'm-Q8_0.gguf': { content: Buffer.concat([encodeHeader({ metadata, tensors: [] })]) },
  });
  const { stdout } = await info('odd/vocabulary');
  expect(stdout).not.toMatch(/Parameters|Infinity/u);
});

test('a template that nobody has read is not told to be none', async () => {
  await hub.addRepo('odd/broken', { 'm-Q8_0.gguf': { content: Buffer.alloc(MIB, 'x') } });
  await hub.addRepo('plain/bare', { 'm-Q8_0.gguf': file() });
  expect((await info('odd/broken')).stdout).not.toContain('Template');
  expect((await info('plain/bare')).stdout).toMatch(/Template +none/u);
  const json = async (repo: string): Promise<unknown> =>
    (JSON.parse((await info(repo, '--json')).stdout) as Record<string, unknown>)['chatTemplate'];
  expect(await json('odd/broken')).toBeNull();
  expect(await json('plain/bare')).toBe(false);
});

test('a quant that is here and no longer at the hub is told', async () => {
  const repo = await hub.addRepo('maker/gone', { 'm-Q4_K_M.gguf': file(), 'm-Q8_0.gguf': file() });
  expect((await home.run(['pull', 'maker/gone:Q8_0'])).exitCode).toBe(0);
  await repo.commit({ 'm-Q4_K_M.gguf': file() });
  const whole = await info('maker/gone', '--refresh');
  expect(whole.stdout).toMatch(/Q8_0 .*here, no longer at the hub/u);
  expect(whole.stdout).toMatch(/Q4_K_M .*default/u);
  expect((await info('maker/gone:Q8_0')).stdout).toMatch(/asked for, here, no longer at the hub/u);
  const { quants } = JSON.parse((await info('maker/gone', '--json')).stdout) as {
    quants: object[];
  };
  expect(quants).toContainEqual(
    expect.objectContaining({ quant: 'Q8_0', downloaded: true, gone: true, default: false }),
  );
  await repo.commit({ 'README.md': { content: 'moved' } });
  const alone = await info('maker/gone', '--refresh');
  expect({ exitCode: alone.exitCode, told: alone.stdout.includes('Q8_0') }).toEqual({
    exitCode: 0,
    told: true,
  });
});

test('branches that differ by case alone are two', async () => {
  const repo = await hub.addRepo('maker/case', { 'm-Q2_K.gguf': file() });
  await repo.commit({ 'm-Q8_0.gguf': file() }, { branch: 'V1' });
  await repo.commit({ 'm-Q5_K_M.gguf': file() }, { branch: 'v1' });
  expect((await info('maker/case', '--revision', 'V1')).stdout).toContain('Q8_0');
  expect((await info('maker/case', '--revision', 'v1')).stdout).toContain('Q5_K_M');
});

test('the tensors of a model in shards are those of all of them', async () => {
  const { metadata, tensors } = hollowLlama(SHAPE);
  const shard = (index: number) => {
    const split = { 'split.no': u32(index), 'split.count': u32(2) };
    const own = tensors.filter((_, place) => place % 2 === index);
    return file({ ...metadata, ...split }, { metadata, tensors: own });
  };
  await hub.addRepo('maker/shards', {
    'm-Q8_0-00001-of-00002.gguf': shard(0),
    'm-Q8_0-00002-of-00002.gguf': shard(1),
  });
  const { stdout } = await info('maker/shards', '--tensors');
  for (const { name } of tensors) expect(stdout).toContain(name);
  const told = JSON.parse((await info('maker/shards', '--tensors', '--json')).stdout) as {
    tensors: unknown[];
  };
  expect(told.tensors).toHaveLength(tensors.length);
  expect((await home.run(['pull', 'maker/shards'])).exitCode).toBe(0);
  expect((await info('maker/shards', '--tensors')).stdout).toBe(stdout);
});

test('a host that serves no parts of files is told as that', async () => {
  await hub.addRepo('maker/whole', {
    'm-Q8_0.gguf': { content: Buffer.concat([file().content, Buffer.alloc(80 * MIB)]) },
  });
  hub.faults.add({ host: 'cdn' }, { kind: 'ignore-range' });
  const { exitCode, stderr } = await info('maker/whole', '--tensors');
  expect(exitCode).toBe(6);
  expect(stderr).toContain('serves no parts of files');
  expect(stderr).toContain('llamero pull');
});

test('a gated model is said to be gated once', async () => {
  await hub.addRepo(
    'maker/gated',
    { 'README.md': { content: '# Card' }, 'm-Q8_0.gguf': file() },
    { gated: 'manual' },
  );
  const { stderr } = await info('maker/gated');
  expect(stderr.match(/is gated/gu)).toHaveLength(1);
});

test('a plan of nothing does not say that it fits', async () => {
  const { exitCode, stderr } = await home.run(['pull', '--dry-run', 'no/such']);
  expect(exitCode).toBe(3);
  expect(stderr).not.toContain('it fits');
});

test('a page behind the last one is said to be that', async () => {
  await hub.addRepo('maker/one', { 'm-Q8_0.gguf': file() });
  const { stderr } = await home.run(['search', 'one', '--page', '9']);
  expect(stderr).toContain('behind the last one');
  expect(stderr).not.toContain('No such model');
});

test('two models that are judged at different contexts say which is which', async () => {
  await hub.addRepo('maker/short', { 'm-Q8_0.gguf': file({ 'llama.context_length': u32(2048) }) });
  await hub.addRepo('maker/long', { 'm-Q8_0.gguf': file({ 'llama.context_length': u32(32_768) }) });
  const { stderr, stdout } = await info('maker/short', 'maker/long');
  expect(stdout + stderr).toMatch(/maker\/short: Memory is with 2048 tokens/u);
  expect(stdout + stderr).toMatch(/maker\/long: Memory is with 8192 tokens/u);
});

test.each([
  ['--quant', ''],
  ['--quant', ' '],
  ['--revision', ''],
])('%s with «%s» is wrong usage', async (flag, value) => {
  await hub.addRepo('maker/one', { 'm-Q8_0.gguf': file() });
  expect((await home.run(['pull', 'maker/one'])).exitCode).toBe(0);
  const { exitCode, stderr } = await info('maker/one', flag, value);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(`${flag} is empty`);
});

test('a model without a whole quant has its bare name in few words', async () => {
  await hub.addRepo('split/Lack-GGUF', { 'm-Q8_0-00001-of-00002.gguf': file() });
  expect(await info('split/Lack-GGUF', '--quiet')).toMatchObject({
    exitCode: 0,
    stdout: 'split/Lack-GGUF\n',
  });
});

test('a revision that cannot be one', async () => {
  const { exitCode, stderr } = await info('maker/one', '--revision', '../x');
  expect(exitCode).toBe(2);
  expect(stderr).toContain('A revision is a branch, a tag or a commit');
});

test('bits are told of the weights of a model, and not of those of another beside it', async () => {
  const sized = (mebibytes: number) => ({
    content: Buffer.concat([file().content, Buffer.alloc(mebibytes * MIB)]),
  });
  const bitsOf = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
    const { stdout } = await info(...words, '--json');
    const { quants } = JSON.parse(stdout) as { quants: { quant: string; bitsPerWeight: number }[] };
    return Object.fromEntries(quants.map(({ bitsPerWeight, quant }) => [quant, bitsPerWeight]));
  };
  // Some small models have embeddings that take twice the bits of their type.
  await hub.addRepo('maker/one', { 'm-Q4_K_M.gguf': sized(0), 'Q8_0/m-Q8_0.gguf': sized(4) });
  const one = await bitsOf('maker/one');
  expect(one['Q8_0']).toBeGreaterThan(10);
  expect(Number(one['Q8_0']) / Number(one['Q4_K_M'])).toBeCloseTo(5, 0);
  const several = {
    'm-1b-Q4_K_M.gguf': sized(0),
    'm-3b-Q4_K_M.gguf': sized(2),
    'm-3b-Q8_0.gguf': sized(5),
    'plain.gguf': sized(1),
  };
  await hub.addRepo('maker/several', several);
  const models = await bitsOf('maker/several');
  expect(Object.keys(models)).toHaveLength(4);
  expect(Object.values(models)).toEqual(expect.arrayContaining([4.89, 8.5, null]));
  // The hub does not say which of them it has counted.
  await hub.addRepo('maker/counted', several, { gguf: { total: 1000, chat_template: '' } });
  expect(Object.values(await bitsOf('maker/counted'))).not.toContainEqual(
    expect.toSatisfy((bits: number | null) => bits !== null && bits > 100),
  );
  expect((await home.run(['pull', 'maker/several:m-3b-Q8_0.gguf'])).exitCode).toBe(0);
  const stored = await bitsOf('maker/several');
  expect(stored['Q8_0']).toBe(Math.max(...Object.values(stored).map(Number)));
});
