import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Conversation } from '../../../../src/lib/chat/conversation.ts';
import {
  judgeSummary,
  lengthOf,
  planCompaction,
  planDrop,
} from '../../../../src/lib/chat/session/compaction.ts';
import { Stage } from './stage.ts';

function talkOf(turns: number, system?: string): Conversation {
  const conversation = new Conversation({ system });
  for (let turn = 1; turn <= turns; turn += 1) {
    conversation.ask(`question ${turn}`);
    conversation.answer(`answer ${turn}`);
  }
  return conversation;
}

describe('the plan of a summary', () => {
  test.each([
    [5, 3, 4],
    [5, 1, 8],
    [4, 9, 2],
    [2, 3, 2],
    [1, 3, 2],
  ])('of %i turns of which %i are kept covers %i messages', (turns, keepTurns, covers) => {
    expect(planCompaction(talkOf(turns), { keepTurns })?.covers).toBe(covers);
  });

  test('is none where nothing was said', () => {
    expect(planCompaction(new Conversation({ system: 'x' }), { keepTurns: 3 })).toBeUndefined();
  });

  test('begins like every other request, so that the server knows its beginning', () => {
    const conversation = talkOf(3, 'Be brief.');
    const plan = planCompaction(conversation, { keepTurns: 1, focus: 'the names' });
    expect(plan?.messages.slice(0, 5)).toEqual(conversation.messages.slice(0, 5));
    expect(plan?.messages[5]?.content).toContain('the names');
    expect(plan?.messages).toHaveLength(6);
  });

  test('leaves the oldest out where the whole does not fit', () => {
    const conversation = talkOf(6);
    const whole = planCompaction(conversation, { keepTurns: 1 });
    const room = lengthOf(whole?.messages ?? []) - lengthOf(conversation.turns.slice(0, 4));
    const plan = planCompaction(conversation, { keepTurns: 1, maximumLength: room });
    expect(plan?.messages[0]?.content).toBe('question 3');
    expect(plan?.covers).toBe(10);
  });

  test('never puts two questions in a row, whatever fits', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3000 }),
        fc.integer({ min: 1, max: 8 }),
        (room, turns) => {
          const plan = planCompaction(talkOf(turns, 's'), { keepTurns: 1, maximumLength: room });
          const roles = plan?.messages.map(({ role }) => role) ?? [];
          expect(roles.every((role, index) => role !== roles[index + 1])).toBe(true);
          expect(roles.at(-1)).toBe('user');
        },
      ),
    );
  });

  test.each([
    ['a short one', 'summary'],
    ['', 'refused'],
    [' \n', 'refused'],
    ['x'.repeat(500), 'refused'],
  ])('judges %j as %s', (text, type) => {
    const plan = { messages: [], covers: 2, originalLength: 500 };
    expect(judgeSummary(plan, text).type).toBe(type);
  });
});

describe('dropping the oldest turns', () => {
  test.each([
    [1000, 2],
    [40, 6],
    [0, 8],
  ])('until %i characters are left drops %i messages', (length, covers) => {
    expect(planDrop(talkOf(5), length)?.covers).toBe(covers);
  });

  test('keeps the last question in any case', () => {
    expect(planDrop(talkOf(1), 0)).toBeUndefined();
  });
});

describe('summing up', () => {
  test('/compact puts a summary in the place of the oldest turns and keeps the head from then on', async () => {
    await using stage = await Stage.open({ saves: true });
    stage.newSession({ system: 'Be brief.' });
    const long = 'a very long answer '.repeat(10);
    stage.model.will({ text: [long] }, { text: [long] }, { text: [' The summary. '] });
    await stage.play('one', 'two', '/compact numbers', 'three', 'four');
    expect(stage.model.sent(2).at(-1)).toContain('numbers');
    const head = 'system: Be brief.\n\nWhat was said before, summed up:\n\nThe summary.';
    expect(stage.model.sent(3)).toEqual([head, 'user: two', `assistant: ${long}`, 'user: three']);
    expect(stage.model.sent(4).slice(0, 4)).toEqual(stage.model.sent(3));
    expect(stage.io.lines.at(-1)).toMatch(
      /^note: Summed up 2 messages: \d+ characters became 12$/u,
    );
    expect(stage.session.conversation.turns).toHaveLength(8);
    const id = stage.session.record.id ?? '';
    expect(stage.history?.read(id).messages).toHaveLength(8);
    stage.newSession();
    await stage.play(`/resume ${id}`, 'five');
    expect(stage.model.sent(5).slice(0, 4)).toEqual(stage.model.sent(3));
  });

  test('refuses a summary that is no shorter, and changes nothing', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['a'] }, { text: ['b'] }, { text: ['x'.repeat(100)] });
    await stage.play('one', 'two', '/compact', 'three');
    expect(stage.io.lines).toEqual([
      'note: The summary is not used: it is no shorter than what it sums up',
    ]);
    expect(stage.model.sent(3)).toHaveLength(5);
  });

  test('is stopped by Ctrl+C', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['a'] }, { text: ['The'], hangs: true });
    stage.model.onHang(() => stage.interrupt());
    await stage.play('one', '/compact', 'two');
    expect(stage.io.lines).toEqual(['note: It was not summed up']);
    expect(stage.model.sent(2)).toEqual(['user: one', 'assistant: a', 'user: two']);
  });

  test('happens by itself from the share of the context that is set, before the next question', async () => {
    await using stage = await Stage.open();
    const long = 'words '.repeat(50);
    stage.model.will(
      { text: [long], promptTokens: 700 },
      { text: [long], promptTokens: 860 },
      { text: ['The summary.'] },
      { text: ['yes'], promptTokens: 200 },
    );
    await stage.play('one', 'two', 'three');
    expect(stage.io.lines).toEqual([
      'note: The context is 70 % full: 701 of 1000 tokens',
      'note: The context is 86 % full: 861 of 1000 tokens',
      expect.stringContaining('Summed up 2 messages') as string,
    ]);
    expect(stage.model.sent(3)[0]).toContain('The summary.');
  });

  test('does not happen by itself where that is off, but the way is told', async () => {
    await using stage = await Stage.open();
    stage.newSession({ compaction: { automatic: false, at: 0.8, keepTurns: 1 } });
    stage.model.will({ text: ['a'], promptTokens: 900 }, { text: ['b'], promptTokens: 920 });
    await stage.play('one', 'two', 'three');
    expect(stage.io.lines).toEqual([
      'note: The context is 90 % full: 901 of 1000 tokens; /compact sums up what was said before',
    ]);
    expect(stage.model.sent(2)).toHaveLength(5);
  });

  test('is not tried again at every question after it failed', async () => {
    await using stage = await Stage.open();
    const full = { promptTokens: 900 };
    stage.model.will(
      { text: ['a'], ...full },
      { text: ['b'], ...full },
      { refuses: { message: 'no' } },
      { text: ['c'], ...full },
      { text: ['d'], ...full },
    );
    await stage.play('one', 'two', 'three', 'four');
    expect(stage.io.lines.filter((line) => line.includes('could not be summed up'))).toHaveLength(
      1,
    );
    expect(stage.model.chats).toHaveLength(5);
  });
});

describe('a conversation that does not fit any more', () => {
  const exceeded = {
    type: 'exceed_context_size_error',
    message: 'too long',
    n_prompt_tokens: 1200,
    n_ctx: 1000,
  };
  const long = 'words '.repeat(40).trim();

  test('is summed up when that is chosen, and the question is asked again', async () => {
    await using stage = await Stage.open({ saves: true });
    stage.model.will(
      { text: [long] },
      { text: [long] },
      { refuses: exceeded },
      { text: ['The summary.'] },
      { text: ['yes'] },
    );
    stage.io.picks('Sum up');
    await stage.play('one', 'two', 'three');
    expect(stage.io.lines[0]).toBe(
      'warning: The prompt takes 1200 tokens, and the context holds 1000',
    );
    expect(stage.io.choices[0]).toHaveLength(3);
    expect(stage.model.sent(4).at(0)).toContain('The summary.');
    expect(stage.model.sent(4).at(-1)).toBe('user: three');
    const kept = stage.history?.read(stage.session.record.id ?? '').messages ?? [];
    expect(kept.map(({ content }) => content)).toEqual(['one', long, 'two', long, 'three', 'yes']);
  });

  test('gets a larger context when that is chosen', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: [long] }, { refuses: exceeded }, { text: ['yes'] });
    stage.io.picks('Load the model');
    await stage.play('one', 'two');
    expect(stage.loads).toContainEqual(['user/alpha:Q4_K_M', { 'ctx-size': 2048 }]);
    expect(stage.io.shown).toContain('yes');
  });

  test('loses its oldest turns when that is chosen, in what is sent alone', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: [long] }, { text: [long] }, { refuses: exceeded }, { text: ['yes'] });
    stage.io.picks('Leave out');
    await stage.play('one', 'two', 'three');
    expect(stage.model.sent(3)).toEqual(['user: two', `assistant: ${long}`, 'user: three']);
    expect(stage.session.conversation.turns).toHaveLength(6);
  });

  test('gives the question back when nothing is chosen', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: [long] }, { refuses: exceeded });
    stage.io.picks(undefined);
    await stage.play('one', 'two');
    expect(stage.io.initials.at(-1)).toBe('two');
    expect(stage.session.conversation.turns).toHaveLength(2);
  });
});
