import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { ask } from '../support/hub/ask.ts';
import { startHub } from '../support/hub/hub.ts';
import type { TestHub } from '../support/hub/hub.ts';

const MODEL = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

let hub: TestHub;

beforeAll(async () => {
  hub = await startHub();
  await hub.addRepo('acme/tiny-GGUF', { 'tiny-Q4_K_M.gguf': { content: MODEL } });
});

afterAll(async () => {
  await hub.close();
});

async function signedUrl(where = '/acme/tiny-GGUF/resolve/main/tiny-Q4_K_M.gguf'): Promise<string> {
  const { headers } = await ask(hub.endpoint + where);
  return headers.location ?? '';
}

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
