import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Release, createReleases } from '../../../src/lib/engine/releases.ts';
import type { HttpOptions } from '../../../src/lib/http/types.ts';
import { caught } from '../../support/caught.ts';
import { startLocalServer } from '../../support/local-server.ts';
import { quickHttp } from '../../support/quick-http.ts';
import { type TestReleases, startReleases } from '../../support/releases/releases.ts';

const TOKEN = 'ghp_averysecrettoken';
const NOW = Date.parse('2026-10-20T12:00:00Z');
const signal = new AbortController().signal;

let server: TestReleases;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-releases-'));
  server = await startReleases({ tokens: [TOKEN] });
});

afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true });
});

interface OpenOptions {
  readonly token?: string;
  readonly baseUrl?: string;
  readonly http?: Partial<HttpOptions>;
}

function open({ baseUrl = server.baseUrl, http, token }: OpenOptions = {}) {
  return createReleases({
    http: quickHttp({ now: () => NOW, ...http }).http,
    baseUrl,
    cacheFile: path.join(folder, 'releases.json'),
    now: () => NOW,
    ...(token === undefined ? {} : { token }),
  });
}

const anything = (): boolean => true;

/** What the client makes of a tag when the API answers this. */
async function onAnswer(
  body: unknown,
  status = 200,
  headers: Record<string, string> = {},
  token?: string,
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  server.faults.add({ host: 'api' }, { kind: 'answer', status, headers, body: text });
  return open(token === undefined ? {} : { token }).tagged(11669, { signal });
}

const ASSET = {
  name: 'engine.zip',
  size: 7,
  digest: `sha256:${'A'.repeat(64)}`,
  state: 'uploaded',
  browser_download_url: 'https://example.com/engine.zip',
};
const RELEASE = { tag_name: 'b11669', published_at: '2026-10-01T00:00:00Z', assets: [ASSET] };

describe('an answer that cannot be used is refused', () => {
  test.each([
    ['the login page of a network', '<!DOCTYPE html><p>Log in', /web page/u],
    ['cut JSON', '{"tag_name": "b116', /no JSON/u],
    ['nothing', '', /no JSON/u],
    ['null', null, /not as it should be/u],
    ['a list', [], /not as it should be/u],
    ['a release of no tag', { ...RELEASE, tag_name: 11669 }, /not as it should be/u],
    ['a tag that is a path', { ...RELEASE, tag_name: '../b11669' }, /not as it should be/u],
    ['assets that are no list', { ...RELEASE, assets: {} }, /not as it should be/u],
    ['another build than was asked for', { ...RELEASE, tag_name: 'b11668' }, /b11668/u],
    ['a draft', { ...RELEASE, draft: true }, /asked for b11669/u],
  ])('%s', async (_name, body, message) => {
    const error = await caught(onAnswer(body));
    expect([error.code, error.exitCode]).toEqual(['RELEASES_ANSWER', 6]);
    expect(error.message).toMatch(message);
    expect(error.hint).toBeDefined();
  });

  test.each(['{}', '[null]', '["b11669"]', '<html>'])('%s for a list', async (body) => {
    server.faults.add({ host: 'api' }, { kind: 'answer', status: 200, body });
    const error = await caught(open().newest('nightly', anything, { signal }));
    expect(error.code).toBe('RELEASES_ANSWER');
  });

  test('one that is too large', async () => {
    server.faults.add({ host: 'api' }, { kind: 'answer', status: 200, body: ' '.repeat(5000) });
    const error = await caught(open({ http: { bodyLimit: 4000 } }).tagged(1, { signal }));
    expect([error.code, error.message]).toEqual([
      'RELEASES_ANSWER',
      expect.stringContaining('larger than'),
    ]);
  });

  test('304 although nothing was kept', async () => {
    const error = await caught(onAnswer('', 304));
    expect(error.code).toBe('RELEASES_ANSWER');
  });
});

describe('an asset that cannot be used is left out', () => {
  test.each([
    ['a name that is a path', { name: '../../engine.zip' }],
    ['a name with a backslash', { name: String.raw`a\b.zip` }],
    ['a name with control characters', { name: 'engine\u001B[2J.zip' }],
    ['an empty name', { name: '' }],
    ['a size below nothing', { size: -1 }],
    ['a size that is a text', { size: '7' }],
    ['a size beyond all disks', { size: 1e15 }],
    ['a hash of another kind', { digest: `md5:${'a'.repeat(32)}` }],
    ['a hash that is too short', { digest: 'sha256:abcd' }],
    ['a state with control characters', { state: 'up\u0007loaded' }],
    ['no address', { browser_download_url: undefined }],
    ['an address on this disk', { browser_download_url: 'file:///etc/passwd' }],
    ['an address with a password', { browser_download_url: 'https://me:secret@example.com/x' }],
    ['an address without end', { browser_download_url: `https://e.com/${'x'.repeat(3000)}` }],
  ])('%s', async (_name, change) => {
    const { assets } = await onAnswer({ ...RELEASE, assets: [{ ...ASSET, ...change }, ASSET, 7] });
    expect(assets).toEqual([
      {
        name: 'engine.zip',
        size: 7,
        digest: 'a'.repeat(64),
        state: 'uploaded',
        url: ASSET.browser_download_url,
      },
    ]);
  });

  test.each([
    ['a hash', { digest: null }, 'digest'],
    ['a state, as mirrors do,', { state: undefined }, undefined],
  ])('but one without %s is not', async (_name, change, missing) => {
    const { assets } = await onAnswer({ ...RELEASE, assets: [{ ...ASSET, ...change }] });
    expect(assets).toHaveLength(1);
    expect('digest' in (assets[0] ?? {})).toBe(missing !== 'digest');
    expect(assets[0]?.state).toBe('uploaded');
  });
});

test('a date that is none, and fields that nobody knows, do no harm', async () => {
  const release = await onAnswer({ ...RELEASE, published_at: 'soon', body: '\u001B[2J' });
  expect(Object.keys(release).sort()).toEqual(['assets', 'build', 'tag']);
});

test('releases of other tags in the list are no builds', async () => {
  await server.publish('b11669', {});
  for (const tag of ['nightly', 'b', 'b12x', 'gguf-v0.1.0']) await server.publish(tag, {});
  const seen: string[] = [];
  const accept = ({ tag }: Release): boolean => seen.push(tag) < 0;
  await caught(open().newest('nightly', accept, { signal }));
  expect(seen).toEqual(['b11669']);
});

test('a mirror that answers every page with the same list does not make the search endless', async () => {
  const list = JSON.stringify([RELEASE]);
  const fault = server.faults.add({ host: 'api' }, { kind: 'answer', status: 200, body: list });
  const error = await caught(open().newest('nightly', () => false, { signal }));
  expect([error.code, fault.hits]).toEqual(['RELEASE_NOT_FOUND', 2]);
});

describe('the file that names the stable build', () => {
  async function named(content: string, change: { size?: number; digest?: string | null } = {}) {
    await server.publish('b11669', {});
    await server.publish('v0.7.0', { 'nightly-tag.txt': { content, ...change } });
    return caught(open().newest('stable', anything, { signal }));
  }

  test.each([
    'v0.7.0',
    '11669',
    'b11669/../../latest',
    'b11669\nb11670',
    'b11669\u001B[2J',
    'b',
    '',
    '<html>',
  ])('is refused when it says %j', async (content) => {
    const error = await named(content);
    expect([error.code, error.message]).toEqual([
      'RELEASES_ANSWER',
      expect.stringContaining('names no build'),
    ]);
  });

  test.each([
    ['by its size', {}],
    ['by what comes', { size: 7 }],
  ])('is refused when it is too large %s', async (_name, change) => {
    const error = await named(`b11669${' '.repeat(100)}`, change);
    expect(error.code).toBe('RELEASES_ANSWER');
  });

  test('is refused when its hash is another', async () => {
    const error = await named('b11669', { digest: `sha256:${'0'.repeat(64)}` });
    expect([error.code, error.exitCode]).toEqual(['HASH_MISMATCH', 8]);
  });

  test('fails by its own host when that refuses', async () => {
    server.faults.add({ host: 'storage' }, { kind: 'answer', status: 403 });
    const error = await named('b11669');
    expect([error.code, error.message]).toEqual([
      'FORBIDDEN',
      expect.stringContaining(new URL(server.storage).host),
    ]);
  });
});

describe('a limit of requests', () => {
  const reset = String(NOW / 1000 + 42 * 60);

  test.each([
    [
      '403 and when the hour ends',
      403,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    ],
    [
      '429 and when the hour ends',
      429,
      { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset },
    ],
    ['403 and Retry-After', 403, { 'retry-after': '2520' }],
    ['429 and Retry-After', 429, { 'retry-after': '2520' }],
  ])('told by %s is explained with its end', async (_name, status, headers) => {
    const error = await caught(onAnswer({ message: 'API rate limit exceeded' }, status, headers));
    expect([error.code, error.exitCode]).toEqual(['RATE_LIMITED', 6]);
    expect(error.message).toContain('may be asked again in 42 min 00 s');
    expect(error.hint).toContain('GH_TOKEN');
  });

  test('of no known end is told as such', async () => {
    const message = 'You have exceeded a secondary rate limit.';
    const error = await caught(onAnswer({ message }, 403));
    expect([error.code, error.message]).toEqual([
      'RATE_LIMITED',
      expect.stringContaining('asked again later'),
    ]);
  });

  test('that is met with a token is not said to need one', async () => {
    const headers = { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset };
    const error = await caught(onAnswer({}, 403, headers, TOKEN));
    expect(error.hint).not.toContain('GH_TOKEN');
  });

  test('is met as the API really counts', async () => {
    await using strict = await startReleases({ anonymousLimit: 1 });
    await strict.publish('b11669', {});
    const releases = open({ baseUrl: strict.baseUrl });
    await releases.tagged(11669, { signal });
    const error = await caught(releases.tagged(11669, { signal }));
    expect(error.code).toBe('RATE_LIMITED');
  });
});

describe('a refusal', () => {
  test('of the token says where it came from, and how to go on without', async () => {
    const error = await caught(open({ token: 'ghp_unknown' }).tagged(1, { signal }));
    expect([error.code, error.exitCode]).toEqual(['TOKEN_REFUSED', 5]);
    expect(error.hint).toContain('unset GH_TOKEN GITHUB_TOKEN');
  });

  test.each([
    [403, 'FORBIDDEN'],
    [401, 'FORBIDDEN'],
    [451, 'RELEASES_ANSWER'],
    [503, 'RELEASES_ANSWER'],
  ])('with %i quotes what the server says', async (status, code) => {
    const error = await caught(onAnswer({ message: 'Not\u001B[2J now' }, status));
    expect(error.code).toBe(code);
    expect(error.message).toContain('Not[2J now');
    expect(error.hint).toBeDefined();
  });

  test('never shows the token that the server sends back', async () => {
    const error = await caught(onAnswer({ message: `no ${TOKEN}` }, 403, {}, TOKEN));
    expect(error.message).toContain('no [redacted]');
    expect(JSON.stringify([error.message, error.hint])).not.toContain(TOKEN);
  });
});

test('a redirect to another host is followed without the token', async () => {
  await using elsewhere = await startLocalServer((_request, response) => {
    response.end(JSON.stringify(RELEASE));
  });
  const release = await onAnswer('', 302, { location: `${elsewhere.origin}/b11669` }, TOKEN);
  expect(release.tag).toBe('b11669');
  expect(elsewhere.seen.map(({ headers }) => headers.authorization)).toEqual([undefined]);
});

test('a token that no header can carry is refused before it is sent or shown', () => {
  const make = () => open({ token: 'ghp_two words' });
  expect(make).toThrow(/is no token/u);
  expect(make).not.toThrow(/two words/u);
});

test.each([
  'ftp://example.com/x',
  'example.com',
  'https://me:secret@example.com/repos',
  'https://example.com/repos?token=secret',
])('%s is no address of releases', (baseUrl) => {
  const make = () => open({ baseUrl });
  expect(make).toThrow(/LLAMERO_RELEASES_URL/u);
  expect(make).not.toThrow(/secret/u);
});

test('the answers on disk hold neither token nor signed URL', async () => {
  await server.publish('b11669', { 'engine.zip': { content: 'engine' } });
  await server.publishStable('v0.7.0', 'b11669');
  await open({ token: TOKEN }).newest('stable', anything, { signal });
  const text = await readFile(path.join(folder, 'releases.json'), 'utf8');
  expect(text).toContain('b11669');
  expect(text).not.toMatch(/ghp_|sig=/u);
});
