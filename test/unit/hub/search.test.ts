import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHttp } from '../../../src/lib/http/http.ts';
import {
  type Hub,
  type HubSearchOptions,
  type HubSearchResult,
  createHub,
} from '../../../src/lib/hub/hub.ts';
import { LAST_PAGE } from '../../../src/lib/hub/search.ts';
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

  test('goes on page after page, without a gap and without a hit twice', async () => {
    const seen: string[] = [];
    let page: number | undefined = 1;
    do {
      const { models, next }: HubSearchResult = await hub.search('llama', { limit: 1, page });
      expect(models.length).toBeLessThanOrEqual(1);
      seen.push(...models.map(({ id }) => id));
      page = next;
    } while (page !== undefined);
    expect(seen).toEqual(await names('llama', { limit: 10 }));
  });

  test('has no page behind the last', async () => {
    const last = await hub.search('llama', { limit: 4 });
    expect(last).not.toHaveProperty('next');
    const behind = await hub.search('llama', { limit: 4, page: 2 });
    expect(behind).toEqual({ models: [], behind: true, cut: false });
  });

  test.each([1, 2])('that finds nothing says so, whichever page: %d', async (page) => {
    const found = await hub.search('no-such-thing', { limit: 5, page });
    expect(found).toEqual({ models: [], behind: false, cut: false });
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

describe('the next page', () => {
  const row = { private: false, gated: false, likes: 1, siblings: [{ rfilename: 'm.gguf' }] };

  /** A hub that lists some repositories with its `gguf` tag, and more without. */
  async function startHalfTagged(tagged: readonly string[], untagged: readonly string[]) {
    return startLocalServer((request, response) => {
      const { searchParams } = new URL(request.url ?? '', 'http://hub');
      const ids = searchParams.has('filter') ? tagged : [...tagged, ...untagged];
      const rows = ids.map((id) => ({ ...row, id: `a/${id}` }));
      response.setHeader('content-type', 'application/json').end(JSON.stringify(rows));
    });
  }

  test('is told of where the hits without the tag would begin it', async () => {
    await using server = await startHalfTagged(['1', '2'], ['3']);
    const asked = createHub({ http, endpoint: server.origin });
    const first = await asked.search('m', { limit: 2 });
    expect([first.models.length, first.next]).toEqual([2, 2]);
    expect(server.seen).toHaveLength(2);
    const second = await asked.search('m', { limit: 2, page: 2 });
    expect([second.models.map(({ id }) => id), second.next]).toEqual([['a/3'], undefined]);
  });

  test('is not told of where the full one holds all that there is', async () => {
    await using server = await startHalfTagged(['1', '2'], []);
    const found = await createHub({ http, endpoint: server.origin }).search('m', { limit: 2 });
    expect([found.next, found.cut]).toEqual([undefined, false]);
  });

  test('is not asked for where there is one anyway', async () => {
    await using server = await startHalfTagged(['1', '2', '3'], ['4']);
    const found = await createHub({ http, endpoint: server.origin }).search('m', { limit: 2 });
    expect(found.next).toBe(2);
    expect(server.seen).toHaveLength(1);
  });

  test('ends with the last that can be asked for, however much there is', async () => {
    await using large = await startHub();
    for (let index = 0; index <= LAST_PAGE; index += 1) {
      await large.addRepo(`a/m-${index}`, { 'm-Q8_0.gguf': { content: 'x' } });
    }
    const asked = createHub({ http, endpoint: large.endpoint });
    const before = await asked.search('m', { limit: 1, page: LAST_PAGE - 1 });
    expect(before).toMatchObject({ next: LAST_PAGE, cut: false });
    const last = await asked.search('m', { limit: 1, page: LAST_PAGE });
    expect(last).not.toHaveProperty('next');
    expect(last.cut).toBe(true);
  });
});

test('a row that is none is left out of what a search finds', async () => {
  const row = { id: 'a/b', private: false, gated: false, downloads: 1, likes: 1 };
  const rows = [null, 'x', [], { id: 7 }, { ...row, siblings: [{ rfilename: 'm.gguf' }] }];
  await using odd = await startLocalServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(rows));
  });
  const found = await createHub({ http, endpoint: odd.origin }).search('m', { limit: 5 });
  expect(found.models.map(({ id }) => id)).toEqual(['a/b']);
});

test('a hub that always has another empty page is left after a few', async () => {
  await using endless = await startLocalServer((request, response) => {
    const next = new URL(request.url ?? '', `http://${request.headers.host}`);
    next.searchParams.set('cursor', String(Number(next.searchParams.get('cursor') ?? 0) + 1));
    response.setHeader('link', `<${next.href}>; rel="next"`).end('[]');
  });
  const found = await createHub({ http, endpoint: endless.origin }).search('', { limit: 5 });
  expect(found).toEqual({ models: [], behind: false, cut: true });
  expect(endless.seen).toHaveLength(5);
});

describe('a search that is narrowed', () => {
  let shop: TestHub;
  let narrow: Hub;

  beforeAll(async () => {
    shop = await startHub();
    narrow = createHub({ http, endpoint: shop.endpoint });
    const files = { 'm-Q4_K_M.gguf': { content: 'x' } };
    const sizes = [0.5e9, 1.2e9, 7.6e9, 70e9];
    for (const [index, total] of sizes.entries()) {
      await shop.addRepo(`acme/size-${index}-GGUF`, files, {
        downloads: 9 - index,
        gguf: { total },
      });
    }
    await shop.addRepo('acme/unknown-GGUF', files, { downloads: 100 });
    await shop.addRepo('acme/free-GGUF', files, {
      cardData: { license: 'mit' },
      tags: ['roleplay'],
      createdAt: '2026-03-04T05:06:07.000Z',
      gguf: { total: 3, chat_template: '{% if tools %}<think>{% endif %}' },
    });
    await shop.addRepo('acme/guarded-GGUF', files, {
      gated: 'manual',
      pipelineTag: 'feature-extraction',
    });
    await shop.addRepo('acme/sees-GGUF', { ...files, 'mmproj-F16.gguf': { content: 'y' } }, {});
  });

  afterAll(async () => shop.close());

  const found = async (options: Partial<HubSearchOptions>): Promise<string[]> =>
    (await narrow.search('', { limit: 20, ...options })).models.map(({ id }) => id.slice(5, -5));

  test.each<[string, Partial<HubSearchOptions>, string[]]>([
    ['the least parameters', { minParameters: 1e9 }, ['size-1', 'size-2', 'size-3']],
    [
      'the most parameters',
      { maxParameters: 7.7e9, minParameters: 4 },
      ['size-0', 'size-1', 'size-2'],
    ],
    ['both', { minParameters: 0.45e9, maxParameters: 0.55e9 }, ['size-0']],
    ['a licence', { license: 'mit' }, ['free']],
    ['a tag', { tags: ['roleplay'] }, ['free']],
    ['tags of which one is missing', { tags: ['roleplay', 'none'] }, []],
    ['consent', { gated: true }, ['guarded']],
    ['what a template shows', { capabilities: ['tools', 'thinking'] }, ['free']],
    ['what its task is', { capabilities: ['embedding'] }, ['guarded']],
    ['a projector', { capabilities: ['vision'] }, ['sees']],
    ['what the caller wants', { accept: ({ id }) => id.includes('size-3') }, ['size-3']],
  ])('by %s finds those alone', async (_name, options, expected) => {
    expect(await found(options)).toEqual(expected);
  });

  test('by what needs no consent leaves the rest', async () => {
    expect(await found({ gated: false })).toHaveLength(7);
  });

  test('tells licence, capabilities and the day it was made', async () => {
    const { models } = await narrow.search('free', { limit: 1 });
    expect(models).toEqual([
      expect.objectContaining({
        license: 'mit',
        capabilities: ['tools', 'thinking'],
        createdAt: new Date('2026-03-04T05:06:07.000Z'),
        parameters: 3,
      }),
    ]);
  });
});

test('one request brings a page of an ordinary search', async () => {
  await using large = await startHub();
  const files = { 'm-Q4_K_M.gguf': { content: 'x' } };
  for (let index = 0; index < 60; index += 1) {
    await large.addRepo(`acme/llama-${index}`, files, { downloads: 1000 - index });
  }
  const asked = createHub({ http, endpoint: large.endpoint });
  const page = async (number: number): Promise<HubSearchResult> => {
    large.clearRequests();
    const result = await asked.search('llama', { limit: 20, page: number });
    expect(large.requests).toHaveLength(1);
    return result;
  };
  expect((await page(1)).next).toBe(2);
  const second = await page(2);
  expect(second.models.at(0)?.id).toBe('acme/llama-20');
  expect(second.next).toBe(3);
  const third = await asked.search('llama', { limit: 20, page: 3 });
  expect(third.models.at(-1)?.id).toBe('acme/llama-59');
  expect(third.next).toBeUndefined();
});
