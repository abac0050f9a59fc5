import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { complete } from '../../../../src/lib/chat/slash/complete.ts';
import { parseCommand } from '../../../../src/lib/chat/slash/command.ts';
import { Stage } from '../session/stage.ts';

describe('completing', () => {
  test.each([
    ['/re', 0, ['/regen', '/retry', '/read', '/resume']],
    ['/BY', 0, ['/bye']],
    ['/set te', 5, ['temp']],
    ['/set temp d', 10, ['default']],
    ['/set ctx', 5, ['ctx-size']],
    ['/model user/b', 7, ['user/beta:Q8_0']],
    ['/model USER/A', 7, ['user/alpha:Q4_K_M']],
    ['/think l', 7, ['low']],
    ['/help sess', 6, ['sessions']],
    ['/file no', 6, ['notes.txt']],
    ['/file sub/', 6, ['sub/deep\\ file.md']],
    ['/file ./no', 6, ['./notes.txt']],
    ['/image ~/no', 7, ['~/notes.txt']],
    ['/export md no', 11, ['notes.txt']],
    ['read @no', 6, ['notes.txt']],
    ['read @sub/deep\\ f', 6, ['sub/deep\\ file.md']],
    ['@su', 1, ['sub/']],
  ])('%j from %i on may become %j', async (typed, from, choices) => {
    await using stage = await Stage.open();
    await mkdir(path.join(stage.folder, 'sub'));
    await writeFile(path.join(stage.folder, 'notes.txt'), '');
    await writeFile(path.join(stage.folder, '.hidden'), '');
    await writeFile(path.join(stage.folder, 'sub', 'deep file.md'), '');
    expect(await complete(stage.session, typed)).toEqual({ from, choices });
  });

  test.each(['hello', '/nothing x', '/bye x', 'me@example', '/file missing/', '/set temp 1 x', ''])(
    '%j has nothing to offer',
    async (typed) => {
      await using stage = await Stage.open();
      expect(await complete(stage.session, typed)).toBeUndefined();
    },
  );

  test('offers titles with blanks in them whole', async () => {
    await using stage = await Stage.open({ saves: true });
    await stage.play('about llamas', '/clear', 'about goats');
    expect(await complete(stage.session, '/load about l')).toEqual({
      from: 6,
      choices: ['about llamas'],
    });
  });
});

describe('a command', () => {
  test.each([
    ['/set temp 1', { name: 'set', argument: 'temp 1' }],
    ['  /BYE  ', { name: 'bye', argument: '' }],
    ['/system one\ntwo', { name: 'system', argument: 'one\ntwo' }],
    ['/?', { name: '?', argument: '' }],
    ['/usr/bin', undefined],
    ['/etc/hosts what is it', undefined],
    ['//set', undefined],
    ['/', undefined],
    ['/ set', undefined],
    ['/1', undefined],
    ['set /temp', undefined],
  ])('is found in %j', (typed, command) => {
    expect(parseCommand(typed)).toEqual(command);
  });
});
