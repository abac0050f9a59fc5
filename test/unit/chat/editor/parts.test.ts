import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { enterOn } from '../../../../src/lib/chat/editor/multi-line.ts';
import { FoldedPastes, editable, withoutMarks } from '../../../../src/lib/chat/editor/paste.ts';
import { Recall } from '../../../../src/lib/chat/editor/recall.ts';
import { HistorySearch } from '../../../../src/lib/chat/editor/search.ts';

const LINES = Array.from({ length: 42 }, (_, index) => `line ${index}`).join('\n');

describe('pastes', () => {
  test.each([
    ['five lines', 'a\nb\nc\nd\ne'],
    ['500 characters', 'x'.repeat(500)],
    ['a last line end', 'a\n', 'a'],
    ["other systems' line ends", 'a\r\nb\rc\u2028d', 'a\nb\nc\nd'],
    ['controls and overrides', 'a\u001B[31mb\u0007\u202Ec\u009B', 'a[31mbc'],
    ['tabs', '\tif', '\tif'],
    ['a broken surrogate', 'a\uDC00b', 'a\uFFFDb'],
  ])('%s are shown', (_what, pasted, shown = pasted) => {
    expect(new FoldedPastes().fold(pasted)).toBe(shown);
  });

  test('long ones are one character, shown as a label', () => {
    const pastes = new FoldedPastes();
    const lines = pastes.fold(`${LINES}\n`);
    const characters = pastes.fold('x'.repeat(501));
    expect([lines.length, characters.length]).toEqual([1, 1]);
    expect(pastes.labelOf(lines)).toBe('[Pasted #1: 42 lines]');
    expect(pastes.labelOf(characters)).toBe('[Pasted #2: 501 characters]');
    expect(pastes.labelOf('x')).toBeUndefined();
    expect(pastes.unfold(`a ${lines} b`)).toBe(`a ${LINES} b`);
    expect(withoutMarks(`a ${lines} b`)).toBe('a \uFFFC b');
  });

  test('when there are no more signs, texts stay as they are', () => {
    const pastes = new FoldedPastes();
    for (let count = 0; count < 1024; count += 1) pastes.keep('x');
    expect(pastes.fold(LINES)).toBe(LINES);
  });

  test('what is sent is what was pasted, whatever it was', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 900 })), (texts) => {
        const pastes = new FoldedPastes();
        const folded = texts.map((text) => pastes.fold(text)).join('|');
        const clean = texts.map((text) => editable(text).replace(/\n$/u, '')).join('|');
        expect(pastes.unfold(folded)).toBe(clean);
      }),
    );
  });
});

describe('Enter', () => {
  test.each([
    ['sends', 'hello', 'hello'],
    ['sends what ends in two backslashes', String.raw`a\\`, String.raw`a\\`],
    ['sends a closed block without its quotes', '"""one\ntwo"""', 'one\ntwo'],
    ['drops line ends next to the quotes', '"""\none\n"""', 'one'],
    ['sends a block in which quotes stand in pairs', '"""\n"""doc"""\n"""', '"""doc"""'],
    ['leaves quotes with something behind', '"""a""" b', '"""a""" b'],
    ['leaves quotes in the middle', 'see """', 'see """'],
    ['takes the quotes off an argument', '/system """one\ntwo"""', '/system one\ntwo'],
    ['takes the quotes off a later argument', '/set system """one"""', '/set system one'],
  ])('%s', (_what, text, sent) => {
    expect(enterOn(text, text.length)).toEqual({ type: 'send', text: sent });
  });

  test.each([
    ['behind a backslash', 'one\\', 4, 1],
    ['behind a backslash in the middle', 'one\\ two', 4, 1],
    ['in an open block', '"""one', 6, 0],
    ['in an open block of an argument', '/system """', 11, 0],
    ['in a block with more quotes in it', '"""a """b', 9, undefined],
    ['in a block with a pair of quotes and its own open', '"""a """b""" c', 14, 0],
  ])('%s', (_what, text, cursor, insteadOf) => {
    const means = enterOn(text, cursor);
    if (insteadOf === undefined) expect(means.type).toBe('send');
    else expect(means).toEqual({ type: 'new line', insteadOf });
  });
});

describe('prompts of before', () => {
  const draft = { text: 'draft', cursor: 2 };

  test('are walked through, and the draft is kept as it was', () => {
    const recall = new Recall(['one', 'two']);
    expect(recall.newer(draft)).toBeUndefined();
    const two = recall.older(draft);
    expect(two).toEqual({ text: 'two', cursor: 3 });
    const one = recall.older({ text: 'two', cursor: 0 });
    expect(one?.text).toBe('one');
    expect(recall.older({ text: 'one', cursor: 0 })).toBeUndefined();
    expect(recall.newer({ text: 'one', cursor: 0 })?.text).toBe('two');
    expect(recall.newer({ text: 'two', cursor: 0 })?.text).toBe('draft');
  });

  test('keep what was changed in them', () => {
    const recall = new Recall(['one', 'two']);
    recall.older(draft);
    recall.older({ text: 'two, changed', cursor: 0 });
    expect(recall.newer({ text: 'one', cursor: 0 })?.text).toBe('two, changed');
  });

  test('are folded when they are long', () => {
    const recall = new Recall(['one'], () => '*');
    expect(recall.older(draft)).toEqual({ text: '*', cursor: 1 });
  });
});

describe('search', () => {
  const entries = ['Paris in spring', 'rome', 'paris again', 'rome', 'rome'];

  function found(search: HistorySearch): string | undefined {
    return search.match === undefined ? undefined : entries[search.match.index];
  }

  test('finds the newest first, goes on and back, and skips what reads the same', () => {
    const search = new HistorySearch(entries);
    search.look('r');
    expect(found(search)).toBe('rome');
    search.older();
    expect(found(search)).toBe('paris again');
    search.older();
    expect(found(search)).toBe('rome');
    search.older();
    expect(found(search)).toBe('Paris in spring');
    search.older();
    expect([found(search), search.failed]).toEqual(['Paris in spring', true]);
    search.newer();
    expect([found(search), search.failed]).toEqual(['rome', false]);
  });

  test('a longer query stays where it matches, a shorter one starts anew', () => {
    const search = new HistorySearch(entries);
    search.look('pa');
    expect(search.match).toEqual({ index: 2, offset: 0 });
    search.look('paris i');
    expect(search.match).toEqual({ index: 0, offset: 0 });
    search.look('paris');
    expect(search.match).toEqual({ index: 2, offset: 0 });
    search.look('');
    expect(search.match).toBeUndefined();
  });

  test('capitals count once the query has one', () => {
    const search = new HistorySearch(entries);
    search.look('Paris');
    expect(search.match?.index).toBe(0);
    search.look('PARIS');
    expect(search.failed).toBe(true);
  });

  test('nothing to search in', () => {
    const search = new HistorySearch([]);
    search.look('a');
    search.older();
    search.newer();
    expect([search.match, search.failed]).toEqual([undefined, true]);
  });
});
