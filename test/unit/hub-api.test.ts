import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ask } from '../support/hub/ask.ts';
import { startHub, testToken } from '../support/hub/hub.ts';
import type { RepoHandle, TestHub } from '../support/hub/hub.ts';

const TOKEN = testToken('api');

let hub: TestHub;
let first: RepoHandle;

beforeAll(async () => {
  hub = await startHub();
  first = await hub.addRepo(
    'acme/one-GGUF',
    {
      'README.md': { content: 'hi' },
      'a-b': { content: 'z' },
      'a.x/f': { content: 'dot' },
      'a/b/c.txt': { content: 'x' },
    },
    { downloads: 5, likes: 1, cardData: { license: 'mit', base_model: ['acme/one'] } },
  );
  const gguf = { total: 42, architecture: 'llama', context_length: 2048 };
  await hub.addRepo(
    'acme/two-GGUF',
    { 'two-Q8_0.gguf': { content: 'two' } },
    { downloads: 9, tags: ['conversational'], pipelineTag: 'text-generation', gguf },
  );
  await hub.addRepo('other/three', { 'x.txt': { content: '3' } }, { downloads: 7, gated: 'auto' });
  await hub.addRepo('other/hidden', {}, { private: true, tokensWithAccess: [TOKEN] });
  await hub.addRepo('other/gone', {}, { renamedTo: 'other/three' });
});

afterAll(async () => {
  await hub.close();
});

interface Listed {
  readonly id: string;
  readonly path: string;
  readonly type: string;
  readonly oid: string;
}

async function json(where: string, token?: string): Promise<unknown> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const { status, text } = await ask(hub.endpoint + where, { headers });
  expect(status).toBe(200);
  return JSON.parse(text);
}

/** Follows the `next` links; one inner list a page. */
async function pages(url: string): Promise<Listed[][]> {
  const all: Listed[][] = [];
  for (let next: string | undefined = url; next !== undefined;) {
    const { text, headers } = await ask(next);
    all.push(JSON.parse(text) as Listed[]);
    next = /^<([^>]+)>; rel="next"$/u.exec([headers['link']].flat()[0] ?? '')?.[1];
  }
  return all;
}

describe('search', () => {
  test.each([
    ['', ['acme/one-GGUF', 'acme/two-GGUF', 'other/three']],
    ['sort=downloads', ['acme/two-GGUF', 'other/three', 'acme/one-GGUF']],
    ['sort=likes&limit=1', ['acme/one-GGUF']],
    ['search=GGUF', ['acme/one-GGUF', 'acme/two-GGUF']],
    ['search=acme+TWO', ['acme/two-GGUF']],
    ['author=other', ['other/three']],
    ['author=oth', []],
    ['filter=gguf', ['acme/two-GGUF']],
    ['filter=gguf&filter=conversational', ['acme/two-GGUF']],
    ['filter=gguf&filter=license:mit', []],
    ['filter=base_model:quantized:acme/one', ['acme/one-GGUF']],
    ['apps=llama.cpp', ['acme/two-GGUF']],
    ['pipeline_tag=text-generation', ['acme/two-GGUF']],
    ['gated=true', ['other/three']],
    ['gated=false', ['acme/one-GGUF', 'acme/two-GGUF']],
  ])('?%s finds %j', async (query, ids) => {
    const found = (await json(`/api/models?${query}`)) as Listed[];
    expect(found.map((row) => row.id)).toEqual(ids);
  });

  test('shows private repositories to those who may see them', async () => {
    const found = (await json('/api/models?search=hidden', TOKEN)) as Listed[];
    expect(found.map((row) => row.id)).toEqual(['other/hidden']);
  });

  test.each([
    'expand=gguf&expand=siblings',
    'expand[]=gguf&expand[]=siblings',
    'expand=gguf,siblings',
  ])('tells only what is asked for by %s', async (expand) => {
    const [row] = (await json(`/api/models?filter=gguf&${expand}`)) as Listed[];
    expect(row).toEqual({
      _id: expect.stringMatching(/^[0-9a-f]{24}$/u) as unknown,
      id: 'acme/two-GGUF',
      gguf: { total: 42, architecture: 'llama', context_length: 2048 },
      siblings: [{ rfilename: 'two-Q8_0.gguf' }],
    });
  });

  test('goes on by absolute links, each with the whole question', async () => {
    const found = await pages(`${hub.endpoint}/api/models?sort=downloads&limit=2&expand=likes`);
    expect(found.map((page) => page.map((row) => row.id))).toEqual([
      ['acme/two-GGUF', 'other/three'],
      ['acme/one-GGUF'],
    ]);
    expect(Object.keys(found[1]?.[0] ?? {})).toEqual(['_id', 'id', 'likes']);
  });

  test('of a mirror leaves the Hub’s own origin in its links', async () => {
    await using mirror = await startHub({ linkOrigin: 'https://huggingface.co' });
    await mirror.addRepo('a/b', {});
    await mirror.addRepo('a/c', {});
    const { headers } = await ask(`${mirror.endpoint}/api/models?limit=1`);
    expect(headers['link']).toMatch(/^<https:\/\/huggingface\.co\/api\/models\?limit=1&cursor=/u);
  });
});

describe('a model', () => {
  test('is told whole, with the tags the Hub computes', async () => {
    const model = await json('/api/models/acme/one-GGUF');
    expect(model).toMatchObject({
      id: 'acme/one-GGUF',
      author: 'acme',
      sha: first.sha,
      private: false,
      gated: false,
      downloads: 5,
      likes: 1,
      tags: ['base_model:acme/one', 'base_model:quantized:acme/one', 'license:mit', 'region:us'],
      siblings: [{ rfilename: 'README.md' }, { rfilename: 'a-b' }, {}, {}],
    });
  });

  test('is told with sizes and sha256 when blobs are asked for', async () => {
    const model = await json('/api/models/acme/two-GGUF?blobs=true');
    expect(model).toMatchObject({
      siblings: [
        {
          rfilename: 'two-Q8_0.gguf',
          size: 3,
          lfs: {
            sha256: '3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3',
            size: 3,
          },
        },
      ],
    });
    const both = await ask(`${hub.endpoint}/api/models/acme/two-GGUF?blobs=true&expand=sha`);
    expect(both.status).toBe(400);
  });

  test('is told as it was at a revision', async () => {
    const repo = await hub.addRepo('acme/moving', { 'a.gguf': { content: '1' } });
    const before = repo.sha;
    const after = await repo.commit({ 'b.gguf': { content: '2' } });
    expect(repo.sha).toBe(after);
    expect(after).not.toBe(before);
    const where = '/api/models/acme/moving/revision';
    const expand = 'expand=sha&expand=siblings';
    expect(await json(`${where}/${before}?${expand}`)).toMatchObject({
      sha: before,
      siblings: [{ rfilename: 'a.gguf' }],
    });
    expect(await json(`${where}/main?${expand}`)).toMatchObject({
      sha: after,
      siblings: [{ rfilename: 'b.gguf' }],
    });
  });
});

describe('the file tree', () => {
  // The oids and the commit were computed by git itself from the same files.
  const root = [
    { type: 'directory', oid: '0cbd0ff03da026d3febf7524e0ae162812a220f0', size: 0, path: 'a' },
    { type: 'directory', oid: '4eb709b0c0b82c7cb1e2e6dcb68433c2e99ef9cc', size: 0, path: 'a.x' },
    { type: 'file', oid: '32f95c0d1244a78b2be1bab8de17906fabb2c4a8', size: 2, path: 'README.md' },
    { type: 'file', oid: 'fa7af8bf5fdd704f73beb3adc5612682a98e1af5', size: 1, path: 'a-b' },
  ];
  const tree = '/api/models/acme/one-GGUF/tree';

  test('has git’s own oids', async () => {
    expect(await json(`${tree}/main`)).toEqual(root);
    expect(await json(`${tree}/main?recursive=true`)).toEqual([
      ...root,
      { type: 'directory', oid: 'e2b0c41b0f7802e3db16736400d84a86ca333494', size: 0, path: 'a/b' },
      { type: 'file', oid: 'c1b0730e0133447badcfd47fd144e254807b06e1', size: 1, path: 'a/b/c.txt' },
      { type: 'file', oid: expect.any(String) as unknown, size: 3, path: 'a.x/f' },
    ]);
    expect(first.sha).toBe('cb0b871e1bc31b5a4e416e1983d1b1f71564e204');
  });

  test('of a large file has the oid of the pointer and the sha256 of the content', async () => {
    await hub.addRepo('acme/hello', { 'hello.gguf': { content: 'hello' } });
    expect(await json('/api/models/acme/hello/tree/main')).toEqual([
      {
        type: 'file',
        oid: expect.stringMatching(/^[0-9a-f]{40}$/u) as unknown,
        size: 5,
        path: 'hello.gguf',
        lfs: {
          oid: '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824',
          size: 5,
          pointerSize: 126,
        },
      },
    ]);
  });

  test.each([
    ['a.gguf', 1, undefined, true],
    ['A.GGUF', 1, undefined, true],
    ['a.txt', 10_000_000, undefined, false],
    ['a.txt', 10_000_001, undefined, true],
    ['a.gguf', 1, false, false],
    ['a.txt', 1, true, true],
  ])('of %s of %i bytes, lfs: %s, has it in LFS: %s', async (name, size, lfs, expected) => {
    const content = Buffer.alloc(size);
    const source = lfs === undefined ? { content } : { content, lfs };
    const { files } = await hub.addRepo('acme/lfs', { [name]: source });
    expect(files.get(name)?.lfs !== undefined).toBe(expected);
  });

  test('can be asked for one folder, or with the last commits', async () => {
    expect(await json(`${tree}/main/a/b`)).toMatchObject([{ path: 'a/b/c.txt' }]);
    const expanded = await json(`${tree}/main/a/b?expand=true`);
    expect(expanded).toMatchObject([
      { lastCommit: { id: first.sha, title: 'Upload files' }, securityFileStatus: {} },
    ]);
  });

  test('comes in pages that make up the whole', async () => {
    await using small = await startHub({ treePageSize: 3 });
    const names = Array.from({ length: 10 }, (_, index) => `m-${index}.gguf`);
    await small.addRepo('a/b', Object.fromEntries(names.map((name) => [name, { content: name }])));
    const found = await pages(`${small.endpoint}/api/models/a/b/tree/main?recursive=true`);
    expect(found.map((page) => page.length)).toEqual([3, 3, 3, 1]);
    expect(found.flat().map((entry) => entry.path)).toEqual(names);
  });

  test.each([
    ['application/json', JSON.stringify({ paths: ['README.md', 'a', 'none'] })],
    ['application/x-www-form-urlencoded', 'paths=README.md&paths=a&paths=none&expand=False'],
  ])('answers for single paths, asked in %s', async (type, body) => {
    const where = `${hub.endpoint}/api/models/acme/one-GGUF/paths-info/main`;
    const { text } = await ask(where, { method: 'POST', headers: { 'content-type': type }, body });
    expect(JSON.parse(text)).toEqual([root[2], root[0]]);
  });
});

test('refs name branches, tags and, when asked, pull requests', async () => {
  const sha = 'a'.repeat(40);
  await hub.addRepo('acme/refs', {}, { sha, gitTags: { v1: sha }, branches: { 'refs/pr/1': sha } });
  expect(await json('/api/models/acme/refs/refs?include_prs=1')).toEqual({
    tags: [{ name: 'v1', ref: 'refs/tags/v1', targetCommit: sha }],
    branches: [{ name: 'main', ref: 'refs/heads/main', targetCommit: sha }],
    converts: [],
    pullRequests: [{ name: 'pr/1', ref: 'refs/pr/1', targetCommit: sha }],
  });
});

test('whoami tells whose token it is', async () => {
  hub.addToken(TOKEN, { name: 'ada', role: 'fineGrained' });
  expect(await json('/api/whoami-v2', TOKEN)).toMatchObject({
    type: 'user',
    name: 'ada',
    auth: { accessToken: { role: 'fineGrained' } },
  });
});
