import { readFile } from 'node:fs/promises';

import { expect, test } from 'vitest';

import { describePartial } from '../../../src/lib/download/journal.ts';
import { noise, Place } from '../../support/download/place.ts';
import type { RecordedRequest } from '../../support/hub/log.ts';

const MB = 1_000_000;
const IN_PLACE = { stallSeconds: 20, slowSeconds: 20 };

async function isWhole(place: Place): Promise<boolean> {
  const checks = place.items.map(async ({ content, target }) =>
    (await readFile(target)).equals(content),
  );
  return (await Promise.all(checks)).every(Boolean);
}

/** How many requests were answered at the same time. */
function mostAtOnce(requests: readonly RecordedRequest[]): number {
  const [before, after] = [1, -1];
  const changes = requests.flatMap(({ endedAt = 0, receivedAt }) => [
    { at: receivedAt, by: before },
    { at: endedAt, by: after },
  ]);
  let open = 0;
  let most = 0;
  for (const { by } of changes.toSorted((one, other) => one.at - other.at || one.by - other.by)) {
    open += by;
    most = Math.max(most, open);
  }
  return most;
}

test('many files at once share the connections in the order asked, and all arrive', async () => {
  await using place = await Place.create([1, 2, 3, 4, 5, 6].map((seed) => noise(2 * MB, seed)));
  place.options = { connections: 3, patience: IN_PLACE };
  place.hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 4 * MB });
  const downloader = place.downloader();
  const results = await Promise.all(
    place.items.map((item) => downloader.download(place.request(item))),
  );
  expect(results.map(({ fetched }) => fetched)).toEqual(place.items.map(() => 2 * MB));
  expect(await isWhole(place)).toBe(true);
  const data = place.hub.requests.filter(({ host }) => host === 'cdn');
  expect(mostAtOnce(data)).toBe(3);
  const firsts = place.items.map(({ name }) =>
    data.findIndex(({ subject }) => subject.endsWith(`/${name}`)),
  );
  expect(firsts).toEqual(firsts.toSorted((one, other) => one - other));
});

test('a file that fails does not stop the others', async () => {
  await using place = await Place.create([noise(2 * MB, 1), noise(2 * MB, 2), noise(2 * MB, 3)]);
  place.options = { connections: 2 };
  place.hub.faults.add(
    { host: 'cdn', path: place.items[1]?.name ?? '' },
    { kind: 'answer', status: 404 },
  );
  const downloader = place.downloader();
  const results = await Promise.allSettled(
    place.items.map((item) => downloader.download(place.request(item))),
  );
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});

test('a crawling connection among good ones is replaced', async () => {
  await using place = await Place.create([noise(12 * MB)]);
  place.options = { connections: 4, segments: { smallest: MB, largest: MB } };
  const pace = { kind: 'throttle', bytesPerSecond: 2 * MB } as const;
  const crawl = place.hub.faults.add(
    { host: 'cdn', times: 1 },
    { kind: 'throttle', bytesPerSecond: 10_000 },
  );
  place.hub.faults.add({ host: 'cdn' }, pace);
  const began = performance.now();
  await place.download();
  expect(crawl.hits).toBe(1);
  expect(await isWhole(place)).toBe(true);
  // The crawling one alone would take 100 s for its part; three good ones take 2 s for all.
  expect(performance.now() - began).toBeLessThan(50_000);
});

test('the rest of a slow connection’s part is shared when nothing else is left', async () => {
  await using place = await Place.create([noise(8 * MB)]);
  place.options = {
    connections: 2,
    segments: { smallest: 4 * MB, largest: 4 * MB },
    patience: IN_PLACE,
  };
  place.hub.faults.add({ host: 'cdn', times: 1 }, { kind: 'throttle', bytesPerSecond: 200_000 });
  place.hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 2 * MB });
  const began = performance.now();
  await place.download();
  expect(await isWhole(place)).toBe(true);
  // The slow connection alone would take 20 s for its part.
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(place.sent).toBeLessThan(9.5 * MB);
});

test('a stalled connection does not hold the others up', async () => {
  await using place = await Place.create([noise(8 * MB)]);
  place.options = { connections: 4 };
  place.hub.faults.add({ host: 'cdn', times: 2 }, { kind: 'stall', afterBytes: 100_000 });
  await place.download();
  expect(await isWhole(place)).toBe(true);
});

test('a limit of the rate holds over all connections together', async () => {
  await using place = await Place.create([noise(3 * MB, 1), noise(3 * MB, 2)]);
  place.options = { connections: 4, limitRate: 2 * MB };
  const downloader = place.downloader();
  const began = performance.now();
  await Promise.all(place.items.map((item) => downloader.download(place.request(item))));
  const seconds = (performance.now() - began) / 1000;
  expect(6 / seconds).toBeLessThan(2.15);
});

test('a server that is asked too often is left alone by all connections', async () => {
  await using place = await Place.create([noise(6 * MB)]);
  place.options = { connections: 4 };
  place.hub.faults.add(
    { host: 'cdn', skip: 5, times: 1 },
    { kind: 'rate-limit', seconds: 1, header: 'retry-after' },
  );
  await place.download();
  const limited = place.hub.requests.find(({ status }) => status === 429)?.receivedAt ?? Number.NaN;
  const during = place.hub.requests.filter(
    ({ host, receivedAt }) =>
      host === 'cdn' && receivedAt > limited + 100 && receivedAt < limited + 900,
  );
  expect(during).toEqual([]);
  expect(place.events).toContainEqual({
    type: 'wait',
    reason: 'the server limits the rate',
    seconds: 1,
  });
});

test('the journal follows the bytes, for whoever waits for this process', async () => {
  await using place = await Place.create([noise(4 * MB)]);
  place.options = { connections: 2 };
  place.hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: MB });
  const running = place.download();
  const seen: number[] = [];
  const watch = setInterval(() => {
    void describePartial(place.target).then((partial) => seen.push(partial?.received ?? 0));
  }, 50);
  await running;
  clearInterval(watch);
  const between = seen.filter((received) => received > 0 && received < 4 * MB);
  expect(new Set(between).size).toBeGreaterThan(2);
});

test('closing ends what is going on and keeps it', async () => {
  await using place = await Place.create([noise(4 * MB)]);
  place.hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: MB });
  const downloader = place.downloader();
  const running = downloader.download(place.request());
  running.catch(() => undefined);
  const reported = await place.waitForReceived(300_000);
  await downloader.close();
  await expect(running).rejects.toMatchObject({ code: 'INTERRUPTED' });
  expect((await describePartial(place.target))?.received).toBeGreaterThanOrEqual(reported);
});

test('an empty file and a very small one arrive as well', async () => {
  await using place = await Place.create([Buffer.alloc(0), Buffer.from('x')]);
  const downloader = place.downloader();
  await Promise.all(place.items.map((item) => downloader.download(place.request(item))));
  expect(await isWhole(place)).toBe(true);
});
