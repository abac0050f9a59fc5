import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { createHttp } from '../../../src/lib/http/http.ts';
import { type Hub, type HubOptions, createHub } from '../../../src/lib/hub/hub.ts';
import { caught } from '../../support/caught.ts';
import { type RepoHandle, type TestHub, startHub, testToken } from '../../support/hub/hub.ts';
import { closedOrigin } from '../../support/local-server.ts';

const GRANTED = testToken('granted');
const OTHER = testToken('other');
const SCOPELESS = testToken('scopeless');
const COMMIT = 'c0ffee'.padEnd(40, '0');
const OLDER = 'beef'.padEnd(40, '0');
const ODD_PATH = 'sub folder/ö #1?%2e.gguf';

const http = createHttp({ version: '1.2.3', environment: {}, sleep: () => Promise.resolve() });
let server: TestHub;
let tiny: RepoHandle;

beforeAll(async () => {
  server = await startHub({
    treePageSize: 2,
    tokens: { [SCOPELESS]: { withoutGatedScope: true } },
  });
  server.addToken(OTHER);
  const tokensWithAccess = [GRANTED];
  const model = { 'm-Q4_K_M.gguf': { content: 'model' } };
  tiny = await server.addRepo(
    'acme/tiny-GGUF',
    {
      ...model,
      'm-Q8_0.gguf': { content: 'larger model' },
      'mmproj-F16.gguf': { content: 'projector' },
      [ODD_PATH]: { content: 'odd' },
      'config.json': { content: '{"a":1}' },
    },
    {
      sha: COMMIT,
      branches: { 'refs/pr/1': OLDER },
      gitTags: { v1: OLDER },
      downloads: 50,
      likes: 3,
      pipelineTag: 'text-generation',
      cardData: { license: 'mit', base_model: 'acme/tiny' },
      gguf: { total: 1000, architecture: 'llama', context_length: 512 },
    },
  );
  await server.addRepo('acme/secret', model, { private: true, tokensWithAccess });
  await server.addRepo('acme/gated', model, { gated: 'manual', tokensWithAccess });
  await server.addRepo('acme/off', model, { disabled: true });
  await server.addRepo('acme/old-name', {}, { renamedTo: 'acme/tiny-GGUF' });
});

afterAll(async () => {
  http.close();
  await server.close();
});

function openHub(options: Partial<HubOptions> & { as?: string } = {}): Hub {
  const { as, ...rest } = options;
  const token = as === undefined ? undefined : { token: as, origin: 'HF_TOKEN' };
  return createHub({ http, endpoint: server.endpoint, token, ...rest });
}

describe('a model', () => {
  test('comes with its facts and the commit of its main branch', async () => {
    expect(await openHub().model('acme/tiny-GGUF')).toMatchObject({
      id: 'acme/tiny-GGUF',
      author: 'acme',
      commit: COMMIT,
      gated: false,
      private: false,
      downloads: 50,
      likes: 3,
      pipeline: 'text-generation',
      license: 'mit',
      baseModels: ['acme/tiny'],
      parameters: 1000,
      architecture: 'llama',
      contextLength: 512,
      updatedAt: expect.any(Date) as Date,
    });
  });

  test.each(['v1', 'refs/pr/1', OLDER])('is found at the revision %s', async (revision) => {
    expect((await openHub().model('acme/tiny-GGUF', { revision })).commit).toBe(OLDER);
  });

  test('that was renamed is found with its token, under the name it has now', async () => {
    server.clearRequests();
    expect((await openHub({ as: OTHER }).model('acme/old-name')).id).toBe('acme/tiny-GGUF');
    const sent = server.requests.map(({ headers }) => headers.authorization);
    expect(sent).toEqual([`Bearer ${OTHER}`, `Bearer ${OTHER}`]);
  });

  test('that is private is shown to those who may see it', async () => {
    expect((await openHub({ as: GRANTED }).model('acme/secret')).private).toBe(true);
  });

  test('is asked for as llamero', async () => {
    server.clearRequests();
    await openHub().model('acme/tiny-GGUF');
    expect(server.requests[0]?.headers['user-agent']).toMatch(/^llamero\/1\.2\.3 /u);
  });
});

describe('the files', () => {
  test('are all of them, over several pages, with sizes and hashes', async () => {
    server.clearRequests();
    const files = await openHub().files('acme/tiny-GGUF', COMMIT);
    expect(files.map(({ path }) => path).sort()).toEqual(
      ['config.json', 'm-Q4_K_M.gguf', 'm-Q8_0.gguf', 'mmproj-F16.gguf', ODD_PATH].sort(),
    );
    expect(server.requests.length).toBeGreaterThan(2);
    for (const { gitOid, path, sha256, size } of files) {
      const stored = tiny.files.get(path);
      expect({ path, gitOid, size }).toEqual({ path, gitOid: stored?.gitOid, size: stored?.size });
      expect(sha256).toBe(stored?.lfs === undefined ? undefined : stored.sha256);
    }
    expect(files.find(({ path }) => path === 'config.json')).not.toHaveProperty('sha256');
  });

  test('are read at a revision with slashes too', async () => {
    expect(await openHub().files('acme/tiny-GGUF', 'refs/pr/1')).toHaveLength(5);
  });

  test('come from a mirror although it links to huggingface.co', async () => {
    await using mirror = await startHub({ treePageSize: 1, linkOrigin: 'https://huggingface.co' });
    await mirror.addRepo('a/b', { 'x.gguf': { content: 'x' }, 'y.gguf': { content: 'y' } });
    const files = await openHub({ endpoint: mirror.endpoint }).files('a/b', 'main');
    expect(files.map(({ path }) => path)).toEqual(['x.gguf', 'y.gguf']);
  });

  test('are refused when the next page lies on another host, which is not asked', async () => {
    await using other = await startHub();
    await using evil = await startHub({ treePageSize: 1, linkOrigin: other.endpoint });
    await evil.addRepo('a/b', { 'x.gguf': { content: 'x' }, 'y.gguf': { content: 'y' } });
    evil.addToken(OTHER);
    const error = await caught(
      openHub({ endpoint: evil.endpoint, as: OTHER }).files('a/b', 'main'),
    );
    expect(error.code).toBe('HUB_ANSWER');
    expect(error.message).toContain('next page');
    expect(other.requests).toEqual([]);
  });
});

describe('the place of a file', () => {
  test('is a signed URL of another host, which gets no token', async () => {
    const place = await openHub({ as: GRANTED }).resolve('acme/gated', 'main', 'm-Q4_K_M.gguf');
    expect(new URL(place.url).origin).toBe(server.cdn);
    expect(place.headers).toEqual({});
    expect(place.size).toBe(5);
    expect(place.etag).toBe(place.sha256);
    const answer = await http.fetch(place.url, { headers: { ...place.headers } });
    expect(await answer.text()).toBe('model');
    expect(server.tokenLeaks()).toEqual([]);
  });

  test('is asked for without fetching a byte', async () => {
    server.clearRequests();
    await openHub().resolve('acme/tiny-GGUF', COMMIT, 'm-Q8_0.gguf');
    expect(server.requests.map(({ host, method }) => [host, method])).toEqual([['hub', 'HEAD']]);
  });

  test('is found whatever is in its name', async () => {
    const place = await openHub().resolve('acme/tiny-GGUF', COMMIT, ODD_PATH);
    expect(await (await http.fetch(place.url)).text()).toBe('odd');
  });

  test('of a small file is on the hub itself, which gets the token', async () => {
    const place = await openHub({ as: OTHER }).resolve('acme/tiny-GGUF', COMMIT, 'config.json');
    expect(new URL(place.url).origin).toBe(server.endpoint);
    expect(place.headers).toEqual({ authorization: `Bearer ${OTHER}` });
    const answer = await http.fetch(place.url, { headers: { ...place.headers } });
    expect(await answer.text()).toBe('{"a":1}');
  });

  test('is found under a name that was changed', async () => {
    const place = await openHub().resolve('acme/old-name', 'main', 'm-Q8_0.gguf');
    expect(await (await http.fetch(place.url)).text()).toBe('larger model');
  });
});

describe('a question that the hub refuses', () => {
  const file = 'm-Q4_K_M.gguf';
  test.each([
    [
      'no such repo, a stranger',
      'acme/none',
      {},
      'REPO_NOT_FOUND',
      /^acme\/none does not exist on 127.*, or it is private$/u,
      /llamero search none.*set HF_TOKEN/u,
    ],
    [
      'no such repo, a member',
      'acme/none',
      { as: OTHER },
      'REPO_NOT_FOUND',
      /or it is private$/u,
      /the token from HF_TOKEN may read it/u,
    ],
    [
      'private, a stranger',
      'acme/secret',
      {},
      'REPO_NOT_FOUND',
      /or it is private$/u,
      /set HF_TOKEN/u,
    ],
    [
      'private, another',
      'acme/secret',
      { as: OTHER },
      'REPO_NOT_FOUND',
      /or it is private$/u,
      /may read it/u,
    ],
    [
      'gated, a stranger',
      'acme/gated',
      {},
      'GATED',
      /is gated.*no token is set$/u,
      /Ask for access at http:\S+\/acme\/gated, make a token at http:\S+\/settings\/tokens, then: export HF_TOKEN/u,
    ],
    [
      'gated, another',
      'acme/gated',
      { as: OTHER },
      'GATED',
      /is gated, and the account of the token from HF_TOKEN has no access/u,
      /^Ask for access at http:\S+\/acme\/gated, then run/u,
    ],
    [
      'gated, a token without the scope',
      'acme/gated',
      { as: SCOPELESS },
      'FORBIDDEN',
      /token from HF_TOKEN read acme\/gated: Please enable access to public gated/u,
      /settings\/tokens$/u,
    ],
    ['disabled', 'acme/off', {}, 'FORBIDDEN', /^acme\/off is disabled on 127/u, /acme\/off$/u],
    [
      'wrong token',
      'acme/tiny-GGUF',
      { as: 'hf_never_heard_of' },
      'TOKEN_REFUSED',
      /refuses the token from HF_TOKEN/u,
      /settings\/tokens/u,
    ],
  ])('%s', async (_name, repo, options, code, message, hint) => {
    const errors = [await caught(openHub(options).resolve(repo, 'main', file))];
    // Facts and file list of a gated repository are open to all.
    if (!repo.includes('gated')) {
      errors.push(await caught(openHub(options).model(repo)));
      errors.push(await caught(openHub(options).files(repo, 'main')));
    }
    for (const error of errors) {
      expect(error.code).toBe(code);
      expect(error.message).toMatch(message);
      expect(error.hint).toMatch(hint);
      expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/hf_[a-z]/u);
    }
  });

  test('no such revision', async () => {
    const hub = openHub();
    const errors = [
      await caught(hub.model('acme/tiny-GGUF', { revision: 'v9' })),
      await caught(hub.files('acme/tiny-GGUF', 'v9')),
      await caught(hub.resolve('acme/tiny-GGUF', 'v9', file)),
    ];
    for (const error of errors) {
      expect(error.code).toBe('REVISION_NOT_FOUND');
      expect(error.message).toBe('acme/tiny-GGUF has no revision «v9»');
      expect(error.hint).toContain(`${server.endpoint}/acme/tiny-GGUF/tree/main`);
    }
  });

  test('no such file', async () => {
    const error = await caught(openHub().resolve('acme/tiny-GGUF', 'v1', 'none.gguf'));
    expect(error.code).toBe('FILE_NOT_FOUND');
    expect(error.message).toBe('acme/tiny-GGUF has no file none.gguf at v1');
  });

  test.each([
    ['../../api/whoami-v2', 'main', file],
    ['acme', 'main', file],
    ['acme/tiny-GGUF', '..', file],
    ['acme/tiny-GGUF', '', file],
    ['acme/tiny-GGUF', 'main', '../../x'],
    ['acme/tiny-GGUF', 'main', ''],
  ])('is not even asked about %j at %j, %j', async (repo, revision, path) => {
    server.clearRequests();
    const error = await caught(openHub().resolve(repo, revision, path));
    expect(error.code).toBe('REFERENCE_INVALID');
    expect(server.requests).toEqual([]);
  });

  test('too many requests: when it may be asked again', async () => {
    await using busy = await startHub();
    await busy.addRepo('a/b', { [file]: { content: 'x' } });
    busy.faults.add({ times: 1 }, { kind: 'rate-limit', seconds: 900 });
    const hub = openHub({ endpoint: busy.endpoint });
    const error = await caught(hub.model('a/b'));
    expect(error.code).toBe('RATE_LIMITED');
    expect(error.message).toContain('in 15 min 01 s');
    expect(error.hint).toContain('HF_TOKEN');
    expect((await hub.model('a/b')).id).toBe('a/b');
  });
});

test('a passing disturbance of the hub is ridden out', async () => {
  await using shaky = await startHub();
  await shaky.addRepo('a/b', { 'm.gguf': { content: 'x' } });
  shaky.faults.add({ times: 1 }, { kind: 'answer', status: 503 });
  shaky.faults.add({ times: 1, skip: 1 }, { kind: 'reset' });
  shaky.faults.add({ times: 1, skip: 2 }, { kind: 'rate-limit', seconds: 3 });
  expect((await openHub({ endpoint: shaky.endpoint }).model('a/b')).id).toBe('a/b');
  expect(shaky.requests).toHaveLength(4);
});

test('offline, nothing is asked', async () => {
  server.clearRequests();
  const hub = openHub({ offline: { by: 'HF_HUB_OFFLINE', end: 'Unset HF_HUB_OFFLINE' } });
  const questions = [
    hub.model('acme/tiny-GGUF'),
    hub.files('acme/tiny-GGUF', COMMIT),
    hub.search('tiny', { limit: 5 }),
    hub.resolve('acme/tiny-GGUF', COMMIT, 'config.json'),
  ];
  for (const question of questions) {
    const error = await caught(question);
    expect(error.code).toBe('OFFLINE');
    expect(error.message).toContain('HF_HUB_OFFLINE');
    expect(error.hint).toContain('llamero list');
  }
  expect(server.requests).toEqual([]);
});

test('a hub that is not there is named, with the way round it', async () => {
  const endpoint = await closedOrigin();
  const error = await caught(openHub({ endpoint, as: GRANTED }).model('a/b'));
  expect(error.code).toBe('NETWORK');
  expect(error.message).toBe(
    `Could not reach ${new URL(endpoint).host}: the connection was refused`,
  );
  expect(error.hint).toContain('HF_ENDPOINT');
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain(GRANTED);
});
