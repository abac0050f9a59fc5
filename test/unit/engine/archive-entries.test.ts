import path from 'node:path';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { type ArchiveEntry, EntryGate } from '../../../src/lib/engine/archive-entries.ts';
import { LlameroError } from '../../../src/lib/errors.ts';

const step = fc.constantFrom('a', 'b', 'A', '..', '.', 'lib.so', '');
const somePath = fc.array(step, { minLength: 1, maxLength: 5 }).map((steps) => steps.join('/'));
const entry: fc.Arbitrary<ArchiveEntry> = fc.record({
  path: somePath,
  kind: fc.constantFrom('file', 'folder', 'symbolic link', 'hard link', 'fifo'),
  size: fc.nat(100),
  target: somePath,
});

function admitted(entries: readonly ArchiveEntry[]): ArchiveEntry[] {
  const gate = new EntryGate('x.tar.gz', 1000);
  return entries.filter((one) => {
    try {
      gate.admit(one);
      return true;
    } catch (error) {
      if (error instanceof LlameroError && error.code === 'ARCHIVE_REFUSED') return false;
      throw error;
    }
  });
}

/** Where a path ends up when links are followed as the system does; undefined is outside. */
function follow(place: string, links: ReadonlyMap<string, string>, hops = 0): string | undefined {
  if (hops > 40) return '';
  const done: string[] = [];
  const steps = place.split('/').filter((one) => one !== '' && one !== '.');
  for (const [index, one] of steps.entries()) {
    if (one === '..') {
      if (done.pop() === undefined) return undefined;
      continue;
    }
    done.push(one);
    const target = links.get(done.join('/'));
    if (target === undefined) continue;
    const rest = steps.slice(index + 1).join('/');
    return follow([...done.slice(0, -1), target, rest].join('/'), links, hops + 1);
  }
  return done.join('/');
}

describe('the entries of an archive', () => {
  test('whatever is admitted stays inside, whichever links are followed', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        const kept = admitted(entries);
        const links = new Map(
          kept
            .filter(({ kind }) => kind === 'symbolic link')
            .map((link) => [
              path.posix.normalize(link.path).replace(/\/$/u, ''),
              link.target ?? '',
            ]),
        );
        for (const { path: place } of kept) expect(follow(place, links)).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });

  test('no two of them share a name on any file system', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 8 }), (entries) => {
        const names = admitted(entries)
          .filter(({ kind }) => kind !== 'folder')
          .map(({ path: place }) => path.posix.normalize(place).toLowerCase());
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });

  test.each(['CON', 'a/nul.txt', 'file.', 'file ', 'a:b'])(
    '%j is refused on every system',
    (name) => {
      expect(admitted([{ path: name, kind: 'file', size: 1 }])).toEqual([]);
    },
  );
});
