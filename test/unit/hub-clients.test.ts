import { createHash } from 'node:crypto';

import {
  checkRepoAccess,
  downloadFile,
  fileDownloadInfo,
  listFiles,
  listModels,
  modelInfo,
  pathsInfo,
  whoAmI,
} from '@huggingface/hub';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { startHub, testToken } from '../support/hub/hub.ts';
import type { TestHub } from '../support/hub/hub.ts';

const accessToken = testToken('client');
const MODEL = Buffer.alloc(1_200_000, 'weights');

let hub: TestHub;
let hubUrl: string;

beforeAll(async () => {
  hub = await startHub({ treePageSize: 2 });
  hubUrl = hub.endpoint;
  await hub.addRepo(
    'acme/tiny-GGUF',
    {
      'README.md': { content: '# Tiny' },
      'tiny-Q4_K_M.gguf': { content: MODEL },
      'tiny-Q8_0.gguf': { content: 'q8' },
      'deep/er/tiny-F16.gguf': { content: 'f16' },
    },
    { downloads: 12, likes: 3, gguf: { total: 1000, architecture: 'llama' } },
  );
  const gate = { gated: 'manual', tokensWithAccess: [accessToken] } as const;
  await hub.addRepo('acme/gated', { 'm.gguf': { content: 'gated' } }, gate);
});

beforeEach(() => {
  hub.clearRequests();
});

afterAll(async () => {
  await hub.close();
});

async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

async function bytesOf(blob: Blob | null | undefined): Promise<Buffer> {
  return Buffer.from((await blob?.arrayBuffer()) ?? new ArrayBuffer(0));
}

describe('the unmodified @huggingface/hub client', () => {
  test('lists all files over several pages', async () => {
    const files = await collect(listFiles({ repo: 'acme/tiny-GGUF', recursive: true, hubUrl }));
    expect(files.filter((file) => file.type === 'file').map((file) => file.path)).toEqual([
      'README.md',
      'tiny-Q4_K_M.gguf',
      'tiny-Q8_0.gguf',
      'deep/er/tiny-F16.gguf',
    ]);
    const digest = createHash('sha256').update(MODEL).digest('hex');
    expect(files.find((file) => file.path === 'tiny-Q4_K_M.gguf')?.lfs?.oid).toBe(digest);
    expect(hub.requests).toHaveLength(3);
  });

  test('reads a model, also under a name in another case', async () => {
    const model = await modelInfo({ name: 'Acme/tiny-gguf', hubUrl, additionalFields: ['tags'] });
    expect(model).toMatchObject({
      name: 'acme/tiny-GGUF',
      downloads: 12,
      likes: 3,
      gated: false,
      tags: ['gguf', 'region:us'],
    });
  });

  test('finds models, with the fields its type does not know', async () => {
    const additionalFields = ['gguf', 'siblings'] as never[];
    const search = { query: 'tiny', tags: ['gguf'] };
    const found = await collect(
      listModels({ search, sort: 'downloads', limit: 5, additionalFields, hubUrl }),
    );
    expect(found).toMatchObject([
      { name: 'acme/tiny-GGUF', gguf: { architecture: 'llama' }, siblings: [{}, {}, {}, {}] },
    ]);
  });

  test('downloads a large file, whole and in part', async () => {
    const where = { repo: 'acme/tiny-GGUF', path: 'tiny-Q4_K_M.gguf', hubUrl };
    const blob = await downloadFile(where);
    expect((await bytesOf(blob)).equals(MODEL)).toBe(true);
    const part = await bytesOf(blob?.slice(1000, 1010));
    expect(part.equals(MODEL.subarray(1000, 1010))).toBe(true);
    expect(hub.tokenLeaks()).toEqual([]);
  });

  test('downloads a small file and one in a folder', async () => {
    const repo = 'acme/tiny-GGUF';
    const readme = await downloadFile({ repo, path: 'README.md', hubUrl });
    expect(await readme?.text()).toBe('# Tiny');
    const deep = await downloadFile({ repo, path: 'deep/er/tiny-F16.gguf', hubUrl });
    expect(await deep?.text()).toBe('f16');
  });

  test('learns that a file is not there', async () => {
    const where = { repo: 'acme/tiny-GGUF', path: 'none.gguf', hubUrl };
    expect(await fileDownloadInfo(where)).toBeNull();
  });

  test('asks for single paths', async () => {
    const paths = ['tiny-Q8_0.gguf', 'deep', 'none'];
    const found = await pathsInfo({ repo: 'acme/tiny-GGUF', paths, hubUrl });
    expect(found.map((entry) => [entry.path, entry.type])).toEqual([
      ['tiny-Q8_0.gguf', 'file'],
      ['deep', 'directory'],
    ]);
  });

  test('reads a gated file with the right token only', async () => {
    const where = { repo: 'acme/gated', path: 'm.gguf', hubUrl };
    await expect(downloadFile(where)).rejects.toMatchObject({ statusCode: 401 });
    const info = await fileDownloadInfo({ ...where, accessToken });
    expect(info?.size).toBe(5);
    expect(hub.tokenLeaks()).toEqual([]);
  });

  test('is caught in sending its token to the second host, as it is known to do', async () => {
    const blob = await downloadFile({ repo: 'acme/gated', path: 'm.gguf', hubUrl, accessToken });
    await blob?.text();
    expect(hub.tokenLeaks()).not.toEqual([]);
  });

  test('learns who it is and what it may not see', async () => {
    expect(await whoAmI({ hubUrl, accessToken })).toMatchObject({ type: 'user', name: 'tester' });
    await expect(checkRepoAccess({ repo: 'acme/none', hubUrl, accessToken })).rejects.toMatchObject(
      {
        statusCode: 404,
      },
    );
  });
});
