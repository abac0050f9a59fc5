import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { readPartial } from '../../src/lib/download/journal.ts';
import type { ChildTask } from '../support/download/child.ts';
import { noise, Place } from '../support/download/place.ts';

const CHILD = path.resolve(import.meta.dirname, '../support/download/child.ts');
const KILLS = 50;
// Small for what is pulled in earnest: what a kill costs does not grow with the file.
const SIZE = 120_000_000;
const BYTES_PER_SECOND = 250_000;

/** Numbers from 0 to below 1 that the seed decides. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

test(
  'a download that is killed at 50 instants ends right, and little of it is fetched twice',
  { timeout: 180_000 },
  async () => {
    const seed = Date.now() >>> 0;
    const random = numbers(seed);
    await using place = await Place.create([noise(SIZE)]);
    const { identity, locate, target } = place.request();
    const { url } = await locate();
    const task: ChildTask = { target, identity, url, connections: 4, segmentSize: 1024 * 1024 };
    const start = () => spawn(process.execPath, [CHILD, JSON.stringify(task)], { stdio: 'pipe' });
    const pace = { kind: 'throttle', bytesPerSecond: BYTES_PER_SECOND } as const;
    const throttle = place.hub.faults.add({ host: 'cdn' }, pace);
    const received: number[] = [];
    for (let kill = 0; kill < KILLS; kill += 1) {
      const before = place.sent;
      const child = start();
      // The first byte tells that it works: it is killed some time after.
      await place.hub.waitForBytes(place.item.name, before + 1, { host: 'cdn' });
      await new Promise((resolve) => setTimeout(resolve, random() * 2600));
      expect(child.exitCode, 'it ended before it was killed').toBeNull();
      child.kill('SIGKILL');
      await once(child, 'exit');
      received.push((await readPartial(target, identity)).received);
    }
    throttle.remove();
    const last = start();
    const [code] = (await once(last, 'exit')) as [number | null];
    const report = `seed ${seed}, ${place.sent} bytes sent, on disk after each kill: ${received.join(' ')}`;
    expect(code, report).toBe(0);
    expect((await readFile(target)).equals(place.item.content), report).toBe(true);
    expect(place.sent, report).toBeLessThan(SIZE * 1.05);
    expect(received, report).toEqual(received.toSorted((one, other) => one - other));
    // The kills were spread over the file, not spent at its beginning.
    expect(received.at(-1), report).toBeGreaterThan(SIZE / 4);
  },
);
