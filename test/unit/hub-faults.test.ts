import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';

import { ask } from '../support/hub/ask.ts';
import type { Reply } from '../support/hub/ask.ts';
import { startHub } from '../support/hub/hub.ts';
import type { Fault, TestHub } from '../support/hub/hub.ts';

const CONTENT = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index % 253));
const FILE = '/a/b/resolve/main/m.gguf';

let hub: TestHub;
let url: string;

beforeAll(async () => {
  hub = await startHub();
  await hub.addRepo('a/b', { 'm.gguf': { content: CONTENT }, 'n.gguf': { content: 'n' } });
  url = (await ask(hub.endpoint + FILE)).headers.location ?? '';
});

afterEach(() => {
  hub.faults.clear();
});

afterAll(async () => {
  await hub.close();
});

async function struckBy(fault: Fault, headers: Record<string, string> = {}): Promise<Reply> {
  hub.faults.add({ host: 'cdn', path: 'm.gguf', times: 1 }, fault);
  return ask(url, { headers });
}

describe('a fault on demand', () => {
  test.each([500, 502, 503, 504, 403, 429, 200])('answers %i instead', async (status) => {
    const reply = await struckBy({
      kind: 'answer',
      status,
      headers: { 'retry-after': '7' },
      body: 'sorry',
    });
    expect(reply).toMatchObject({ status, text: 'sorry', headers: { 'retry-after': '7' } });
    expect((await ask(url)).body.equals(CONTENT)).toBe(true);
  });

  test('limits the rate in the Hub’s way and in that of proxies', async () => {
    hub.faults.add({ host: 'hub', times: 1 }, { kind: 'rate-limit', seconds: 172 });
    const own = await ask(hub.endpoint + FILE);
    expect(own.status).toBe(429);
    expect(own.headers['ratelimit']).toBe('"resolvers";r=0;t=172');
    expect(own.headers['retry-after']).toBeUndefined();

    const header = 'retry-after';
    hub.faults.add({ host: 'hub', times: 1 }, { kind: 'rate-limit', seconds: 3, header });
    const proxy = await ask(hub.endpoint + FILE);
    expect([proxy.status, proxy.headers['retry-after']]).toEqual([429, '3']);
  });

  test('resets the connection before the headers', async () => {
    await expect(struckBy({ kind: 'reset' })).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('resets the connection in mid-body', async () => {
    const reply = await struckBy({ kind: 'reset', afterBytes: 50_000 });
    expect(reply.status).toBe(200);
    expect(reply.cutBy).toBe('ECONNRESET');
    expect(reply.body.equals(CONTENT.subarray(0, 50_000))).toBe(true);
    expect(hub.requests.at(-1)?.bytesSent).toBe(50_000);
    await expect.poll(() => hub.requests.at(-1)?.ended).toBe(true);
  });

  test('closes the connection in order after exactly so many bytes', async () => {
    const reply = await struckBy({ kind: 'end', afterBytes: 50_000 });
    expect(reply.headers['content-length']).toBe('200000');
    expect(reply.body.equals(CONTENT.subarray(0, 50_000))).toBe(true);
    expect(reply.cutBy).toBeDefined();
  });

  test('counts the bytes of the answer, not of the file', async () => {
    const range = 'bytes=100000-';
    const reply = await struckBy({ kind: 'end', afterBytes: 10 }, { range });
    expect(reply.body.equals(CONTENT.subarray(100_000, 100_010))).toBe(true);
  });

  test('stalls for a time and goes on', async () => {
    const startedAt = performance.now();
    const reply = await struckBy({ kind: 'stall', afterBytes: 1000, seconds: 0.2 });
    expect(performance.now() - startedAt).toBeGreaterThan(180);
    expect(reply.body.equals(CONTENT)).toBe(true);
  });

  test('stalls until the client goes away', async () => {
    hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 1000 });
    hub.clearRequests();
    const call = new AbortController();
    const body = fetch(url, { signal: call.signal }).then(async (reply) => reply.arrayBuffer());
    const failed = expect(body).rejects.toThrow('aborted');
    await hub.waitForBytes('m.gguf', 1000);
    expect(hub.requests).toMatchObject([{ bytesSent: 1000, ended: false }]);
    call.abort();
    await failed;
    await expect.poll(() => hub.requests[0]?.ended).toBe(true);
  });

  test('throttles', async () => {
    const startedAt = performance.now();
    const reply = await struckBy({ kind: 'throttle', bytesPerSecond: 500_000 });
    expect(performance.now() - startedAt).toBeGreaterThan(380);
    expect(reply.body.equals(CONTENT)).toBe(true);
  });

  test.each([undefined, 'bytes=0-', 'bytes=70000-80000', 'bytes=77777-77777'])(
    'flips a byte of the file, whatever the range: %s',
    async (range) => {
      const headers: Record<string, string> = range === undefined ? {} : { range };
      const whole = await ask(url, { headers });
      const { body } = await struckBy({ kind: 'flip', offset: 77_777 }, headers);
      const differing = [...body.keys()].filter((index) => body[index] !== whole.body[index]);
      expect(differing).toHaveLength(1);
      expect((differing[0] ?? 0) + Number(/\d+/u.exec(range ?? '0')?.[0])).toBe(77_777);
    },
  );

  test('flips nothing in a range without that byte', async () => {
    const { body } = await struckBy({ kind: 'flip', offset: 77_777 }, { range: 'bytes=0-77776' });
    expect(body.equals(CONTENT.subarray(0, 77_777))).toBe(true);
  });

  test('ignores the range', async () => {
    const reply = await struckBy({ kind: 'ignore-range' }, { range: 'bytes=5-9' });
    expect([reply.status, reply.body.length]).toEqual([200, CONTENT.length]);
    expect(reply.headers['content-range']).toBeUndefined();
  });

  test('lies about the range', async () => {
    const value = 'bytes 6-10/200000';
    const reply = await struckBy({ kind: 'content-range', value }, { range: 'bytes=5-9' });
    expect([reply.status, reply.headers['content-range']]).toEqual([206, value]);
    expect(reply.body.equals(CONTENT.subarray(5, 10))).toBe(true);
  });

  test('zips the body and drops range and length', async () => {
    const reply = await struckBy({ kind: 'gzip' }, { range: 'bytes=5-9' });
    expect(reply).toMatchObject({ status: 200, headers: { 'content-encoding': 'gzip' } });
    expect(reply.headers['content-length']).toBeUndefined();
    expect(gunzipSync(reply.body).equals(CONTENT)).toBe(true);
  });

  test('changes the tag, so that If-Range fails', async () => {
    const { headers } = await ask(url, { method: 'HEAD' });
    const asked = { range: 'bytes=5-9', 'if-range': headers.etag ?? '' };
    const reply = await struckBy({ kind: 'etag', value: '"new"' }, asked);
    expect([reply.status, reply.headers.etag]).toEqual([200, '"new"']);
  });

  test('delays the headers', async () => {
    const startedAt = performance.now();
    await struckBy({ kind: 'delay', seconds: 0.2 });
    expect(performance.now() - startedAt).toBeGreaterThan(180);
  });

  test('can join another on one request', async () => {
    hub.faults.add({ path: 'm.gguf' }, { kind: 'flip', offset: 0 });
    hub.faults.add({ path: 'm.gguf' }, { kind: 'end', afterBytes: 1 });
    expect((await ask(url)).body).toEqual(Buffer.from([0xff]));
  });
});

async function statusOf(target: string, method = 'GET'): Promise<number> {
  return (await ask(target, { method })).status;
}

async function fourAnswers(): Promise<number[]> {
  const all: number[] = [];
  for (let count = 0; count < 4; count += 1) all.push(await statusOf(url));
  return all;
}

describe('a fault strikes', () => {
  const sorry: Fault = { kind: 'answer', status: 503 };

  test('only what matches host, method and path', async () => {
    hub.faults.add({ host: 'hub', method: 'HEAD', path: /\/m\./u }, sorry);
    expect(await statusOf(hub.endpoint + FILE, 'HEAD')).toBe(503);
    expect(await statusOf(hub.endpoint + FILE)).toBe(302);
    expect(await statusOf(hub.endpoint + FILE.replace('m.gguf', 'n.gguf'), 'HEAD')).toBe(302);
    expect(await statusOf(url, 'HEAD')).toBe(200);
  });

  test('after those it lets pass, as often as told, until it is removed', async () => {
    const twice = hub.faults.add({ path: 'm.gguf', skip: 1, times: 2 }, sorry);
    expect(await fourAnswers()).toEqual([200, 503, 503, 200]);
    expect(twice.hits).toBe(2);
    const always = hub.faults.add({}, sorry);
    expect(await fourAnswers()).toEqual([503, 503, 503, 503]);
    always.remove();
    expect(await fourAnswers()).toEqual([200, 200, 200, 200]);
  });
});

test('a hub that is down refuses connections, and comes back on the same ports', async () => {
  await using own = await startHub();
  await own.addRepo('a/b', { 'm.gguf': { content: CONTENT } });
  const { headers } = await ask(own.endpoint + FILE);
  await own.goDown('cdn');
  await expect(ask(headers.location ?? '')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect((await ask(own.endpoint + FILE)).status).toBe(302);
  await own.goDown();
  await expect(ask(own.endpoint + FILE)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await own.comeUp();
  expect((await ask(headers.location ?? '')).body.equals(CONTENT)).toBe(true);
});

test('going down cuts the downloads that run', async () => {
  await using own = await startHub();
  await own.addRepo('a/b', { 'm.gguf': { content: CONTENT } });
  const { headers } = await ask(own.endpoint + FILE);
  own.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 1000 });
  const reply = ask(headers.location ?? '');
  await own.waitForBytes('m.gguf', 1000, { host: 'cdn' });
  await own.goDown('cdn');
  expect((await reply).cutBy).toBe('ECONNRESET');
});

test('clients that go away in mid-file are no mistake of the hub', async () => {
  const own = await startHub();
  await own.addRepo('a/b', { 'm.gguf': { content: Buffer.alloc(20_000_000) } });
  const { headers } = await ask(own.endpoint + FILE);
  for (let count = 0; count < 10; count += 1) {
    const call = new AbortController();
    const reply = await fetch(headers.location ?? '', { signal: call.signal });
    expect(reply.status).toBe(200);
    call.abort();
  }
  await expect.poll(() => own.requests.every((request) => request.ended)).toBe(true);
  expect(own.requests.slice(1).every((request) => request.bytesSent < 20_000_000)).toBe(true);
  await own.close();
});

test('a file that vanished under the hub is told when it closes', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'hub-'));
  const file = path.join(folder, 'm.gguf');
  await writeFile(file, CONTENT);
  const own = await startHub();
  await own.addRepo('a/b', { 'm.gguf': { file } });
  const { headers } = await ask(own.endpoint + FILE);
  await rm(folder, { recursive: true });
  expect((await ask(headers.location ?? '')).cutBy).toBe('ECONNRESET');
  await expect(own.close()).rejects.toThrow('The cdn server failed on a request');
});

test('a wait for bytes that never come fails and says how many came', async () => {
  hub.clearRequests();
  await ask(url, { headers: { range: 'bytes=0-9' } });
  await expect(hub.waitForBytes('m.gguf', 11, { timeoutSeconds: 0.05 })).rejects.toThrow(
    '10 of 11 bytes',
  );
});
