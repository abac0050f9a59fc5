import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { SLASH_COMMANDS } from '../../../../src/lib/chat/slash/all.ts';
import { SAMPLING_PARAMETERS } from '../../../../src/lib/chat/sampling.ts';
import { LlameroError } from '../../../../src/lib/errors.ts';
import { Stage } from '../session/stage.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d', 'hex');
const CTRL_C = { type: 'interrupted', hadText: false } as const;

test('there is every command of the conversation, each name once', () => {
  const names = SLASH_COMMANDS.flatMap(({ aliases = [], name }) => [name, ...aliases]);
  expect(new Set(names).size).toBe(names.length);
  expect(SLASH_COMMANDS.map(({ name }) => name)).toEqual(
    expect.arrayContaining(
      'help set show system model load save sessions resume clear undo regen continue edit image file copy export compact stats think thinking raw prompt tokens bye'.split(
        ' ',
      ),
    ),
  );
});

test('/help lists all, and says more of one', async () => {
  await using stage = await Stage.open();
  await stage.play('/help', '/help regen', '/help /retry', '/help nothing');
  for (const { name } of SLASH_COMMANDS) expect(stage.io.lines[0]).toContain(`/${name}`);
  expect(stage.io.lines[1]).toContain('/regen [temperature]');
  expect(stage.io.lines[2]).toBe(stage.io.lines[1]);
  expect(stage.io.lines[3]).toContain('/nothing is no command here');
});

describe('/set', () => {
  test.each([
    ['/set temp 0.3', 'temp: 0.3', { temperature: 0.3 }],
    ['/set temp=0.3', 'temp: 0.3', { temperature: 0.3 }],
    ['/set --top_k 5', 'top-k: 5', { top_k: 5 }],
    ['/set temperature 1', 'temp: 1', { temperature: 1 }],
    ['/set mirostat 2', 'mirostat: 2', { mirostat: 2 }],
    ['/set predict -1', 'predict: -1', { max_tokens: -1 }],
  ])('%s is heeded by the next request', async (typed, said, fields) => {
    await using stage = await Stage.open();
    await stage.play(typed, 'hello');
    expect(stage.io.lines).toEqual([said]);
    expect(stage.model.chats[0]).toMatchObject(fields);
  });

  test.each([
    ['/set temp hot', 'temp takes 0 to 10, not hot'],
    ['/set top-p 1.5', 'top-p takes 0 to 1, not 1.5'],
    ['/set seed 1.5', 'seed takes a whole number, -1 or more, not 1.5'],
    ['/set mirostat 3', 'mirostat takes a whole number, 0 to 2, not 3'],
    ['/set tmep 1', 'did you mean temp?'],
    ['/set xyzzy 1', '/set lists them'],
    ['/set ctx-size big', 'ctx-size must be a whole number, 0 or more, not big'],
  ])('%s is refused with what it takes', async (typed, said) => {
    await using stage = await Stage.open();
    await stage.play(typed);
    expect(stage.io.lines).toHaveLength(1);
    expect(stage.io.lines[0]).toContain(said);
    expect(stage.session.sampling).toEqual({});
  });

  test('shows every parameter with its range, one of them, and gives one back to the model', async () => {
    await using stage = await Stage.open();
    stage.newSession({ sampling: { temp: 0.5 } });
    await stage.play('/set', '/set temp', '/set temp default', 'hello');
    for (const { name } of SAMPLING_PARAMETERS) expect(stage.io.lines[0]).toContain(name);
    expect(stage.io.lines[2]).toContain('ctx-size');
    expect(stage.io.lines[3]).toContain('temp: 0.5');
    expect(stage.io.lines[4]).toBe('temp: left to the model');
    expect(stage.model.chats[0]).not.toHaveProperty('temperature');
  });

  test('asks before it loads the model again', async () => {
    await using stage = await Stage.open();
    stage.io.decides(false, true);
    await stage.play('/set ctx-size 512', '/set ctx-size 1024');
    expect(stage.io.lines).toEqual([
      'note: ctx-size takes effect when the model is loaded',
      '? Load user/alpha:Q4_K_M again with it now?',
      'Nothing was changed',
      'note: ctx-size takes effect when the model is loaded',
      '? Load user/alpha:Q4_K_M again with it now?',
      'ctx-size: 1024',
    ]);
    expect(stage.loads).toEqual([['user/alpha:Q4_K_M', { 'ctx-size': 1024 }]]);
  });
});

describe('/model', () => {
  test('goes on with another model, by name or chosen, and keeps what was said', async () => {
    await using stage = await Stage.open();
    stage.io.picks('user/alpha');
    await stage.play('one', '/model beta', 'two', '/model', 'three');
    expect(stage.model.chats.map(({ model }) => model)).toEqual([
      'user/alpha:Q4_K_M',
      'user/beta:Q8_0',
      'user/alpha:Q4_K_M',
    ]);
    expect(stage.model.sent(2)).toHaveLength(5);
    expect(stage.io.choices).toEqual([['user/alpha:Q4_K_M', 'user/beta:Q8_0']]);
  });

  test('takes the other model’s settings, but for those that were changed here', async () => {
    await using stage = await Stage.open();
    stage.defaults['user/beta:Q8_0'] = { temp: 0.9, 'top-p': 0.8 };
    stage.newSession({ sampling: { temp: 0.1, 'top-k': 7 } });
    await stage.play('/set min-p 0.2', '/model beta');
    expect(stage.session.sampling).toEqual({ temp: 0.9, 'top-p': 0.8, 'min-p': 0.2 });
  });

  test('stays with the model where the other one cannot be loaded or found', async () => {
    await using stage = await Stage.open();
    await stage.play('/model nothing', '/model alpha');
    stage.loadFailure = new LlameroError('MODEL_LOAD_FAILED', 'It is damaged');
    await stage.play('/model beta');
    expect(stage.io.lines).toEqual([
      'warning: There is no nothing',
      'note: It stays user/alpha:Q4_K_M',
      'warning: It is damaged',
    ]);
    expect(stage.session.model).toBe('user/alpha:Q4_K_M');
  });

  test('warns when what was said may not fit', async () => {
    await using stage = await Stage.open();
    stage.newSession({ compaction: { automatic: false, at: 0.8, keepTurns: 3 } });
    stage.model.will({ text: ['a'], promptTokens: 600 });
    await stage.play('one');
    stage.model.contextSize = 500;
    await stage.play('/model beta');
    expect(stage.io.lines.at(-1)).toContain('120 % full: 601 of 500 tokens');
  });
});

describe('what was said', () => {
  test('/undo takes the last question back', async () => {
    await using stage = await Stage.open({ saves: true });
    await stage.play('one', 'two\nwith a second line', '/undo', 'three', '/undo', '/undo', '/undo');
    expect(stage.model.sent(2)).toEqual(['user: one', 'assistant: an answer', 'user: three']);
    expect(stage.io.lines).toEqual([
      'Taken back: two…',
      'Taken back: three',
      'Taken back: one',
      'note: There is nothing to take back',
    ]);
    expect(stage.history?.count()).toBe(0);
  });

  test('/clear begins anew and leaves the old one in the history', async () => {
    await using stage = await Stage.open({ saves: true });
    stage.newSession({ system: 'Be brief.' });
    await stage.play('one', '/clear', 'two');
    expect(stage.model.sent(1)).toEqual(['system: Be brief.', 'user: two']);
    expect(stage.history?.list().map(({ title }) => title)).toEqual(['two', 'one']);
  });

  test('/regen asks the last question again, once with another temperature', async () => {
    await using stage = await Stage.open({ saves: true });
    stage.model.will({ text: ['a'] }, { text: ['b'] }, { text: ['c'] });
    await stage.play('/regen', 'one', '/regen', '/regen 0.9', '/regen hot', 'two');
    expect(stage.model.sent(2)).toEqual(['user: one']);
    expect(stage.model.chats.map(({ temperature }) => temperature)).toEqual([
      undefined,
      undefined,
      0.9,
      undefined,
    ]);
    expect(stage.model.sent(3)).toEqual(['user: one', 'assistant: c', 'user: two']);
    const kept = stage.history?.read(stage.session.record.id ?? '').messages ?? [];
    expect(kept.map(({ content }) => content)).toEqual(['one', 'c', 'two', 'an answer']);
    expect(stage.io.lines).toEqual([
      'note: There is no question to answer anew',
      'warning: A temperature is 0 to 10, not hot',
    ]);
  });

  test('/regen keeps the answer that was there when nothing comes', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['a'] }, { refuses: { message: 'no' } });
    await stage.play('one', '/regen', 'two');
    expect(stage.model.sent(2)).toEqual(['user: one', 'assistant: a', 'user: two']);
  });

  test('/continue goes on with the last answer in place', async () => {
    await using stage = await Stage.open({ saves: true });
    // The server repeats what it goes on with.
    stage.model.will(
      { text: ['half'], finishReason: 'length' },
      { text: ['ha', 'lf', ' and', ' half'] },
    );
    await stage.play('/continue', 'one', '/continue');
    expect(stage.model.chats[1]).toMatchObject({ continue_final_message: true });
    expect(stage.io.shown).toBe('half\n and half\n');
    expect(stage.session.conversation.turns.map(({ content }) => content)).toEqual([
      'one',
      'half and half',
    ]);
    const kept = stage.history?.read(stage.session.record.id ?? '').messages ?? [];
    expect(kept.map(({ content }) => content)).toEqual(['one', 'half and half']);
  });

  test('/continue asks to go on where the server takes no beginning', async () => {
    await using stage = await Stage.open();
    stage.model.will(
      { text: ['half'] },
      { refuses: { message: 'no prefill' } },
      { text: ['rest'] },
    );
    await stage.play('one', '/continue');
    expect(stage.io.lines[0]).toContain('no prefill. It is asked to go on instead');
    expect(stage.model.sent(2).at(-1)).toContain('Go on exactly where you stopped');
  });

  test('/edit puts the question back into the line, and asks it anew when it is sent', async () => {
    await using stage = await Stage.open();
    await stage.play('/edit', 'one', 'two', '/edit', 'two, changed');
    expect(stage.io.initials).toEqual(['', '', '', '', 'two', '']);
    expect(stage.model.sent(2)).toEqual([
      'user: one',
      'assistant: an answer',
      'user: two, changed',
    ]);
  });

  test.each([
    ['Ctrl+C', CTRL_C],
    ['nothing in the line', ''],
  ])('/edit changes nothing when it is left with %s', async (_way, input) => {
    await using stage = await Stage.open();
    await stage.play('one', '/edit', input, 'two');
    expect(stage.model.sent(1)).toHaveLength(3);
    expect(stage.io.lines[0]).toBe('note: The question stays as it was');
  });
});

describe('what goes with a message', () => {
  test('text files by /file and @path, and pictures by /image, a path or @path', async () => {
    await using stage = await Stage.open();
    stage.model.vision = true;
    await writeFile(path.join(stage.folder, 'notes.txt'), 'some notes\n');
    await writeFile(path.join(stage.folder, 'b c.txt'), 'more notes\n');
    await writeFile(path.join(stage.folder, 'photo.png'), PNG);
    await stage.play(
      '/file notes.txt',
      '/file "b c.txt"',
      '/image photo.png',
      '/file',
      'what is it?',
      'and now @notes.txt',
    );
    expect(stage.io.lines.slice(0, 4)).toEqual([
      'notes.txt (11 B) goes with your next message',
      'b c.txt (11 B) goes with your next message',
      'photo.png (12 B) goes with your next message',
      'With your next message: photo.png, notes.txt, b c.txt',
    ]);
    const [first] = stage.model.chats[0]?.messages ?? [];
    expect(JSON.stringify(first?.content)).toContain('data:image/png;base64');
    expect(JSON.stringify(first?.content)).toContain('some notes');
    const last = String(stage.model.chats[1]?.messages.at(-1)?.content);
    expect(last).toContain('some notes');
    expect(last).not.toContain('more notes');
  });

  test('is refused at once where the model cannot see', async () => {
    await using stage = await Stage.open();
    await writeFile(path.join(stage.folder, 'photo.png'), PNG);
    await stage.play('/image photo.png', 'look at ./photo.png', 'one');
    expect(stage.io.lines[0]).toContain('user/alpha:Q4_K_M cannot see photo.png');
    expect(stage.io.initials[2]).toBe('look at ./photo.png');
    expect(stage.model.sent(0)).toEqual(['user: one']);
  });

  test.each([
    ['/file missing.txt', 'There is no file missing.txt'],
    ['/image folder', 'folder is a folder'],
    ['/file photo.png', 'photo.png is no text in UTF-8'],
    ['read @photo.png.txt', 'There is no file photo.png.txt; it is sent as a word'],
  ])('%s is told', async (typed, said) => {
    await using stage = await Stage.open();
    await mkdir(path.join(stage.folder, 'folder'));
    await writeFile(path.join(stage.folder, 'photo.png'), Buffer.concat([PNG, Buffer.alloc(4)]));
    await stage.play(typed);
    expect(stage.io.lines[0]).toContain(said);
  });
});

describe('what leaves the conversation', () => {
  test('/copy takes the last answer, its last code, or all', async () => {
    await using stage = await Stage.open();
    stage.model.will({ text: ['Look:\n```js\na\n```\nand\n~~~\nb\nc\n~~~\nso.'] });
    await stage.play('/copy', 'one', '/copy', '/copy code', '/copy all', '/copy that');
    expect(stage.copied[0]).toMatch(/^Look:[\s\S]*so\.$/u);
    expect(stage.copied[1]).toBe('b\nc\n');
    expect(stage.copied[2]).toContain('## User\n\none');
    expect(stage.io.lines[0]).toBe('note: There is nothing to copy');
    expect(stage.io.lines.at(-1)).toContain('that is neither code nor all');
  });

  test.each([
    ['/export', 'one-question.md', '## User\n\nOne question!'],
    ['/export md talk.md', 'talk.md', '## User'],
    ['/export talk.json', 'talk.json', '"conversations"'],
    ['/export json', 'one-question.json', '"role": "assistant"'],
  ])('%s writes %s', async (typed, file, holds) => {
    await using stage = await Stage.open({ saves: file === 'talk.md' });
    await stage.play('One question!', typed);
    expect(await readFile(path.join(stage.folder, file), 'utf8')).toContain(holds);
  });

  test('/export overwrites nothing unasked', async () => {
    await using stage = await Stage.open();
    const file = path.join(stage.folder, 'talk.md');
    await writeFile(file, 'precious');
    await stage.play('/export talk.md', 'one', '/export md talk.md');
    expect(await readFile(file, 'utf8')).toBe('precious');
    expect(stage.io.lines.at(-1)).toBe('note: Nothing was written');
    expect(stage.io.lines[0]).toBe('note: There is nothing to export yet');
  });
});

describe('how it is shown', () => {
  test.each([
    ['/raw', { markdown: false, thinking: 'folded' }],
    ['/raw off', { markdown: true, thinking: 'folded' }],
    ['/thinking show', { markdown: true, thinking: 'all' }],
    ['/thinking hide', { markdown: true, thinking: 'none' }],
  ])('%s', async (typed, style) => {
    await using stage = await Stage.open();
    await stage.play(typed, 'one');
    expect(stage.io.styles).toEqual([style]);
  });

  test('/stats adds a line of figures after each answer', async () => {
    await using stage = await Stage.open();
    await stage.play('one', '/stats', 'two', '/stats off', 'three', '/stats maybe');
    expect(stage.io.lines[0]).toBe('stats: on');
    for (const index of [1, 2]) expect(stage.io.lines[index]).toContain('context 11 of 1k (1 %)');
    expect(stage.io.lines.slice(3)).toEqual(['stats: off', 'warning: maybe is neither on nor off']);
  });

  test('/think is sent, and says when the model does not seem to think', async () => {
    await using stage = await Stage.open();
    await stage.play('/think', '/think off', 'one', '/think default', 'two', '/think much');
    expect(stage.model.chats[0]).toMatchObject({
      chat_template_kwargs: { enable_thinking: false },
    });
    expect(stage.model.chats[1]).not.toHaveProperty('chat_template_kwargs');
    expect(stage.io.lines).toEqual([
      'think: left to the model',
      'think: off',
      'note: user/alpha:Q4_K_M does not seem to be a model that thinks',
      'think: left to the model',
      expect.stringContaining('much is none of') as string,
    ]);
  });

  test('/think says when the template knows no levels', async () => {
    await using stage = await Stage.open();
    stage.model.chatTemplate = '{% if enable_thinking %}';
    await stage.play('/think high');
    expect(stage.io.lines[1]).toContain('high is taken for on');
  });
});

describe('looking inside', () => {
  test('/prompt shows the text the model reads, or the request', async () => {
    await using stage = await Stage.open();
    stage.newSession({ system: 'Be brief.', sampling: { temp: 0.5 } });
    await stage.play('one', '/prompt', '/prompt json');
    expect(stage.io.lines[0]).toBe('<system>Be brief.<user>one<assistant>an answer');
    expect(JSON.parse(stage.io.lines[1] ?? '')).toMatchObject({
      model: 'user/alpha:Q4_K_M',
      temperature: 0.5,
      messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant' }],
    });
  });

  test('/tokens counts the conversation or a text', async () => {
    await using stage = await Stage.open();
    await stage.play('/tokens', 'one', '/tokens', '/tokens three short words');
    expect(stage.io.lines).toEqual([
      'The context is 0 % full: 0 of 1000 tokens',
      'The context is 1 % full: 14 of 1000 tokens',
      '3 tokens',
    ]);
  });

  test('/system shows and changes the system prompt, and /show tells all', async () => {
    await using stage = await Stage.open();
    await stage.play(
      '/system',
      '/system Be\nbrief.',
      '/system',
      'one',
      '/show',
      '/system none',
      'two',
    );
    expect(stage.model.sent(0)[0]).toBe('system: Be\nbrief.');
    expect(stage.model.sent(1)[0]).toBe('user: one');
    expect(stage.io.lines[0]).toBe('There is no system prompt');
    expect(stage.io.lines[2]).toBe('Be\nbrief.');
    expect(stage.io.lines[3]).toMatch(/model +user\/alpha:Q4_K_M\ncontext +1 % full/u);
  });
});
