import { readFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import type { Fault } from '../../support/hub/hub.ts';
import { noise, Place, sha256Of } from '../../support/download/place.ts';

const SIZE = 3_000_000;
const content = noise(SIZE);
const sha256 = sha256Of(content);

describe.each([1, 4])('over %i connections', (connections) => {
  let place: Place;

  beforeEach(async () => {
    place = await Place.create([content]);
    place.options = { connections };
  });

  afterEach(async () => {
    await place[Symbol.asyncDispose]();
  });

  test('a file arrives byte for byte, without a trace of its unfinished form', async () => {
    expect(await place.download()).toEqual({ fetched: SIZE, sha256 });
    expect((await readFile(place.target)).equals(content)).toBe(true);
    expect(await place.left()).toEqual({ final: true, partial: undefined });
    expect(place.hub.tokenLeaks()).toEqual([]);
  });

  test('every request for data is a closed range', async () => {
    await place.download();
    const ranges = place.hub.requests
      .filter(({ host }) => host === 'cdn')
      .map(({ headers }) => headers.range);
    expect(ranges.length).toBeGreaterThan(2);
    for (const range of ranges) expect(range).toMatch(/^bytes=\d+-\d+$/u);
  });

  test('each connection is kept and used again', async () => {
    place.options = { connections, patience: { stallSeconds: 20, slowSeconds: 20 } };
    await place.download();
    const data = place.hub.requests.filter(({ host }) => host === 'cdn');
    expect(new Set(data.map(({ clientPort }) => clientPort)).size).toBeLessThan(data.length);
  });

  test('the place of a file is asked for once', async () => {
    await place.download();
    expect(place.hub.requests.filter(({ host }) => host === 'hub')).toHaveLength(1);
  });

  describe('faults that pass', () => {
    const passing: readonly (readonly [string, Fault, times: number])[] = [
      ['a reset in mid-body', { kind: 'reset', afterBytes: 400_000 }, 3],
      ['a reset before the headers', { kind: 'reset' }, 2],
      ['a body that ends early', { kind: 'end', afterBytes: 300_000 }, 3],
      ['a stall', { kind: 'stall', afterBytes: 200_000 }, 1],
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
      ['416', { kind: 'answer', status: 416 }, 1],
      ['another entity tag', { kind: 'etag', value: '"another"' }, 1],
      ['one flipped byte', { kind: 'flip', offset: 700_000 }, 2],
      ['a slow head', { kind: 'delay', seconds: 0.2 }, 2],
    ];

    test.each(passing)('%s', async (_name, fault, times) => {
      const handle = place.hub.faults.add({ host: 'cdn', times }, fault);
      await place.download();
      expect(handle.hits).toBe(times);
      expect((await readFile(place.target)).equals(content)).toBe(true);
    });
  });

  describe('faults that stay', () => {
    const lasting: readonly (readonly [string, Fault, code: string, partialKept: boolean])[] = [
      ['a server that always resets', { kind: 'reset', afterBytes: 100_000 }, 'NETWORK', true],
      ['500 for ever', { kind: 'answer', status: 500 }, 'NETWORK', true],
      [
        'a fresh URL that is refused',
        { kind: 'answer', status: 403, body: 'no' },
        'FORBIDDEN',
        true,
      ],
      ['404', { kind: 'answer', status: 404 }, 'FILE_NOT_FOUND', true],
      ['416', { kind: 'answer', status: 416 }, 'NETWORK', true],
      ['a wait longer than we wait', { kind: 'rate-limit', seconds: 9000 }, 'RATE_LIMITED', true],
      ['a compressed body', { kind: 'gzip' }, 'NETWORK', true],
      ['a wrong Content-Range', { kind: 'content-range', value: 'bytes 7-8/9' }, 'NETWORK', true],
      ['a flipped byte', { kind: 'flip', offset: 2_999_999 }, 'HASH_MISMATCH', false],
    ];

    test.each(lasting)('%s', async (_name, fault, code, partialKept) => {
      place.hub.faults.add({ host: 'cdn' }, fault);
      await expect(place.download()).rejects.toMatchObject({ code });
      const { final, partial } = await place.left();
      expect(final).toBe(false);
      expect(partial !== undefined).toBe(partialKept);
    });
  });

  test('a server that knows no ranges serves the file in one piece', async () => {
    place.hub.faults.add({ host: 'cdn' }, { kind: 'ignore-range' });
    await place.download();
    expect((await readFile(place.target)).equals(content)).toBe(true);
    const asked = place.hub.requests.filter(({ host }) => host === 'cdn');
    expect(asked.at(-1)?.headers.range).toBe(`bytes=0-${SIZE - 1}`);
    expect(asked.length).toBeLessThanOrEqual(2 * connections + 1);
  });

  test('a server that knows no ranges and cuts every answer ends in an error', async () => {
    place.hub.faults.add({ host: 'cdn' }, { kind: 'ignore-range' });
    place.hub.faults.add({ host: 'cdn' }, { kind: 'end', afterBytes: 2_000_000 });
    await expect(place.download()).rejects.toMatchObject({ code: 'NETWORK' });
  });

  test('a refusal is told in the server’s own words, cleaned, without the signed URL', async () => {
    const body = '<p>\u001B[31mAuth failed: invalid range</p>';
    place.hub.faults.add({ host: 'cdn' }, { kind: 'answer', status: 403, body });
    const error: unknown = await place.download().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'FORBIDDEN' });
    const text = String(error);
    expect(text).toContain('Auth failed: invalid range');
    expect(text).not.toContain('\u001B');
    expect(text).not.toContain('Signature');
  });

  test('a signature that expires in mid-file is renewed once for all connections', async () => {
    place.hub.faults.add(
      { host: 'cdn', times: 4 },
      { kind: 'throttle', bytesPerSecond: 2_000_000 },
    );
    const running = place.download();
    await place.hub.waitForBytes(place.item.name, 1_000_000, { host: 'cdn' });
    place.hub.revokeSignedUrls();
    await running;
    expect((await readFile(place.target)).equals(content)).toBe(true);
    expect(place.hub.requests.filter(({ host }) => host === 'hub')).toHaveLength(2);
  });

  test('a server that goes away for a while is waited for', async () => {
    const patience = { firstWaitSeconds: 0.1, longestWaitSeconds: 0.5, attempts: 8 };
    place.options = { connections, patience };
    const pace = { kind: 'throttle', bytesPerSecond: 2_000_000 } as const;
    const throttle = place.hub.faults.add({ host: 'cdn' }, pace);
    const running = place.download();
    await place.hub.waitForBytes(place.item.name, 1_000_000, { host: 'cdn' });
    await place.hub.goDown();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    throttle.remove();
    await place.hub.comeUp();
    await running;
    expect((await readFile(place.target)).equals(content)).toBe(true);
    expect(place.sent).toBeLessThan(SIZE * 1.2);
    expect(place.events.some(({ type }) => type === 'wait')).toBe(true);
  });

  test('progress never goes back unless the file is begun anew', async () => {
    place.hub.faults.add({ host: 'cdn', times: 3 }, { kind: 'reset', afterBytes: 300_000 });
    await place.download();
    const received = place.events.flatMap((event) =>
      event.type === 'progress' ? [event.received] : [],
    );
    expect(received.length).toBeGreaterThan(2);
    expect(received).toEqual(received.toSorted((one, other) => one - other));
    expect(received.at(-1)).toBe(SIZE);
    expect(place.events.at(-1)).toEqual({ type: 'end', fetched: SIZE });
    expect(place.events).toContainEqual({ type: 'verify', checked: SIZE, size: SIZE });
  });
});
