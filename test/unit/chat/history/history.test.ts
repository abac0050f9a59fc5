import { stat } from 'node:fs/promises';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

import * as fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';

import { openHistory } from '../../../../src/lib/chat/history/history.ts';
import type { Message } from '../../../../src/lib/chat/message.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import { Clock, emptyHistory, historyFile, talk } from './place.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LlameroError) return error.code;
    throw error;
  }
  return 'nothing was thrown';
}

describe('a conversation', () => {
  test('is there with all that was said after it is opened again', async () => {
    const clock = new Clock();
    const { file, history } = await emptyHistory(clock);
    const writer = history.begin({ model: 'a/b:Q4_K_M', system: 'Be brief.' });
    writer.append({
      role: 'user',
      content: 'What is this?\nSay it.',
      images: [{ name: 'dot.png', mimeType: 'image/png', data: PIXEL }],
    });
    clock.forward(1);
    const answer: Message = { role: 'assistant', content: 'A dot', reasoning: 'Hm', stopped: true };
    writer.append(answer, { tokens: 3 });
    history[Symbol.dispose]();

    using again = await openHistory({ file, readOnly: true });
    const { info, messages } = again.read(writer.id);
    expect(info).toEqual({
      id: writer.id,
      title: 'What is this?',
      model: 'a/b:Q4_K_M',
      system: 'Be brief.',
      createdAt: new Date('2026-01-01'),
      updatedAt: new Date('2026-01-02'),
      messageCount: 2,
    });
    expect(messages).toEqual([
      {
        id: 1,
        role: 'user',
        content: 'What is this?\nSay it.',
        at: new Date('2026-01-01'),
        images: [{ name: 'dot.png', mimeType: 'image/png', data: PIXEL }],
      },
      { id: 2, ...answer, at: new Date('2026-01-02'), stats: { tokens: 3 } },
    ]);
    expect(again.latest()).toEqual(info);
  });

  test('that nothing was said in leaves no trace', async () => {
    const { history } = await emptyHistory();
    const writer = history.begin({ model: 'm', system: 's' });
    writer.update({ title: 'A name', parameters: { temp: 1 } });
    expect(history.list()).toEqual([]);
    writer.append({ role: 'user', content: 'hello' });
    expect(history.list()).toMatchObject([{ title: 'A name', parameters: { temp: 1 } }]);
    writer.removeLast(1);
    expect(history.list()).toEqual([]);
    writer.append({ role: 'user', content: 'again' });
    expect(history.read(writer.id)).toMatchObject({
      info: { title: 'A name', system: 's', messageCount: 1 },
      messages: [{ content: 'again' }],
    });
  });

  test('takes back, replaces, and goes on under another id when it is cleared', async () => {
    const { history } = await emptyHistory();
    const writer = history.begin({ model: 'm' });
    expect(writer.append({ role: 'user', content: 'one' })).toBe(1);
    writer.append({ role: 'assistant', content: 'bad' });
    const better = writer.replaceLast({ role: 'assistant', content: 'good' });
    writer.append({ role: 'user', content: 'slip' });
    writer.removeLast(1);
    writer.removeLast(0);
    const first = writer.id;
    expect(history.read(first).messages).toMatchObject([
      { id: 1 },
      { id: better, content: 'good' },
    ]);
    expect(history.search('bad')).toEqual([]);

    writer.update({ model: 'n', system: undefined });
    writer.clear();
    expect(writer.id).not.toBe(first);
    expect(history.count()).toBe(1);
    writer.append({ role: 'user', content: 'two' });
    expect(history.list()).toMatchObject([
      { id: writer.id, title: 'two', model: 'n', messageCount: 1 },
      { id: first, title: 'one', model: 'n', messageCount: 2 },
    ]);
  });

  test('that is reopened goes on, and only its own turns are taken back', async () => {
    const { history } = await emptyHistory();
    const id = talk(history, 'm', 'one', 'two');
    const one = history.reopen(id.slice(0, 7)).writer;
    const other = history.reopen(id).writer;
    one.append({ role: 'user', content: 'mine' });
    other.append({ role: 'user', content: 'yours' });
    one.removeLast(2);
    expect(history.read(id).messages.map(({ content }) => content)).toEqual(['one', 'yours']);
  });

  test('that was removed meanwhile is kept from then on', async () => {
    const { history } = await emptyHistory();
    const writer = history.begin({ model: 'm' });
    writer.append({ role: 'user', content: 'one' });
    expect(history.remove([writer.id])).toBe(1);
    writer.append({ role: 'user', content: 'two' });
    writer.removeLast(1);
    writer.append({ role: 'user', content: 'three' });
    expect(history.read(writer.id).messages).toMatchObject([{ content: 'three' }]);
  });

  test.each([
    [
      'the first line that says something',
      '\n```\n  Why   is the sky blue?  \nTell me',
      'Why is the sky blue?',
    ],
    ['60 characters at most', 'word '.repeat(30), `${'word '.repeat(11)}word…`],
    ['whole characters', '👩‍👩‍👧'.repeat(70), `${'👩‍👩‍👧'.repeat(59)}…`],
    ['no control characters', '\u001B]0;gotcha\u0007 hi\u202Eolleh', ']0;gotcha hiolleh'],
    ['marks alone where there is nothing else', '???', '???'],
    ['a name where nothing was said', ' \n ', 'Untitled'],
  ])('has a title from its first prompt: %s', async (_name, prompt, title) => {
    const { history } = await emptyHistory();
    talk(history, 'm', prompt, 'answer', 'second prompt');
    expect(history.latest()?.title).toBe(title);
  });

  test('of an image alone is called by its name', async () => {
    const { history } = await emptyHistory();
    const image = { name: 'cat.png', mimeType: 'image/png', data: PIXEL };
    history.begin({ model: 'm' }).append({ role: 'user', content: '', images: [image] });
    expect(history.latest()?.title).toBe('Image: cat.png');
  });

  test('comes back as it was, whatever was said', async () => {
    const { history } = await emptyHistory();
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }), (one, two) => {
        const { messages } = history.read(talk(history, 'm', one, two));
        expect(messages.map(({ content }) => content)).toEqual([one, two]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('the list', () => {
  test('begins with the conversation last talked in', async () => {
    const { clock, history } = await emptyHistory();
    const old = talk(history, 'ana/Llama-3.2:Q4_K_M', 'a');
    const middle = talk(history, 'ben/qwen', 'b');
    const last = talk(history, 'ben/qwen', 'c');
    const ids = (options = {}): string[] => history.list(options).map(({ id }) => id);
    expect(ids()).toEqual([last, middle, old]);
    clock.forward(1);
    history.reopen(old).writer.append({ role: 'user', content: 'd' });
    expect(ids()).toEqual([old, last, middle]);
    expect(ids({ limit: 2 })).toEqual([old, last]);
    expect(ids({ model: 'llama-3' })).toEqual([old]);
    expect(history.count({ model: 'QWEN' })).toBe(2);
    expect(history.latest()?.id).toBe(old);
  });

  test('finds by a beginning that fits one alone, in any case', async () => {
    const { history } = await emptyHistory();
    const ids = Array.from({ length: 100 }, (_, index) => talk(history, 'm', `prompt ${index}`));
    for (const id of ids) {
      expect(history.find(id).id).toBe(id);
      expect(history.find(` ${id.toUpperCase()} `).id).toBe(id);
      const shortest = [1, 2, 3, 4, 5, 6, 7, 8].find(
        (length) => ids.filter((other) => other.startsWith(id.slice(0, length))).length === 1,
      );
      expect(history.find(id.slice(0, shortest)).id).toBe(id);
    }
    const shared = ids
      .map((id) => id.slice(0, 1))
      .find((one, index, all) => all.indexOf(one) < index);
    expect(codeOf(() => history.find(shared ?? ''))).toBe('AMBIGUOUS');
    for (const missing of ['', ' ', '-', '%', '*', "' OR 1", 'zzzzzzzz0']) {
      expect(codeOf(() => history.find(missing))).toBe('CONVERSATION_NOT_FOUND');
    }
  });
});

describe('the search', () => {
  test('weighs prompts above answers and finds a conversation once', async () => {
    const { history } = await emptyHistory();
    const answered = talk(history, 'm', 'hello', 'the llama spits', 'and then', 'the llama sleeps');
    const asked = talk(history, 'm', 'the llama spits', 'hello');
    talk(history, 'm', 'nothing of it', 'nothing at all');
    const hits = history.search('spits llama');
    expect(hits.map(({ info }) => info.id)).toEqual([asked, answered]);
    expect(hits[1]).toMatchObject({ messageId: 2, snippet: 'the llama spits' });
    expect(hits[0]?.parts).toEqual([
      { text: 'the ', match: false },
      { text: 'llama', match: true },
      { text: ' ', match: false },
      { text: 'spits', match: true },
    ]);
    expect(history.search('the llama', { limit: 1 })).toHaveLength(1);
  });

  test.each([
    ['the beginning of the last word', 'blue sk'],
    ['words without their accents', 'cafe'],
    ['words in any case', 'CAFÉ'],
    ['words around punctuation', 'foo.bar(x)'],
    ['a part of a word, when no word fits', 'fé-bl'],
    ['punctuation alone', '=>'],
    ['writing without blanks', '好吃'],
  ])('finds %s', async (_name, query) => {
    const { history } = await emptyHistory();
    const id = talk(history, 'm', 'Café-blue skies, foo.bar(x) => 羊驼很好吃吗', 'Yes');
    talk(history, 'm', 'something else', 'No');
    expect(history.search(query).map(({ info }) => info.id)).toEqual([id]);
  });

  test('finds a title that was given by hand', async () => {
    const { history } = await emptyHistory();
    const { info, writer } = history.reopen(talk(history, 'm', 'hello', 'hi'));
    writer.update({ title: 'Taxes of 2025' });
    expect(history.search('taxes')).toMatchObject([
      { info: { id: info.id }, snippet: 'Taxes of 2025', messageId: 1 },
    ]);
  });

  test('shows nothing that could harm a terminal', async () => {
    const { history } = await emptyHistory();
    talk(history, 'm', 'a \u001B[2J\u0001b\u0002 llama\u202E \u009B0m z', 'x');
    for (const query of ['llama', 'lam', 'z']) {
      const [hit] = history.search(query);
      expect(hit?.snippet).toMatch(/llama/u);
      expect(hit?.snippet).not.toMatch(/[\u0000-\u001F\u007F-\u009F\u202E]/u);
    }
  });

  test('takes any text and never throws', async () => {
    const { history } = await emptyHistory();
    talk(history, 'm', 'the llama spits', 'hello AND "NEAR" (world) ^ * -col: {x}');
    const pieces = fc.constantFrom(
      '"',
      "'",
      '*',
      '^',
      ' ',
      'AND',
      'OR',
      'NOT',
      'NEAR(',
      ')',
      ':',
      '-',
      '+',
      '{',
      '}',
      '\0',
      '\u0001',
      '\uD800',
      'prompt:',
      'llama',
      '%',
      '_',
      '\\',
    );
    const typed = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.array(pieces, { maxLength: 12 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(typed, (query) => {
        for (const { parts, snippet } of history.search(query)) {
          expect(parts.map(({ text }) => text).join('')).toBe(snippet);
        }
      }),
      { numRuns: 500 },
    );
    expect(history.search('llama '.repeat(20_000))).toHaveLength(1);
    expect(history.search('%')).toEqual([]);
  });
});

describe('what is removed', () => {
  test('is gone from the list, the search, and the arrow keys', async () => {
    const { history } = await emptyHistory();
    const id = talk(history, 'm', 'secret thing', 'ok');
    const other = talk(history, 'm', 'plain thing', 'ok');
    for (const text of ['secret thing', 'plain thing']) history.prompts.add(text);
    expect(history.remove([id, 'missing'])).toBe(1);
    expect(history.list().map((info) => info.id)).toEqual([other]);
    expect(history.search('secret')).toEqual([]);
    expect(history.prompts.entries()).toEqual(['plain thing']);
    expect(history.removeAll()).toBe(1);
    expect(history.count()).toBe(0);
    expect(history.prompts.entries()).toEqual([]);
  });

  test('stands nowhere in the files any more, and its space is given back', async () => {
    const { file, history } = await emptyHistory();
    const noise = Buffer.alloc(400_000, 'unmistakable').toString('base64');
    const writer = history.begin({ model: 'm' });
    const image = { name: 'unmistakable.png', mimeType: 'image/png', data: noise };
    writer.append({ role: 'user', content: 'unmistakable words', images: [image] });
    talk(history, 'm', 'stays', 'ok');
    expect(history.remove([writer.id])).toBe(1);
    const { readFile } = await import('node:fs/promises');
    const bytes = Buffer.concat(
      await Promise.all([file, `${file}-wal`].map((name) => readFile(name))),
    );
    expect(bytes.includes('unmistakable')).toBe(false);
    expect(bytes.includes('stays')).toBe(true);
    expect(bytes.length).toBeLessThan(200_000);
  });

  test('is what has rested for so many days', async () => {
    const { clock, history } = await emptyHistory();
    const old = talk(history, 'm', 'old');
    clock.forward(20);
    const young = talk(history, 'm', 'young');
    clock.forward(10.5);
    expect(history.olderThan(30).map(({ id }) => id)).toEqual([old]);
    expect(history.prune(31)).toBe(0);
    expect(history.prune(30)).toBe(1);
    expect(history.list().map(({ id }) => id)).toEqual([young]);
  });

  test('may be more than is removed at once', async () => {
    const { history } = await emptyHistory();
    const ids = Array.from({ length: 230 }, (_, index) => talk(history, 'm', `prompt ${index}`));
    expect(history.remove(ids.slice(0, 225))).toBe(225);
    expect(history.list().map(({ id }) => id)).toEqual(ids.slice(225).toReversed());
  });

  test('by itself is looked for once a day, and never when all is to be kept', async () => {
    const { clock, history } = await emptyHistory();
    talk(history, 'm', 'one');
    clock.forward(400);
    expect(history.pruneDaily(0)).toBe(0);
    expect(history.pruneDaily(30)).toBe(1);
    talk(history, 'm', 'two');
    clock.forward(0.9);
    expect(history.pruneDaily(0.1)).toBe(0);
    clock.forward(0.2);
    expect(history.pruneDaily(0.1)).toBe(1);
  });
});

describe('the prompts', () => {
  test('are each there once, the newest last, a thousand at most', async () => {
    const { history } = await emptyHistory();
    for (let number = 0; number < 1_010; number += 1) history.prompts.add(`prompt ${number}`);
    history.prompts.add('prompt 500');
    history.prompts.add('  ');
    history.prompts.add('x'.repeat(100_000));
    const entries = history.prompts.entries();
    expect(entries).toHaveLength(1_000);
    expect(entries.at(-1)).toBe('prompt 500');
    expect(new Set(entries).size).toBe(1_000);
    expect(entries[0]).toBe('prompt 10');
  });
});

describe('the file', () => {
  test('belongs to its owner alone', async () => {
    const { file, history } = await emptyHistory();
    talk(history, 'm', 'hello');
    const mode = async (name: string): Promise<number> => (await stat(name)).mode & 0o777;
    expect(await mode(path.dirname(file))).toBe(0o700);
    for (const end of ['', '-wal', '-shm']) expect(await mode(file + end)).toBe(0o600);
  });

  test('is not made by who only reads, and cannot be written by them', async () => {
    const file = await historyFile();
    using history = await openHistory({ file, readOnly: true });
    expect(history.list()).toEqual([]);
    expect(codeOf(() => talk(history, 'm', 'hello'))).toBe('DISK_NOT_WRITABLE');
    await expect(stat(path.dirname(file))).rejects.toThrow('ENOENT');
    using writing = await openHistory({ file });
    talk(writing, 'm', 'hello');
    using reading = await openHistory({ file, readOnly: true });
    expect(reading.count()).toBe(1);
    expect(codeOf(() => reading.removeAll())).toBe('DISK_NOT_WRITABLE');
  });

  test('is never read from end to end to list, read, prune or search for words', async () => {
    const { file, history } = await emptyHistory();
    const id = talk(history, 'm', 'hello', 'hello you');
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare');
    using again = await openHistory({ file, now: () => new Date('2036-01-01') });
    again.list({ limit: 20 });
    again.find(id.slice(0, 5));
    again.read(id);
    again.olderThan(30);
    const answered = again.search('hello');
    again.reopen(id).writer.append({ role: 'user', content: 'more' });
    again.remove([id]);
    const statements = prepared.mock.calls.map(([sql]) => sql);
    prepared.mockRestore();
    expect(answered).toHaveLength(1);
    const database = new DatabaseSync(file);
    const scans = statements
      .filter((sql) => !sql.startsWith('PRAGMA') && !sql.includes('instr(lower(title)'))
      .flatMap((sql) => database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all())
      .map(({ detail }) => String(detail));
    database.close();
    const own = scans.filter((detail) => /\b(?:SCAN|B-TREE)\b/u.test(detail));
    // The list walks its index from the newest on; the index of words is asked for its own rows.
    expect([...new Set(own)].sort()).toEqual([
      'SCAN conversation USING INDEX conversation_by_age',
      expect.stringMatching(/^SCAN message_words VIRTUAL TABLE INDEX \d+:.*M/u) as string,
    ]);
  });
});
