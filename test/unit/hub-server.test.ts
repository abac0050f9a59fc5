import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ask } from '../support/hub/ask.ts';
import type { Reply } from '../support/hub/ask.ts';
import { startHub, testToken } from '../support/hub/hub.ts';
import type { TestHub } from '../support/hub/hub.ts';

const GRANTED = testToken('granted');
const OTHER = testToken('other');
const SCOPELESS = testToken('scopeless');
const COMMIT = 'c0ffee'.padEnd(40, '0');
const MODEL = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

let hub: TestHub;

beforeAll(async () => {
  hub = await startHub({ tokens: { [SCOPELESS]: { withoutGatedScope: true } } });
  hub.addToken(OTHER, { name: 'other' });
  const tokensWithAccess = [GRANTED];
  await hub.addRepo(
    'acme/tiny-GGUF',
    { 'tiny-Q4_K_M.gguf': { content: MODEL }, 'config.json': { content: '{"a":1}' } },
    { sha: COMMIT, branches: { 'refs/pr/1': COMMIT }, gitTags: { v1: COMMIT } },
  );
  const files = { 'm.gguf': { content: 'model' } };
  await hub.addRepo('acme/secret', files, { private: true, tokensWithAccess });
  await hub.addRepo('acme/gated', files, { gated: 'manual', tokensWithAccess });
  await hub.addRepo('acme/off', files, { disabled: true });
  await hub.addRepo('acme/old-name', {}, { renamedTo: 'acme/tiny-GGUF' });
  await hub.addRepo('tiny', {}, { renamedTo: 'acme/tiny-GGUF' });
});

afterAll(async () => {
  await hub.close();
});

const asking = async (where: string, token?: string): Promise<Reply> =>
  ask(hub.endpoint + where, token === undefined ? {} : { headers: bearer(token) });

function bearer(token: string): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

describe('errors are the Hub’s own', () => {
  const api = '/api/models/acme';
  test.each([
    ['unknown repo', `${api}/none`, undefined, 401, undefined, 'Invalid username or password.'],
    ['unknown repo', `${api}/none`, OTHER, 404, 'RepoNotFound', 'Repository not found'],
    ['unknown repo', '/acme/none/resolve/main/m.gguf', OTHER, 404, 'RepoNotFound', 'Repository'],
    ['private', `${api}/secret`, undefined, 401, undefined, 'Invalid username or password.'],
    ['private', `${api}/secret`, OTHER, 404, 'RepoNotFound', 'Repository not found'],
    ['private, granted', `${api}/secret`, GRANTED, 200, undefined, undefined],
    ['bad token', `${api}/tiny-GGUF`, 'hf_never', 401, undefined, 'Invalid credentials in'],
    ['gated in the API', `${api}/gated`, undefined, 200, undefined, undefined],
    ['gated tree', `${api}/gated/tree/main`, undefined, 200, undefined, undefined],
    ['gated file', '/acme/gated/resolve/main/m.gguf', undefined, 401, 'GatedRepo', 'Please log in'],
    ['gated file', '/acme/gated/resolve/main/m.gguf', OTHER, 403, 'GatedRepo', 'authorized list'],
    ['gated file, granted', '/acme/gated/resolve/main/m.gguf', GRANTED, 302, undefined, undefined],
    ['scope', '/acme/gated/resolve/main/m.gguf', SCOPELESS, 403, undefined, 'fine-grained'],
    ['disabled', `${api}/off`, undefined, 403, undefined, 'Access to this resource is disabled.'],
    ['disabled', '/acme/off/resolve/main/m.gguf', OTHER, 403, undefined, 'is disabled.'],
    ['revision', `${api}/tiny-GGUF/tree/no`, undefined, 404, 'RevisionNotFound', 'rev id: no'],
    ['revision', '/acme/tiny-GGUF/resolve/no/x', undefined, 404, 'RevisionNotFound', 'rev id: no'],
    ['file', '/acme/tiny-GGUF/resolve/main/x', undefined, 404, 'EntryNotFound', 'Entry not found'],
    ['folder', `${api}/tiny-GGUF/tree/main/x`, undefined, 404, 'EntryNotFound', 'does not exist'],
    ['whoami', '/api/whoami-v2', undefined, 401, undefined, 'Invalid username or password.'],
    ['unknown page', '/no/such/page', undefined, 404, undefined, undefined],
    ['bad cursor', '/api/models?cursor=x', undefined, 400, undefined, 'Invalid cursor'],
    ['bad sort', '/api/models?sort=x', undefined, 400, undefined, 'Invalid option'],
    ['bad expand', '/api/models?expand=x', undefined, 400, undefined, 'Invalid option'],
    ['bad encoding', '/acme/tiny-GGUF/resolve/main/%zz', undefined, 400, undefined, undefined],
  ])('%s at %s with token %s: %i %s', async (_case, where, token, status, code, message) => {
    const { headers, ...reply } = await asking(where, token);
    expect(reply.status).toBe(status);
    expect(headers['x-error-code']).toBe(code);
    if (message !== undefined) {
      expect(headers['x-error-message']).toContain(message);
      expect(reply.text).toContain(message);
    }
  });

  test('in JSON from the API, as text from resolve, with the rate limit and a request id', async () => {
    const api = await asking('/api/models/acme/none');
    const file = await asking('/acme/none/resolve/main/m.gguf');
    expect(JSON.parse(api.text)).toEqual({ error: 'Invalid username or password.' });
    expect(file.headers['content-type']).toContain('text/plain');
    expect(api.headers['ratelimit']).toMatch(/^"api";r=\d+;t=\d+$/u);
    expect(file.headers['ratelimit']).toMatch(/^"resolvers";r=\d+;t=\d+$/u);
    expect(file.headers['ratelimit-policy']).toMatch(/^"fixed window";"resolvers";q=\d+;w=300$/u);
    expect(file.headers['x-request-id']).toMatch(/^Root=1-/u);
  });

  test('a missing file names the commit that was looked in', async () => {
    const { headers } = await asking('/acme/tiny-GGUF/resolve/main/none.gguf');
    expect(headers['x-repo-commit']).toBe(COMMIT);
  });

  test('a used up quota is 429 with the time to wait', async () => {
    await using small = await startHub({ quota: { api: 1 } });
    expect((await ask(`${small.endpoint}/api/models`)).status).toBe(200);
    const refused = await ask(`${small.endpoint}/api/models`);
    expect(refused.status).toBe(429);
    expect(refused.headers['ratelimit']).toMatch(/^"api";r=0;t=(?:299|300)$/u);
  });
});

describe('moved repositories', () => {
  test.each([
    ['/api/models/acme/old-name', '/api/models/acme/tiny-GGUF'],
    ['/api/models/tiny', '/api/models/acme/tiny-GGUF'],
    [
      '/api/models/tiny/tree/main?recursive=true',
      '/api/models/acme/tiny-GGUF/tree/main?recursive=true',
    ],
    ['/api/models/Acme/Tiny-gguf/refs', '/api/models/acme/tiny-GGUF/refs'],
    ['/acme/old-name/resolve/main/a%20b.gguf', '/acme/tiny-GGUF/resolve/main/a%20b.gguf'],
    ['/tiny/resolve/main/config.json', '/acme/tiny-GGUF/resolve/main/config.json'],
  ])('%s is sent on to %s', async (from, to) => {
    const { status, headers } = await asking(from);
    expect([status, headers.location]).toEqual([307, to]);
  });
});

describe('resolve', () => {
  test('keeps small files of a gated repository back at the address of the cache, too', async () => {
    const files = { 'config.json': { content: '{}' } };
    const { sha } = await hub.addRepo('acme/gate', files, {
      gated: 'auto',
      tokensWithAccess: [GRANTED],
    });
    const where = `/api/resolve-cache/models/acme/gate/${sha}/config.json`;
    expect((await asking(where)).status).toBe(401);
    expect((await asking(where, GRANTED)).text).toBe('{}');
  });

  test('redirects Ollama by a 307', async () => {
    const where = `${hub.endpoint}/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf`;
    const { status } = await ask(where, { headers: { 'user-agent': 'ollama/0.20.0' } });
    expect(status).toBe(307);
  });

  test.each(['main', 'HEAD', COMMIT, 'v1', 'refs%2Fpr%2F1', 'refs%2Fheads%2Fmain'])(
    'finds a file at the revision %s',
    async (revision) => {
      const { headers } = await asking(`/acme/tiny-GGUF/resolve/${revision}/tiny-Q4_K_M.gguf`);
      expect(headers['x-repo-commit']).toBe(COMMIT);
    },
  );

  test.each(['GET', 'HEAD'])(
    'tells all about a large file on the redirect to %s',
    async (method) => {
      const where = `${hub.endpoint}/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf`;
      const { status, headers, body } = await ask(where, { method });
      expect(status).toBe(302);
      expect(headers).toMatchObject({
        'x-linked-size': '5000',
        'x-linked-etag': `"${createHash('sha256').update(MODEL).digest('hex')}"`,
        'accept-ranges': 'bytes',
      });
      expect(headers.location?.startsWith(`${hub.cdn}/`)).toBe(true);
      expect(body.length > 0).toBe(method === 'GET');
      expect(Number(headers['content-length'])).toBeGreaterThan(0);
    },
  );

  test('serves a small file itself, by a relative redirect, with its git oid as tag', async () => {
    const first = await asking('/acme/tiny-GGUF/resolve/main/config.json');
    expect(first.status).toBe(307);
    expect(first.headers.location).toMatch(/^\/api\/resolve-cache\/models\/acme\/tiny-GGUF\//u);
    const second = await asking(first.headers.location ?? '');
    expect(second.text).toBe('{"a":1}');
    const oid = createHash('sha1').update('blob 7\0{"a":1}').digest('hex');
    expect([first.headers['x-linked-etag'], second.headers.etag]).toEqual([`"${oid}"`, `"${oid}"`]);
  });
});

test('requests are recorded, and a token on the way to the second host is noticed', async () => {
  hub.clearRequests();
  const where = '/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf';
  const url = (await asking(where)).headers.location ?? '';
  const { body } = await ask(url, { headers: { range: 'bytes=0-9', 'user-agent': 'tester/1' } });
  expect(hub.requests).toMatchObject([
    {
      host: 'hub',
      method: 'GET',
      status: 302,
      subject: '/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf',
    },
    {
      host: 'cdn',
      status: 206,
      bytesSent: body.length,
      subject: '/acme/tiny-GGUF/tiny-Q4_K_M.gguf',
      headers: { range: 'bytes=0-9', 'user-agent': 'tester/1' },
    },
  ]);
  await ask(`${hub.endpoint}/api/models`, { headers: bearer(GRANTED) });
  expect(hub.tokenLeaks()).toEqual([]);

  await ask(url, { headers: bearer(GRANTED) });
  await ask(url, { headers: bearer('of-another-hub') });
  await ask(`${url}&token=${OTHER}`);
  await ask(url, { headers: { 'x-forwarded-token': OTHER } });
  expect(hub.tokenLeaks()).toHaveLength(4);
});
