import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { downloadFile } from '../../../src/lib/download/download.ts';
import { partialOf } from '../../../src/lib/download/journal.ts';
import type { DownloadEvent } from '../../../src/lib/download/types.ts';
import { createHttp } from '../../../src/lib/http/http.ts';
import type { Http } from '../../../src/lib/http/types.ts';
import { createHub } from '../../../src/lib/hub/hub.ts';
import { type Fault, startHub, type TestHub } from '../../support/hub/hub.ts';

const REPO = 'llama/plain';
const FILE = 'model-Q4_K_M.gguf';
const SIZE = 5_000_000;

// Noise that every run makes alike, so that a byte out of place shows.
const content = Buffer.alloc(SIZE);
for (let index = 0, state = 1; index < SIZE; index += 1) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  content[index] = state >>> 24;
}
const sha256 = createHash('sha256').update(content).digest('hex');

let hub: TestHub;
let http: Http;
let folder: string;
let target: string;
let events: DownloadEvent[];

beforeEach(async () => {
  hub = await startHub();
  http = createHttp({ version: '0.0.0', environment: {} });
  await hub.addRepo(REPO, { [FILE]: { content } });
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-download-'));
  target = path.join(folder, 'Q4_K_M.gguf');
  events = [];
});

afterEach(async () => {
  http.close();
  await hub.close();
  await rm(folder, { recursive: true, force: true });
});

async function download(signal = new AbortController().signal, wanted = sha256) {
  const client = createHub({ http, endpoint: hub.endpoint });
  const { commit } = await client.model(REPO);
  return downloadFile({
    target,
    identity: { source: `${hub.endpoint}/${REPO}@${commit}/${FILE}`, size: SIZE, sha256: wanted },
    locate: () => client.resolve(REPO, commit, FILE),
    http,
    signal,
    onEvent: (event) => events.push(event),
    patience: { stallSeconds: 0.5, firstWaitSeconds: 0.02, longestWaitSeconds: 0.05, attempts: 4 },
  });
}

function bytesOfCdn(): number {
  return hub.requests
    .filter(({ host }) => host === 'cdn')
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

async function left(): Promise<{ final: boolean; partial: number | undefined }> {
  const size = async (file: string): Promise<number | undefined> =>
    stat(file).then(
      (figures) => figures.size,
      () => undefined,
    );
  return {
    final: (await size(target)) !== undefined,
    partial: await size(partialOf(target).data),
  };
}

test('a file arrives byte for byte, without a trace of its unfinished form', async () => {
  const result = await download();
  expect(result).toEqual({ fetched: SIZE, sha256 });
  expect((await readFile(target)).equals(content)).toBe(true);
  expect(await left()).toEqual({ final: true, partial: undefined });
  expect(hub.tokenLeaks()).toEqual([]);
});

test('every request for data is a closed range', async () => {
  await download();
  const ranges = hub.requests
    .filter(({ host }) => host === 'cdn')
    .map(({ headers }) => headers.range);
  expect(ranges.length).toBeGreaterThan(0);
  for (const range of ranges) expect(range).toMatch(/^bytes=\d+-\d+$/u);
});

describe('faults that pass', () => {
  const passing: readonly (readonly [string, Fault, times: number])[] = [
    ['a reset in mid-body', { kind: 'reset', afterBytes: 1_200_000 }, 3],
    ['a reset before the headers', { kind: 'reset' }, 2],
    ['a body that ends early', { kind: 'end', afterBytes: 700_000 }, 3],
    ['a stall', { kind: 'stall', afterBytes: 900_000 }, 1],
    ['500', { kind: 'answer', status: 500 }, 2],
    ['502', { kind: 'answer', status: 502, body: '<html>bad gateway</html>' }, 2],
    ['503', { kind: 'answer', status: 503 }, 2],
    ['504', { kind: 'answer', status: 504 }, 2],
    ['an expired signature', { kind: 'answer', status: 403, body: 'Request has expired' }, 1],
    ['429 with RateLimit', { kind: 'rate-limit', seconds: 0, header: 'ratelimit' }, 1],
    ['429 with Retry-After', { kind: 'rate-limit', seconds: 1, header: 'retry-after' }, 1],
    ['a wrong Content-Range', { kind: 'content-range', value: `bytes 1-99/${SIZE}` }, 1],
    ['a compressed body', { kind: 'gzip' }, 1],
    ['200 to a range', { kind: 'ignore-range' }, 1],
    ['one flipped byte', { kind: 'flip', offset: 2_000_000 }, 1],
  ];

  test.each(passing)('%s', async (_name, fault, times) => {
    const handle = hub.faults.add({ host: 'cdn', times }, fault);
    await download();
    expect(handle.hits).toBe(times);
    expect((await readFile(target)).equals(content)).toBe(true);
  });
});

describe('faults that stay', () => {
  const lasting: readonly (readonly [string, Fault, code: string, partialKept: boolean])[] = [
    ['a server that always resets', { kind: 'reset', afterBytes: 100_000 }, 'NETWORK', true],
    ['500 for ever', { kind: 'answer', status: 500 }, 'NETWORK', true],
    ['a fresh URL that is refused', { kind: 'answer', status: 403, body: 'no' }, 'FORBIDDEN', true],
    ['404', { kind: 'answer', status: 404 }, 'FILE_NOT_FOUND', true],
    ['416', { kind: 'answer', status: 416 }, 'NETWORK', true],
    ['a wait longer than we wait', { kind: 'rate-limit', seconds: 9000 }, 'RATE_LIMITED', true],
    ['a compressed body', { kind: 'gzip' }, 'NETWORK', true],
    ['a wrong Content-Range', { kind: 'content-range', value: 'bytes 7-8/9' }, 'NETWORK', true],
    ['a flipped byte', { kind: 'flip', offset: 4_999_999 }, 'HASH_MISMATCH', false],
  ];

  test.each(lasting)('%s', async (_name, fault, code, partialKept) => {
    hub.faults.add({ host: 'cdn' }, fault);
    await expect(download()).rejects.toMatchObject({ code });
    const { final, partial } = await left();
    expect(final).toBe(false);
    expect(partial !== undefined).toBe(partialKept);
  });
});

test('a refusal is told in the server’s own words, cleaned, without the signed URL', async () => {
  const body = '<p>\u001B[31mAuth failed: invalid range</p>';
  hub.faults.add({ host: 'cdn' }, { kind: 'answer', status: 403, body });
  const error: unknown = await download().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'FORBIDDEN' });
  const text = String(error);
  expect(text).toContain('Auth failed: invalid range');
  expect(text).not.toContain('\u001B');
  expect(text).not.toContain('Signature');
});

describe('going on', () => {
  async function interrupt(afterBytes: number): Promise<void> {
    const handle = hub.faults.add({ host: 'cdn' }, { kind: 'reset', afterBytes });
    await expect(download()).rejects.toMatchObject({ code: 'NETWORK' });
    handle.remove();
    hub.clearRequests();
  }

  test('asks for the missing bytes alone', async () => {
    await interrupt(400_000);
    const { partial = 0 } = await left();
    expect(partial).toBeGreaterThan(400_000);
    const { fetched } = await download();
    expect(fetched).toBe(SIZE - partial);
    expect(bytesOfCdn()).toBe(SIZE - partial);
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  test('a whole but unverified file is verified without a request for data', async () => {
    await interrupt(400_000);
    await writeFile(partialOf(target).data, content);
    expect(await download()).toMatchObject({ fetched: 0 });
    expect(bytesOfCdn()).toBe(0);
  });

  test.each([
    ['cut short', '{"version":1,"sour'],
    ['of another file', JSON.stringify({ version: 1, source: 'x', size: SIZE, sha256: 'ab' })],
    ['missing', undefined],
  ])('a journal that is %s is not believed', async (_name, journal) => {
    await interrupt(400_000);
    if (journal === undefined) await rm(partialOf(target).journal);
    else await writeFile(partialOf(target).journal, journal);
    expect(await download()).toMatchObject({ fetched: SIZE, sha256 });
  });

  test('a partial file shortened by hand is continued from its end', async () => {
    await interrupt(400_000);
    await truncate(partialOf(target).data, 123_457);
    expect(await download()).toMatchObject({ fetched: SIZE - 123_457, sha256 });
  });

  test('a partial file with wrong bytes in it is fetched anew', async () => {
    await interrupt(400_000);
    const { partial = 0 } = await left();
    await writeFile(partialOf(target).data, Buffer.alloc(partial, 7));
    expect(await download()).toMatchObject({ fetched: SIZE - partial + SIZE, sha256 });
    expect(events.some(({ type }) => type === 'restart')).toBe(true);
  });

  test('an entity tag that changed restarts the file', async () => {
    await interrupt(400_000);
    hub.faults.add({ host: 'cdn' }, { kind: 'etag', value: '"another"' });
    await download();
    expect((await readFile(target)).equals(content)).toBe(true);
  });

  test('an abort keeps what is there', async () => {
    hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 2_000_000 });
    const controller = new AbortController();
    const running = download(controller.signal);
    await hub.waitForBytes(FILE, 1_500_000, { host: 'cdn' });
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { final, partial = 0 } = await left();
    expect(final).toBe(false);
    expect(partial).toBeGreaterThan(0);
  });
});

test('progress never goes back unless the file is begun anew', async () => {
  hub.faults.add({ host: 'cdn', times: 3 }, { kind: 'reset', afterBytes: 1_100_000 });
  await download();
  const received = events.flatMap((event) => (event.type === 'progress' ? [event.received] : []));
  expect(received.length).toBeGreaterThan(2);
  expect(received).toEqual(received.toSorted((one, other) => one - other));
  expect(received.at(-1)).toBe(SIZE);
});
