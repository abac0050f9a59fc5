import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ask } from '../../support/hub/ask.ts';
import { type TestReleases, startReleases } from '../../support/releases/releases.ts';

// Whether the server of the tests does what GitHub does.

const TOKEN = 'ghp_servertoken';
const ENGINE = Buffer.from(Array.from({ length: 5000 }, (_, index) => index % 251));

let releases: TestReleases;

beforeEach(async () => {
  releases = await startReleases({ tokens: [TOKEN], anonymousLimit: 5 });
  await releases.publish('b11668', { 'engine.zip': { content: 'old' } });
  await releases.publish('b11669', {
    'engine.tar.gz': { content: ENGINE },
    'unfinished.zip': { content: 'x', state: 'starter', digest: null },
  });
  await releases.publishStable('v0.7.0', 'b11669');
  await releases.publish('b11670', { 'engine.tar.gz': { content: 'new' } });
  await releases.publish('b11671', {}, { draft: true });
});

afterEach(async () => {
  await releases.close();
});

interface ToldRelease {
  readonly tag_name: string;
  readonly prerelease: boolean;
  readonly assets: readonly {
    readonly name: string;
    readonly state: string;
    readonly size: number;
    readonly digest: string | null;
    readonly browser_download_url: string;
  }[];
}

async function told(path: string, headers: Record<string, string> = {}) {
  const reply = await ask(releases.baseUrl + path, { headers });
  return { ...reply, json: (): unknown => JSON.parse(reply.text) };
}

async function list(query: string): Promise<string[]> {
  const reply = await told(`/releases?${query}`, { authorization: `Bearer ${TOKEN}` });
  return (reply.json() as ToldRelease[]).map((release) => release.tag_name);
}

test('the latest release is the newest that is no prerelease', async () => {
  const latest = (await told('/releases/latest')).json() as ToldRelease;
  expect([latest.tag_name, latest.prerelease]).toEqual(['v0.7.0', false]);
  expect(latest.assets.map((asset) => asset.name)).toEqual(['nightly-tag.txt']);
});

test('without any stable release there is no latest', async () => {
  releases.withdraw('v0.7.0');
  const reply = await told('/releases/latest');
  expect([reply.status, reply.json()]).toEqual([
    404,
    expect.objectContaining({ message: 'Not Found' }),
  ]);
});

test('a tag is found, an unknown one and a draft are not', async () => {
  const found = (await told('/releases/tags/b11669')).json() as ToldRelease;
  expect(found.assets.map(({ digest, name, size, state }) => [name, state, size, digest])).toEqual([
    ['engine.tar.gz', 'uploaded', 5000, expect.stringMatching(/^sha256:[0-9a-f]{64}$/u)],
    ['unfinished.zip', 'starter', 1, null],
  ]);
  expect((await told('/releases/tags/b1')).status).toBe(404);
  expect((await told('/releases/tags/b11671')).status).toBe(404);
});

test('the list shows the newest first, in pages that link to each other', async () => {
  expect(await list('')).toEqual(['b11670', 'v0.7.0', 'b11669', 'b11668']);
  expect(await list('per_page=3&page=2')).toEqual(['b11668']);
  expect(await list('per_page=3&page=9')).toEqual([]);
  const { headers } = await told('/releases?per_page=3');
  const next = /<([^>]+)>; rel="next"/u.exec(String(headers['link']))?.[1];
  expect(next).toBe(`${releases.baseUrl}/releases?per_page=3&page=2`);
});

describe('the limit of requests', () => {
  test('is told with every answer, and 403 says when it ends', async () => {
    const before = Math.floor(Date.now() / 1000);
    const first = await told('/releases/latest');
    expect(first.headers).toMatchObject({
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '4',
    });
    for (let count = 2; count <= 5; count += 1) await told('/releases/latest');
    const refused = await told('/releases/latest');
    expect([refused.status, refused.headers['x-ratelimit-remaining']]).toEqual([403, '0']);
    expect(refused.text).toContain('API rate limit exceeded');
    const reset = Number(refused.headers['x-ratelimit-reset']);
    expect(reset - before).toBeGreaterThan(3590);
    expect(reset - before).toBeLessThan(3610);
  });

  test('is higher with a token; a token that nobody knows is refused', async () => {
    const known = await told('/releases', { authorization: `Bearer ${TOKEN}` });
    expect(known.headers['x-ratelimit-limit']).toBe('5000');
    const unknown = await told('/releases', { authorization: 'Bearer ghp_other' });
    expect([unknown.status, unknown.text]).toEqual([401, expect.stringContaining('Bad cred')]);
  });

  test('a 304 is free with a token and counted without one', async () => {
    const authorization = `Bearer ${TOKEN}`;
    const first = await told('/releases', { authorization });
    const tag = { 'if-none-match': String(first.headers.etag) };
    const again = await told('/releases', { authorization, ...tag });
    expect([again.status, again.body.length, again.headers['x-ratelimit-used']]).toEqual([
      304,
      0,
      '1',
    ]);
    const stranger = await told('/releases', tag);
    expect([stranger.status, stranger.headers['x-ratelimit-used']]).toEqual([304, '1']);
  });

  test('another release makes another entity tag', async () => {
    const first = await told('/releases/latest');
    await releases.publishStable('v0.8.0', 'b11670');
    const again = await told('/releases/latest', { 'if-none-match': String(first.headers.etag) });
    expect(again.status).toBe(200);
  });
});

describe('a file', () => {
  async function location(): Promise<string> {
    const reply = await ask(
      `${releases.web}/ggml-org/llama.cpp/releases/download/b11669/engine.tar.gz`,
    );
    expect(reply.status).toBe(302);
    return String(reply.headers.location);
  }

  test('lies on another host, behind a signature', async () => {
    const url = await location();
    expect(new URL(url).origin).toBe(releases.storage);
    expect((await ask(url)).body).toEqual(ENGINE);
    expect((await ask(url.replace(/sig=[^&]{4}/u, 'sig=AAAA'))).status).toBe(403);
    expect((await ask(url.replace(/rsct=[^&]*/u, 'rsct=text%2Fhtml'))).status).toBe(403);
    releases.revokeSignedUrls();
    expect((await ask(url)).status).toBe(403);
  });

  test('is served in parts', async () => {
    const reply = await ask(await location(), { headers: { range: 'bytes=4990-' } });
    expect([reply.status, reply.headers['content-range']]).toEqual([206, 'bytes 4990-4999/5000']);
    expect(reply.body).toEqual(ENGINE.subarray(4990));
  });

  test('that is not there is 404', async () => {
    const path = '/ggml-org/llama.cpp/releases/download/b11669/other.zip';
    expect((await ask(releases.web + path)).status).toBe(404);
  });

  test('can be cut, and the cut strikes by tag and name', async () => {
    releases.faults.add(
      { host: 'storage', path: '/b11669/engine' },
      { kind: 'end', afterBytes: 100 },
    );
    const reply = await ask(await location());
    expect([reply.body.length, reply.cutBy]).toEqual([100, expect.any(String)]);
  });
});

test('a host that is down refuses connections, and comes back on its port', async () => {
  await releases.goDown('api');
  await expect(told('/releases')).rejects.toThrow(/ECONNREFUSED/u);
  await releases.comeUp('api');
  expect((await told('/releases')).status).toBe(200);
});
