import { describe, expect, test } from 'vitest';

import { LlameroError } from '../../../../src/lib/errors.ts';
import { caught } from '../../../support/caught.ts';
import { Stage } from './stage.ts';

const CTRL_C = { type: 'interrupted', hadText: false } as const;

describe('a conversation', () => {
  test('sends what was said before with every question', async () => {
    await using stage = await Stage.open();
    stage.newSession({ system: 'Be brief.' });
    await stage.play('one', '  ', 'two', '/bye', 'three');
    expect(stage.model.chats).toHaveLength(2);
    expect(stage.model.sent(1)).toEqual([
      'system: Be brief.',
      'user: one',
      'assistant: an answer',
      'user: two',
    ]);
    expect(stage.io.shown).toBe('an answer\nan answer\n');
  });

  test('begins with a prompt that was given before', async () => {
    await using stage = await Stage.open();
    const { chatLoop } = await import('../../../../src/lib/chat/loop.ts');
    stage.io.types('two');
    await chatLoop(stage.session, 'one');
    expect(stage.model.sent(1)).toEqual(['user: one', 'assistant: an answer', 'user: two']);
  });

  test('keeps what came of a stopped answer, closes the connection and goes on', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['half of it'], hangs: true });
    stage.io.onText = () => stage.interrupt();
    await stage.play('one', 'two');
    expect(stage.io.lines).toEqual(['note: (stopped)']);
    expect(stage.model.sent(1)).toEqual(['user: one', 'assistant: half of it', 'user: two']);
    expect(stage.session.conversation.turns[1]).toMatchObject({ stopped: true });
    await expect.poll(() => stage.model.closedEarly).toBe(1);
    expect(stage.interrupt()).toBe(false);
  });

  test('takes a question back that was stopped before anything was answered', async () => {
    await using stage = await Stage.open();
    stage.model.will({ hangs: true });
    stage.model.onHang(() => stage.interrupt());
    await stage.play('one', 'two');
    expect(stage.model.sent(1)).toEqual(['user: two']);
    expect(stage.io.initials).toEqual(['', '', '']);
  });

  test('keeps what came when the server leaves in the middle, tells it and goes on', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['half'], leaves: true });
    await stage.play('one', 'two');
    expect(stage.io.lines[0]).toMatch(/^warning: The server at .* is gone/u);
    expect(stage.model.sent(1)).toEqual(['user: one', 'assistant: half', 'user: two']);
  });

  test('tells why the server left, of an answer and of a summary', async () => {
    await using stage = await Stage.open();
    stage.loss = new LlameroError('SERVER_GONE', 'The server ended: no memory was left', {
      hint: 'Choose a smaller quant',
    });
    stage.model.will({ text: ['half'], leaves: true }, {}, { leaves: true });
    await stage.play('one', 'two', '/compact');
    expect(stage.io.lines).toEqual([
      'warning: The server ended: no memory was left',
      'note: Choose a smaller quant',
      'note: The model said nothing',
      'note: It could not be summed up: The server ended: no memory was left',
    ]);
  });

  test('gives a question back that could not be asked, with the reason and the way out', async () => {
    await using stage = await Stage.open();
    stage.loadFailure = new LlameroError('MODEL_LOAD_FAILED', 'It is damaged', {
      hint: 'do this\nor that',
    });
    await stage.play('a long question');
    expect(stage.io.lines).toEqual(['warning: It is damaged', 'note: do this', 'note: or that']);
    expect(stage.io.initials).toEqual(['', 'a long question']);
    expect(stage.session.conversation.turns).toEqual([]);
  });

  test('tells a refusal in the server’s words', async () => {
    await using stage = await Stage.open();
    stage.model.will({ refuses: { message: 'the template does not like it', code: 400 } });
    await stage.play('one', 'two');
    expect(stage.io.lines[0]).toContain('the template does not like it');
    expect(stage.model.sent(1)).toEqual(['user: two']);
  });

  test('does not hide a bug', async () => {
    await using stage = await Stage.open();
    const bug = new TypeError('x is not a function');
    stage.session.host.models = () => Promise.reject(bug);
    await expect(stage.play('/model')).rejects.toBe(bug);
  });

  test('leaves at the second Ctrl+C in a row, not when something came in between', async () => {
    await using stage = await Stage.open();
    const cleared = { type: 'interrupted', hadText: true } as const;
    await stage.play(CTRL_C, 'one', CTRL_C, cleared, CTRL_C, CTRL_C, 'two');
    expect(stage.model.chats).toHaveLength(1);
    expect(stage.io.lines).toEqual(
      Array.from({ length: 3 }, () => 'note: Press Ctrl+C again, or type /bye, to leave'),
    );
  });

  test('ends with the error of the program when that is asked to end', async () => {
    await using stage = await Stage.open();
    const end = new LlameroError('TERMINATED', 'Terminated');
    stage.model.will({ text: ['half'], hangs: true });
    stage.io.onText = () => stage.ending.abort(end);
    expect(await caught(stage.play('one'))).toBe(end);
    expect(stage.session.conversation.turns[1]).toMatchObject({ content: 'half', stopped: true });
  });

  test('shows what the model thinks, keeps it and never sends it again', async () => {
    await using stage = await Stage.open();
    stage.model.will({ reasoning: ['Let me', ' see'], text: ['yes'] });
    await stage.play('one', 'two');
    expect(stage.io.thoughts).toBe('Let me see');
    expect(stage.session.conversation.turns[1]).toMatchObject({ reasoning: 'Let me see' });
    expect(stage.model.sent(1)).toEqual(['user: one', 'assistant: yes', 'user: two']);
  });

  test('lets no control character from the model into the conversation', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['\u001B]0;x', '\u0007y\u202E'], reasoning: ['\u009B2J'] });
    await stage.play('one');
    expect(stage.io.shown).toBe(']0;xy\n');
    expect(stage.io.thoughts).toBe('2J');
    expect(stage.session.conversation.turns[1]?.content).toBe(']0;xy');
  });

  test('says when a limit of tokens ended the answer, and when nothing was said', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['cut'], finishReason: 'length' }, { text: [] });
    await stage.play('one', 'two');
    expect(stage.io.lines[0]).toContain('a limit of tokens was reached');
    expect(stage.io.lines[1]).toBe('note: The model said nothing');
  });
});

describe('what is typed', () => {
  test.each([
    ['/help', 'note', undefined],
    ['/hlep', 'did you mean /help?', undefined],
    ['/xyzzy now', '/help lists them', undefined],
    ['/usr/bin is what?', '', '/usr/bin is what?'],
    ['//help is a command', '', '/help is a command'],
    ['/', '', '/'],
    ['say /bye to him', '', 'say /bye to him'],
  ])('%j is a command or a question', async (typed, said, sent) => {
    await using stage = await Stage.open();
    await stage.play(typed);
    expect(stage.model.chats.map((_, index) => stage.model.sent(index).at(-1))).toEqual(
      sent === undefined ? [] : [`user: ${sent}`],
    );
    if (said !== 'note' && said !== '') expect(stage.io.lines.join('\n')).toContain(said);
  });
});
