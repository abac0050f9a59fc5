import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { splitIntoPieces, writeTinyModel } from '../../support/gguf/tiny-model.ts';

describe('the pieces of a sentence', () => {
  test.each([
    ['one word', 'Hm.', ['Hm.']],
    ['words of their own', 'A b c', ['A', '▁b', '▁c']],
    ['a line break', 'A\n\nb', ['A', '\n\nb']],
    ['a repeated word joins the next', 'a to be to go', ['a', '▁to', '▁be', '▁to▁go']],
    ['a repeated pair joins two', 'a b c b c b c d', ['a', '▁b', '▁c', '▁b▁c', '▁b▁c▁d']],
    ['a repeated last word joins the one before', 'x y z y', ['x', '▁y', '▁z▁y']],
    ['one word over and over', 'x a a a a', ['x', '▁a', '▁a▁a▁a']],
    ['a word that is taken', '<s> a', ['<s>▁a']],
  ])('%s', (_, sentence, pieces) => {
    expect(splitIntoPieces(sentence, new Set(['<s>']))).toEqual(pieces);
  });

  test.each(['', ' ', ' a', 'a ', 'a\n', 'a▁b', '<s>'])('%j is refused', (sentence) => {
    expect(() => splitIntoPieces(sentence, new Set(['<s>']))).toThrow(RangeError);
  });

  test('are all different and make up the sentence, whatever it is', () => {
    const word = fc.constantFrom('a', 'b', 'the', '</s>', '🦙');
    const gap = fc.constantFrom(' ', ' ', '\n', '  ');
    fc.assert(
      fc.property(fc.array(fc.tuple(gap, word), { maxLength: 40 }), (rest) => {
        const sentence = `start${rest.flat().join('')}`;
        const pieces = splitIntoPieces(sentence, new Set(['</s>']));
        expect(new Set(pieces).size).toBe(pieces.length);
        expect(pieces).not.toContain('</s>');
        expect(pieces.join('').replaceAll('▁', ' ')).toBe(sentence);
      }),
    );
  });
});

describe('a tiny model file', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero-tiny-model-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const write = async (name: string, sentence: string): Promise<Buffer> => {
    const file = path.join(folder, name);
    await writeTinyModel({ path: file, sentence });
    return readFile(file);
  };

  test('is the same for the same options and another for another sentence', async () => {
    const first = await write('first', 'A llama hums.');
    expect((await write('again', 'A llama hums.')).equals(first)).toBe(true);
    expect((await write('other', 'A llama sits.')).equals(first)).toBe(false);
  });

  test('reaches the size asked for, and not much more', async () => {
    const file = path.join(folder, 'large');
    await writeTinyModel({ path: file, sentence: 'A llama hums.', minimumBytes: 6_000_000 });
    const { size } = await stat(file);
    expect(size).toBeGreaterThanOrEqual(6_000_000);
    expect(size).toBeLessThan(8_000_000);
  });

  test.each([
    [{ sentence: 'A llama hums.', embeddingSize: 300 }, /multiple of 256/],
    [
      {
        sentence: Array.from({ length: 400 }, (_, index) => `w${index}`).join(' '),
        embeddingSize: 256,
      },
      /at least 512/,
    ],
  ])('is refused when its embedding cannot be so wide: %#', async (options, message) => {
    await expect(writeTinyModel({ path: path.join(folder, 'no'), ...options })).rejects.toThrow(
      message,
    );
  });
});
