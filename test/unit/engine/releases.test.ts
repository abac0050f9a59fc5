import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type Releases, type Release, createReleases } from '../../../src/lib/engine/releases.ts';
import { caught } from '../../support/caught.ts';
import { quickHttp } from '../../support/quick-http.ts';
import {
  type AssetSource,
  type TestReleases,
  startReleases,
} from '../../support/releases/releases.ts';

const TOKEN = 'ghp_averysecrettoken';
const WANTED = { 'llama-bin-ubuntu-x64.tar.gz': { content: 'engine' } };
const OTHER = { 'llama-bin-macos-arm64.tar.gz': { content: 'engine' } };
type Assets = Readonly<Record<string, AssetSource>>;

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

function open(options: { token?: string; offline?: boolean } = {}): Releases {
  const { http } = quickHttp();
  const cacheFile = path.join(folder, 'releases.json');
  return createReleases({ http, baseUrl: server.baseUrl, cacheFile, ...options });
}

const forLinux = ({ assets }: Release): boolean =>
  assets.some(({ name, state }) => name.includes('ubuntu') && state === 'uploaded');
const anything = (): boolean => true;

/** Builds from the first number up, one newer than the other. */
async function publishBuilds(first: number, last: number, assets: Assets = OTHER): Promise<void> {
  for (let build = first; build <= last; build += 1) await server.publish(`b${build}`, assets);
}

const asked = (): string[] =>
  server.requests.map(
    ({ host, path, status }) => `${host} ${path.replace(/\?sp=.*$/u, '')} ${status}`,
  );

describe('the stable channel', () => {
  test('leads from the latest version over the file that names its build to the build', async () => {
    await server.publish('b11669', WANTED);
    await server.publishStable('v0.7.0', 'b11669');
    await server.publish('b11670', WANTED);
    const { release, skipped } = await open().newest('stable', forLinux, { signal });
    expect(release).toEqual({
      tag: 'b11669',
      build: 11669,
      stable: 'v0.7.0',
      publishedAt: new Date('2026-10-01T00:01:00Z'),
      assets: [
        {
          name: 'llama-bin-ubuntu-x64.tar.gz',
          size: 6,
          digest: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
          state: 'uploaded',
          url: `${server.web}/ggml-org/llama.cpp/releases/download/b11669/llama-bin-ubuntu-x64.tar.gz`,
        },
      ],
    });
    expect(skipped).toEqual([]);
  });

  test('goes on to the newest older build that has what is wanted, and says what it passed', async () => {
    await server.publish('b11660', WANTED);
    await server.publish('b11661', WANTED);
    await publishBuilds(11662, 11669);
    await server.publishStable('v0.7.0', 'b11669');
    await publishBuilds(11670, 11720, WANTED);
    const { release, skipped } = await open().newest('stable', forLinux, { signal });
    expect([release.tag, release.stable]).toEqual(['b11661', undefined]);
    expect(skipped).toEqual(
      [11669, 11668, 11667, 11666, 11665, 11664, 11663, 11662].map((n) => `b${n}`),
    );
  });

  test('passes over a build whose asset is still being uploaded', async () => {
    await server.publish('b11668', WANTED);
    await server.publish('b11669', {
      'llama-bin-ubuntu-x64.tar.gz': { content: 'engine', state: 'starter' },
    });
    await server.publishStable('v0.7.0', 'b11669');
    const { release, skipped } = await open().newest('stable', forLinux, { signal });
    expect([release.tag, skipped]).toEqual(['b11668', ['b11669']]);
  });

  test('takes the latest release itself when that is a build, as before August 2026', async () => {
    await server.publish('b10500', WANTED, { prerelease: false });
    const { release } = await open().newest('stable', anything, { signal });
    expect([release.tag, release.stable]).toEqual(['b10500', undefined]);
  });

  test('passes over a build that was withdrawn', async () => {
    await server.publish('b11668', WANTED);
    await server.publishStable('v0.7.0', 'b11669');
    const { release, skipped } = await open().newest('stable', anything, { signal });
    expect([release.tag, skipped]).toEqual(['b11668', ['b11669']]);
  });

  test.each([
    ['is not there yet', {}],
    ['is being uploaded', { 'nightly-tag.txt': { content: 'b11669', state: 'starter' } as const }],
  ])('takes the newest build while the file that names it %s', async (_name, assets) => {
    await server.publish('b11669', WANTED);
    await server.publish('v0.7.0', assets);
    const { release, skipped } = await open().newest('stable', anything, { signal });
    expect([release.tag, skipped]).toEqual(['b11669', ['v0.7.0']]);
  });

  test('takes the newest build of a mirror that has no stable release', async () => {
    await server.publish('b11669', WANTED);
    const { release } = await open().newest('stable', anything, { signal });
    expect(release.tag).toBe('b11669');
  });
});

describe('the nightly channel', () => {
  test('takes the newest build, whatever the order of the list', async () => {
    await server.publish('b11671', WANTED);
    await server.publish('b11670', WANTED);
    await server.publishStable('v0.7.0', 'b11670');
    const { release } = await open().newest('nightly', forLinux, { signal });
    expect(release.tag).toBe('b11671');
  });

  test('goes through the pages to the newest that has what is wanted', async () => {
    await server.publish('b11600', WANTED);
    await publishBuilds(11601, 11670);
    const { release, skipped } = await open().newest('nightly', forLinux, { signal });
    expect([release.tag, skipped.length, skipped[0]]).toEqual(['b11600', 70, 'b11670']);
    expect(asked()).toHaveLength(3);
  });

  test('ends the search after a hundred builds', async () => {
    await publishBuilds(11500, 11670);
    const error = await caught(open().newest('nightly', forLinux, { signal }));
    expect([error.code, error.exitCode]).toEqual(['RELEASE_NOT_FOUND', 3]);
    expect(error.message).toBe('100 releases, b11670 to b11571, lack what this machine needs');
    expect(error.hint).toContain('llamero update --backend cpu');
  });

  test('says so when there is one build that does not fit, or none at all', async () => {
    const none = await caught(open().newest('nightly', anything, { signal }));
    expect([none.code, none.hint]).toEqual([
      'RELEASE_NOT_FOUND',
      expect.stringContaining(server.baseUrl),
    ]);
    await server.publish('b11669', OTHER);
    const one = await caught(open().newest('nightly', forLinux, { signal }));
    expect(one.message).toBe('b11669 lacks what this machine needs');
  });
});

describe('a build by its number', () => {
  test('is that build', async () => {
    await publishBuilds(11504, 11506);
    expect((await open().tagged(11505, { signal })).tag).toBe('b11505');
  });

  test('that does not exist is not found', async () => {
    const error = await caught(open().tagged(1, { signal }));
    expect([error.code, error.exitCode]).toEqual(['RELEASE_NOT_FOUND', 3]);
    expect(error.message).toContain('b1');
    expect(error.hint).toContain('llamero update');
  });
});

describe('answers that were kept', () => {
  test('are asked for by their entity tag, across runs, and cost no quota', async () => {
    await server.publish('b11669', WANTED);
    await server.publishStable('v0.7.0', 'b11669');
    const first = await open({ token: TOKEN }).newest('stable', forLinux, { signal });
    server.clearRequests();
    const second = await open({ token: TOKEN }).newest('stable', forLinux, { signal });
    expect(second).toEqual(first);
    const root = '/repos/ggml-org/llama.cpp/releases';
    expect(asked().filter((line) => line.startsWith('api'))).toEqual([
      `api ${root}/latest 304`,
      `api ${root}/tags/b11669 304`,
    ]);
  });

  test('give way to newer ones', async () => {
    await server.publish('b11669', WANTED);
    const before = await open().newest('nightly', anything, { signal });
    await server.publish('b11670', WANTED);
    const after = await open().newest('nightly', anything, { signal });
    expect([before.release.tag, after.release.tag]).toEqual(['b11669', 'b11670']);
  });
});

test('the token goes to the API and to no other host', async () => {
  await server.publish('b11669', WANTED);
  await server.publishStable('v0.7.0', 'b11669');
  await open({ token: TOKEN }).newest('stable', anything, { signal });
  const authorizations = server.requests.map(({ headers, host }) => [host, headers.authorization]);
  expect(authorizations).toEqual([
    ['api', `Bearer ${TOKEN}`],
    ['web', undefined],
    ['storage', undefined],
    ['api', `Bearer ${TOKEN}`],
  ]);
  expect(server.tokenLeaks()).toEqual([]);
});

test('offline nothing is asked', async () => {
  const error = await caught(open({ offline: true }).newest('stable', anything, { signal }));
  expect([error.code, error.exitCode]).toEqual(['OFFLINE', 6]);
  expect(server.requests).toEqual([]);
});

test('an API that is down is a network error that names the way on', async () => {
  await server.goDown('api');
  const error = await caught(open().tagged(11669, { signal }));
  expect([error.code, error.exitCode]).toEqual(['NETWORK', 6]);
  expect(error.hint).toContain('LLAMERO_RELEASES_URL');
});

test('an aborted question ends', async () => {
  server.faults.add({ host: 'api' }, { kind: 'stall', afterBytes: 10 });
  await server.publish('b11669', WANTED);
  const abort = new AbortController();
  const question = caught(open().tagged(11669, { signal: abort.signal }));
  await server.waitForBytes('b11669', 10);
  abort.abort();
  expect((await question).code).toBe('INTERRUPTED');
});
