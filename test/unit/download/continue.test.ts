import { createHash } from 'node:crypto';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { describePartial, partialOf, readPartial } from '../../../src/lib/download/journal.ts';
import { noise, Place, sha256Of } from '../../support/download/place.ts';

const SIZE = 3_000_000;
const content = noise(SIZE);
const sha256 = sha256Of(content);

describe.each([1, 4])('going on over %i connections', (connections) => {
  let place: Place;

  beforeEach(async () => {
    place = await Place.create([content]);
    place.options = { connections };
  });

  afterEach(async () => {
    await place[Symbol.asyncDispose]();
  });

  /** A download that ends in mid-file; answers how much of it is on disk by its journal. */
  async function interrupt(): Promise<number> {
    const pace = { kind: 'throttle', bytesPerSecond: 3_000_000 } as const;
    const handle = place.hub.faults.add({ host: 'cdn' }, pace);
    const controller = new AbortController();
    const running = place.download(controller.signal);
    const reported = await place.waitForReceived(300_000);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    handle.remove();
    place.hub.clearRequests();
    place.events.length = 0;
    const { received } = await readPartial(place.target, place.request().identity);
    expect(received).toBeGreaterThanOrEqual(reported);
    expect(received).toBeLessThan(SIZE);
    return received;
  }

  const journalFile = (): string => partialOf(place.target).journal;

  test('asks for the missing bytes alone', async () => {
    const received = await interrupt();
    expect(await place.download()).toEqual({ fetched: SIZE - received, sha256 });
    expect(place.sent).toBe(SIZE - received);
    expect((await readFile(place.target)).equals(content)).toBe(true);
    expect(place.events[0]).toEqual({ type: 'begin', received, size: SIZE });
  });

  test('a whole but unverified file is verified without a request for data', async () => {
    await interrupt();
    await writeFile(partialOf(place.target).data, content);
    const { gitOid, size, source } = place.request().identity;
    const intervals = [[0, size]];
    const journal = { version: 2, source, size, sha256, gitOid, intervals };
    await writeFile(journalFile(), JSON.stringify(journal));
    expect(await place.download()).toEqual({ fetched: 0, sha256 });
    expect(place.sent).toBe(0);
  });

  test('a journal of llamero 0.1 is continued', async () => {
    const { size, source } = place.request().identity;
    await writeFile(partialOf(place.target).data, content.subarray(0, 2_000_000));
    await writeFile(journalFile(), JSON.stringify({ version: 1, source, size, sha256 }));
    expect(await describePartial(place.target)).toEqual({ received: 2_000_000, size });
    expect(await place.download()).toEqual({ fetched: 1_000_000, sha256 });
    expect(place.sent).toBe(1_000_000);
  });

  test.each([
    ['cut short', '{"version":2,"sour'],
    [
      'of another file',
      JSON.stringify({ version: 2, source: 'x', size: SIZE, sha256: 'ab', intervals: [[0, 9]] }),
    ],
    [
      'of a later kind',
      JSON.stringify({ version: 3, source: 'x', size: SIZE, sha256, intervals: [[0, 9]] }),
    ],
    [
      'out of order',
      JSON.stringify({
        version: 2,
        source: 'x',
        size: SIZE,
        sha256,
        intervals: [
          [50, 90],
          [0, 9],
        ],
      }),
    ],
    [
      'longer than the file',
      JSON.stringify({ version: 2, source: 'x', size: SIZE, sha256, intervals: [[0, SIZE + 1]] }),
    ],
    ['missing', undefined],
  ])('a journal that is %s is not believed', async (_name, journal) => {
    await interrupt();
    if (journal === undefined) await rm(journalFile());
    else await writeFile(journalFile(), journal);
    expect(await place.download()).toMatchObject({ fetched: SIZE, sha256 });
  });

  test('a journal that claims more than the data holds is believed as far as the data goes', async () => {
    const { size, source } = place.request().identity;
    await writeFile(partialOf(place.target).data, content.subarray(0, 1_000_000));
    const intervals = [[0, 2_000_000]];
    await writeFile(journalFile(), JSON.stringify({ version: 2, source, size, sha256, intervals }));
    expect(await place.download()).toEqual({ fetched: SIZE - 1_000_000, sha256 });
  });

  test('a partial file shortened by hand is continued from its end', async () => {
    await interrupt();
    await truncate(partialOf(place.target).data, 123_457);
    expect(await place.download()).toMatchObject({ fetched: SIZE - 123_457, sha256 });
  });

  test('bytes of an earlier run that are wrong are fetched again, and those alone', async () => {
    const received = await interrupt();
    const data = await readFile(partialOf(place.target).data);
    await writeFile(partialOf(place.target).data, Buffer.alloc(data.length, 7));
    expect(await place.download()).toMatchObject({ fetched: SIZE, sha256 });
    expect(place.sent).toBe(SIZE);
    expect(place.events).toContainEqual(
      expect.objectContaining({ type: 'restart', reason: expect.stringContaining('damaged') }),
    );
    expect(place.events).toContainEqual({
      type: 'progress',
      received: SIZE - received,
      size: SIZE,
    });
  });

  test('another name of the same content at the server loses nothing', async () => {
    const received = await interrupt();
    place.hub.faults.add({ host: 'cdn' }, { kind: 'etag', value: '"another"' });
    expect(await place.download()).toEqual({ fetched: SIZE - received, sha256 });
  });

  test('content that nothing can be compared with is begun anew under another entity tag', async () => {
    const nothing = { sha256: undefined, gitOid: undefined };
    const cut = { kind: 'reset', afterBytes: 50_000 } as const;
    const handle = place.hub.faults.add({ host: 'cdn' }, cut);
    await expect(place.downloader().download(place.request(place.item, nothing))).rejects.toThrow();
    handle.remove();
    place.hub.faults.add({ host: 'cdn' }, { kind: 'etag', value: '"another"' });
    const { fetched } = await place.downloader().download(place.request(place.item, nothing));
    expect(fetched).toBe(SIZE);
    expect((await readFile(place.target)).equals(content)).toBe(true);
  });

  test('a file without a sha256 is checked by its git id', async () => {
    const wrong = { sha256: undefined, gitOid: 'f'.repeat(40) };
    const running = place.downloader().download(place.request(place.item, wrong));
    await expect(running).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    const right = { sha256: undefined, gitOid: gitOidOf(content) };
    const { fetched } = await place.downloader().download(place.request(place.item, right));
    expect(fetched).toBe(SIZE);
  });

  test('an abort ends the wait and keeps what is there', async () => {
    place.hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 600_000 });
    const controller = new AbortController();
    const running = place.download(controller.signal);
    const reported = await place.waitForReceived(300_000);
    controller.abort();
    await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
    const { received } = await readPartial(place.target, place.request().identity);
    expect(received).toBeGreaterThanOrEqual(reported);
    expect(received).toBeLessThan(SIZE);
    expect((await place.left()).final).toBe(false);
  });

  test('neither journal nor errors hold the signed part of a URL', async () => {
    place.hub.faults.add({ host: 'cdn' }, { kind: 'reset', afterBytes: 50_000 });
    const error: unknown = await place.download().catch((reason: unknown) => reason);
    const texts = [String(error), JSON.stringify(error), await readFile(journalFile(), 'utf8')];
    for (const text of texts) expect(text).not.toMatch(/Signature|Policy|Expires/u);
  });
});

function gitOidOf(data: Buffer): string {
  return createHash('sha1').update(`blob ${data.length}\0`).update(data).digest('hex');
}
