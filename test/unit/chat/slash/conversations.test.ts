import path from 'node:path';

import { describe, expect, test } from 'vitest';

import type { History } from '../../../../src/lib/chat/history/history.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import { Stage } from '../session/stage.ts';

describe('conversations that are kept', () => {
  test('hold the question as soon as it is asked, and the answer with its figures', async () => {
    await using stage = await Stage.open({ saves: true });
    let whileAnswering: readonly string[] = [];
    stage.model.will({ text: ['half'], hangs: true });
    stage.io.onText = () => {
      const kept = stage.history?.read(stage.session.record.id ?? '');
      whileAnswering = kept?.messages.map(({ content }) => content) ?? [];
      stage.interrupt();
    };
    await stage.play('one');
    expect(whileAnswering).toEqual(['one']);
    const kept = stage.history?.read(stage.session.record.id ?? '');
    expect(kept?.messages).toMatchObject([
      { role: 'user', content: 'one' },
      {
        role: 'assistant',
        content: 'half',
        stopped: true,
        stats: { timings: { promptTokens: 10, completionTokens: 1 } },
      },
    ]);
  });

  test('are taken up again with their words, settings and summary of them', async () => {
    await using stage = await Stage.open({ saves: true });
    stage.newSession({ system: 'Be brief.' });
    await stage.play('one', '/set temp 0.2', '/think low', '/save my talk');
    const id = stage.session.record.id ?? '';
    stage.newSession();
    await stage.play('other', '/load MY TALK', 'two');
    expect(stage.model.chats.at(-1)).toMatchObject({ temperature: 0.2 });
    expect(stage.model.chats.at(-1)).toHaveProperty('chat_template_kwargs');
    expect(stage.model.sent(2)).toEqual([
      'system: Be brief.',
      'user: one',
      'assistant: an answer',
      'user: two',
    ]);
    expect(stage.io.replayed.map(({ content }) => content)).toEqual(['one', 'an answer']);
    expect(stage.history?.read(id).messages).toHaveLength(4);
    expect(stage.history?.count()).toBe(2);
  });

  test('are listed, searched and chosen', async () => {
    await using stage = await Stage.open({ saves: true });
    await stage.play('about llamas', '/clear', 'about goats', '/clear');
    stage.io.picks('about llamas');
    await stage.play('/sessions', '/sessions goat', '/sessions zebra', '/resume', 'two');
    const [, , list = '', found = '', none] = stage.io.lines;
    expect(list.split('\n')).toHaveLength(2);
    expect(list).toMatch(/about goats \(2 messages, just now, user\/alpha:Q4_K_M\)/u);
    expect(found).toContain('about goats');
    expect(found).not.toContain('about llamas');
    expect(none).toBe('«zebra» was not found');
    expect(stage.io.choices).toEqual([['about goats', 'about llamas']]);
    expect(stage.model.sent(2)[0]).toBe('user: about llamas');
  });

  test('show their last turns when they are taken up, and who answered before', async () => {
    await using stage = await Stage.open({ saves: true });
    await stage.play('1', '2', '3', '4', '5');
    const id = stage.session.record.id ?? '';
    stage.newSession({ model: 'user/beta:Q8_0' });
    await stage.play(`/resume ${id.slice(0, 5)}`);
    expect(stage.io.replayed.map(({ content }) => content)).toEqual([
      '3',
      'an answer',
      '4',
      'an answer',
      '5',
      'an answer',
    ]);
    expect(stage.io.lines).toEqual([
      'note: 1 (4 messages before)',
      'note: It was talked with user/alpha:Q4_K_M; now user/beta:Q8_0 answers',
    ]);
    expect(stage.history?.find(id).model).toBe('user/beta:Q8_0');
  });

  test('whose last question was never answered are gone on with in one message', async () => {
    await using stage = await Stage.open({ saves: true });
    await stage.play('one');
    const id = stage.session.record.id ?? '';
    // As a program that is killed in the middle of the answer leaves it.
    stage.history?.reopen(id).writer.append({ role: 'user', content: 'two' });
    stage.newSession();
    await stage.play(`/resume ${id}`, 'three', '/regen');
    expect(stage.io.lines).toContain('note: The last question was not answered; /regen answers it');
    const sent = ['user: one', 'assistant: an answer', 'user: two\n\nthree'];
    expect(stage.model.sent(1)).toEqual(sent);
    expect(stage.model.sent(2)).toEqual(sent);
    expect(stage.history?.read(id).messages.map(({ content }) => content)).toEqual([
      'one',
      'an answer',
      'two',
      'three',
      'an answer',
    ]);
  });

  test.each(['/load nothing', '/resume zzzzzzzz'])(
    '%s is told when there is none',
    async (typed) => {
      await using stage = await Stage.open({ saves: true });
      await stage.play(typed, 'one');
      expect(stage.io.lines[0]).toMatch(/^warning: /u);
      expect(stage.io.shown).toBe('an answer\n');
    },
  );

  test('have the words for a title, not the file that goes before them', async () => {
    await using stage = await Stage.open({ saves: true });
    const { writeFile } = await import('node:fs/promises');
    await writeFile(path.join(stage.folder, 'notes.txt'), 'some notes');
    await stage.play('What is in @notes.txt?');
    expect(stage.history?.latest()?.title).toBe('What is in @notes.txt?');
  });
});

describe('a conversation that is not kept', () => {
  test.each(['/save', '/sessions', '/resume', '/load x'])('%s says why', async (typed) => {
    await using stage = await Stage.open();
    await stage.play(typed, 'one');
    expect(stage.io.lines[0]).toBe('warning: Conversations are not kept here');
    expect(stage.io.shown).toBe('an answer\n');
  });

  test('because the disk is full is warned of once and goes on; /save tries anew', async () => {
    await using stage = await Stage.open({ saves: true });
    const history = stage.history as History;
    const begin = history.begin.bind(history);
    let isFull = true;
    // The writer of the real history, on a disk that is full until it is not.
    history.begin = (start) => {
      const writer = begin(start);
      const append = writer.append.bind(writer);
      writer.append = (...given) => {
        if (isFull) throw new LlameroError('DISK_FULL', 'The disk is full');
        return append(...given);
      };
      return writer;
    };
    stage.newSession();
    await stage.play('one', 'two', '/save');
    expect(stage.io.lines).toEqual([
      'warning: This conversation is no longer saved: The disk is full',
      'warning: The disk is full',
    ]);
    expect(stage.model.sent(1)).toHaveLength(3);
    isFull = false;
    await stage.play('/save whole', 'three');
    const kept = history.read(stage.session.record.id ?? '');
    expect(kept.info.title).toBe('whole');
    expect(kept.messages).toHaveLength(6);
    isFull = true;
    await stage.play('four');
    isFull = false;
    await stage.play('/clear', 'five');
    expect(history.latest()?.title).toBe('five');
  });
});
