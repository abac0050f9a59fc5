import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
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

async function signedUrl(where = '/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf'): Promise<string> {
  const { headers } = await asking(where);
  return headers.location ?? '';
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

describe('the second host', () => {
  test('serves the content, with a strong tag that is not the sha256', async () => {
    const { status, headers, body } = await ask(await signedUrl());
    expect(status).toBe(200);
    expect(body.equals(MODEL)).toBe(true);
    expect(headers.etag).toMatch(/^"[0-9a-f]{64}"$/u);
    expect(headers.etag).not.toContain(createHash('sha256').update(MODEL).digest('hex'));
  });

  test.each([
    ['no signature', (url: string) => url.replace(/&Signature=[^&]*/u, '')],
    ['no query', (url: string) => url.replace(/\?.*/u, '')],
    ['a wrong signature', (url: string) => url.replace(/Signature=../u, 'Signature=zz')],
    ['a later expiry', (url: string) => url.replace(/Expires=\d+/u, 'Expires=99999999999')],
    [
      'another object',
      (url: string) => url.replace(/(.)\?/u, (_, last) => (last === '0' ? '1?' : '0?')),
    ],
  ])('answers 403 to %s', async (_case, spoil) => {
    const url = spoil(await signedUrl());
    expect((await ask(url)).status).toBe(403);
    expect((await ask(url, { method: 'HEAD' })).status).toBe(403);
  });

  test('answers 403 once the time of the signature is over, or it was revoked', async () => {
    await using brief = await startHub({ signedUrlSeconds: 0 });
    await brief.addRepo('a/b', { 'm.gguf': { content: 'x' } });
    const late = await ask(`${brief.endpoint}/a/b/resolve/main/m.gguf`);
    expect((await ask(late.headers.location ?? '')).text).toContain('expired');

    const url = await signedUrl();
    hub.revokeSignedUrls();
    expect((await ask(url)).status).toBe(403);
    expect((await ask(await signedUrl())).status).toBe(200);
  });

  test('accepts a query that the client encoded in its own way', async () => {
    const url = (await signedUrl()).replaceAll('%3B', ';').replaceAll('+', '%20');
    expect((await ask(url)).status).toBe(200);
  });

  test.each([
    ['bytes=0-0', 0, 1],
    ['bytes=10-19', 10, 20],
    ['bytes=4990-', 4990, 5000],
    ['bytes=4990-9999999', 4990, 5000],
    ['bytes=-7', 4993, 5000],
    ['bytes=-9999999', 0, 5000],
    ['bytes=0-', 0, 5000],
  ])('answers 206 to %s', async (range, start, end) => {
    const { status, headers, body } = await ask(await signedUrl(), { headers: { range } });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/5000`);
    expect(headers['content-length']).toBe(String(end - start));
    expect(body.equals(MODEL.subarray(start, end))).toBe(true);
  });

  test('gives every part of a file exactly, whatever the range', async () => {
    const url = await signedUrl();
    await fc.assert(
      fc.asyncProperty(fc.nat(4999), fc.nat(4999), async (a, b) => {
        const [first, last] = [Math.min(a, b), Math.max(a, b)];
        const { status, body } = await ask(url, { headers: { range: `bytes=${first}-${last}` } });
        expect(status).toBe(206);
        expect(body.equals(MODEL.subarray(first, last + 1))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test.each(['bytes=5000-', 'bytes=5000-6000', 'bytes=-0'])('answers 416 to %s', async (range) => {
    const { status, headers } = await ask(await signedUrl(), { headers: { range } });
    expect([status, headers['content-range']]).toEqual([416, 'bytes */5000']);
  });

  test.each(['bytes=20-10', 'bytes=0-1,5-6', 'lines=0-1', 'bytes=-', 'bytes=a-b'])(
    'ignores %s, which is no range it knows',
    async (range) => {
      expect((await ask(await signedUrl(), { headers: { range } })).status).toBe(200);
    },
  );

  test('gives a part only while the file is the one that If-Range names', async () => {
    const url = await signedUrl();
    const { headers } = await ask(url, { method: 'HEAD' });
    const asked = async (ifRange: string): Promise<number> =>
      (await ask(url, { headers: { range: 'bytes=0-9', 'if-range': ifRange } })).status;
    expect(await asked(headers.etag ?? '')).toBe(206);
    expect(await asked('"another"')).toBe(200);
    expect(await asked(`W/${headers.etag}`)).toBe(200);
  });

  test('answers a HEAD with the length of the whole and no body', async () => {
    const { status, headers, body } = await ask(await signedUrl(), {
      method: 'HEAD',
      headers: { range: 'bytes=0-9' },
    });
    expect([status, headers['content-length'], body.length]).toEqual([200, '5000', 0]);
  });

  test('refuses to send a file above the limit without a range', async () => {
    await using strict = await startHub({ rangelessLimit: 4999 });
    await strict.addRepo('a/b', { 'm.gguf': { content: MODEL } });
    const { headers } = await ask(`${strict.endpoint}/a/b/resolve/main/m.gguf`);
    const url = headers.location ?? '';
    expect((await ask(url)).status).toBe(400);
    expect((await ask(url, { method: 'HEAD' })).status).toBe(200);
    expect((await ask(url, { headers: { range: 'bytes=0-' } })).status).toBe(206);
  });

  test('streams a file from disk', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'hub-'));
    try {
      const file = path.join(folder, 'big.bin');
      const content = Buffer.alloc(3_000_001, 'llama');
      await writeFile(file, content);
      const repo = await hub.addRepo('acme/disk', { 'big.gguf': { file } });
      const digest = createHash('sha256').update(content).digest('hex');
      expect(repo.files.get('big.gguf')).toMatchObject({ size: 3_000_001, sha256: digest });
      const whole = await ask(await signedUrl('/acme/disk/resolve/main/big.gguf'));
      expect(whole.body.equals(content)).toBe(true);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

test('requests are recorded, and a token on the way to the second host is noticed', async () => {
  hub.clearRequests();
  const url = await signedUrl();
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
  await ask(`${url}&token=${OTHER}`);
  await ask(url, { headers: { 'x-forwarded-token': OTHER } });
  expect(hub.tokenLeaks()).toHaveLength(3);
});
