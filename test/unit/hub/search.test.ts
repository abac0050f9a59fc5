import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHttp } from '../../../src/lib/http/http.ts';
import { type Hub, type HubSearchOptions, createHub } from '../../../src/lib/hub/hub.ts';
import { type TestHub, startHub } from '../../support/hub/hub.ts';
import { startLocalServer } from '../../support/local-server.ts';

const http = createHttp({ version: '1.2.3', environment: {} });
let server: TestHub;
let hub: Hub;

beforeAll(async () => {
  server = await startHub();
  hub = createHub({ http, endpoint: server.endpoint });
  const add = async (
    id: string,
    downloads: number,
    files: readonly string[] = ['m-Q4_K_M.gguf'],
  ): Promise<void> => {
    const content = Object.fromEntries(files.map((name) => [name, { content: name }]));
    await server.addRepo(id, content, { downloads, likes: 100 - downloads, gated: 'auto' });
  };
  await add('acme/llama-a-GGUF', 90);
  await add('acme/llama-b-GGUF', 80, ['mmproj-F16.gguf', 'README.md']);
  await add('other/llama-c-GGUF', 70, ['m-Q8_0.gguf', 'mmproj-F16.gguf', 'imatrix.gguf']);
  await add('acme/llama-d-GGUF', 60);
  await add('acme/llama-e-GGUF', 50);
  await add('acme/llama-f', 95, ['model.safetensors']);
  await add('acme/quiet-GGUF', 5);
});

afterAll(async () => {
  http.close();
  await server.close();
});

async function names(query: string, options: HubSearchOptions): Promise<string[]> {
  return (await hub.search(query, options)).models.map(({ id }) => id);
}

describe('a search', () => {
  test('finds repositories with a model to run, most downloaded first', async () => {
    expect(await names('llama', { limit: 10 })).toEqual([
      'acme/llama-a-GGUF',
      'other/llama-c-GGUF',
      'acme/llama-d-GGUF',
      'acme/llama-e-GGUF',
    ]);
  });

  test('tells facts and model files of each', async () => {
    const { models } = await hub.search('llama-c', { limit: 1 });
    expect(models).toEqual([
      expect.objectContaining({
        id: 'other/llama-c-GGUF',
        author: 'other',
        downloads: 70,
        likes: 30,
        gated: 'auto',
        private: false,
        updatedAt: expect.any(Date) as Date,
        ggufFiles: ['m-Q8_0.gguf'],
      }),
    ]);
  });

  test.each([
    ['by author', { limit: 9, author: 'other' }, ['other/llama-c-GGUF']],
    ['by likes', { limit: 1, sort: 'likes' }, ['acme/llama-e-GGUF']],
    ['by downloads', { limit: 1, sort: 'downloads' }, ['acme/llama-a-GGUF']],
  ] as const)('is narrowed and ordered %s', async (_name, options, expected) => {
    expect(await names('llama', options)).toEqual(expected);
  });

  test.each(['trending', 'updated', 'created'] as const)('can be ordered by %s', async (sort) => {
    expect(await names('llama', { limit: 9, sort })).toHaveLength(4);
  });

  test('without words lists what there is', async () => {
    expect(await names('', { limit: 9 })).toHaveLength(5);
  });

  test('goes on where it stopped, without a gap and without a hit twice', async () => {
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const { models, next } = await hub.search('llama', { limit: 1, cursor });
      expect(models.length).toBeLessThanOrEqual(1);
      seen.push(...models.map(({ id }) => id));
      cursor = next;
    } while (cursor !== undefined);
    expect(seen).toEqual(await names('llama', { limit: 10 }));
  });

  test('that finds nothing says so', async () => {
    expect(await hub.search('no-such-thing', { limit: 5 })).toEqual({ models: [] });
  });
});

test('a model whose gguf tag the hub has not set is found too', async () => {
  const row = { private: false, gated: false, downloads: 1, likes: 1 };
  const siblings = [{ rfilename: 'm.gguf' }];
  await using untagged = await startLocalServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '', 'http://hub');
    const rows = searchParams.has('filter')
      ? [{ ...row, id: 'a/tagged', siblings }]
      : [
          { ...row, id: 'a/untagged', siblings },
          { ...row, id: 'a/tagged', siblings },
          { ...row, id: 'a/none', siblings: [] },
        ];
    response.setHeader('content-type', 'application/json').end(JSON.stringify(rows));
  });
  const found = await createHub({ http, endpoint: untagged.origin }).search('m', { limit: 5 });
  expect(found.models.map(({ id }) => id)).toEqual(['a/tagged', 'a/untagged']);
  const asked = untagged.seen.map(({ url }) => new URL(url, 'http://hub').searchParams);
  expect(asked.map((query) => query.get('search'))).toEqual(['m', 'm gguf']);
  expect(asked[0]?.getAll('expand')).toEqual(
    expect.arrayContaining([
      'downloads',
      'likes',
      'gated',
      'lastModified',
      'gguf',
      'siblings',
      'tags',
    ]),
  );
});

test('a hub that always has another empty page is left after a few', async () => {
  await using endless = await startLocalServer((request, response) => {
    const next = new URL(request.url ?? '', `http://${request.headers.host}`);
    next.searchParams.set('cursor', String(Number(next.searchParams.get('cursor') ?? 0) + 1));
    response.setHeader('link', `<${next.href}>; rel="next"`).end('[]');
  });
  const { models } = await createHub({ http, endpoint: endless.origin }).search('', { limit: 5 });
  expect(models).toEqual([]);
  expect(endless.seen).toHaveLength(5);
});
