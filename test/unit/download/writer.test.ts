import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { GatheredWriter } from '../../../src/lib/download/gathered-writer.ts';
import { noise } from '../../support/download/place.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-writer-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A handle as of a nearly full disk: every write takes less than it is given, without an error. */
function stingy(handle: FileHandle, most: number): FileHandle {
  const writev: FileHandle['writev'] = async (buffers, position) => {
    const part = Buffer.concat(buffers as unknown as readonly Buffer[]).subarray(0, most);
    const { bytesWritten } = await handle.write(part, 0, part.length, position ?? null);
    return { bytesWritten, buffers };
  };
  return Object.assign(Object.create(handle) as FileHandle, { writev });
}

test('pieces of any size end up in their place, however little the disk takes at a time', async () => {
  const content = noise(5000);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 12 }),
      fc.integer({ min: 1, max: 700 }),
      fc.nat(1000),
      async (sizes, most, start) => {
        const file = path.join(folder, 'data');
        const handle = await open(file, 'w');
        const written: [number, number][] = [];
        const writer = new GatheredWriter(stingy(handle, most), start, (from, to) =>
          written.push([from, to]),
        );
        let position = start;
        for (const [index, size] of sizes.entries()) {
          writer.add(Buffer.from(content.subarray(position, position + size)));
          position = Math.min(position + size, content.length);
          if (index % 3 === 0) await writer.flush();
        }
        await writer.flush();
        await handle.close();
        expect((await readFile(file)).subarray(start)).toEqual(content.subarray(start, position));
        expect(written.at(0)?.[0]).toBe(start);
        expect(written.at(-1)?.[1]).toBe(position);
      },
    ),
    { numRuns: 40 },
  );
});

test('a failed write is told to everybody who writes after it, and claims nothing', async () => {
  const handle = await open(path.join(folder, 'data'), 'w');
  await handle.close();
  const written: number[] = [];
  const writer = new GatheredWriter(handle, 0, (_from, to) => written.push(to));
  writer.add(Buffer.from('lost'));
  await expect(writer.flush()).rejects.toMatchObject({ code: 'EBADF' });
  writer.add(Buffer.from('after it'));
  await expect(writer.flush()).rejects.toMatchObject({ code: 'EBADF' });
  expect(written).toEqual([]);
});
