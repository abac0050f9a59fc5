import path from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { latestConversation } from '../support/conversations.ts';
import { CommandPty, commandLine } from '../support/pty.ts';
import { ServerHome } from '../support/server-home.ts';

const SENTENCE = 'llamas carry small loads over high mountain paths';
const LONG = Array.from({ length: 1500 }, (_, index) => `w${index}`).join(' ');
const REF = 'user/alpha:Q4_K_M';
const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(REF, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** A conversation on a terminal that only writes one line after another. */
function chat(ref: string): CommandPty {
  const words = commandLine([process.execPath, PROGRAM, 'run', ref]);
  return new CommandPty(`exec env TERM=dumb ${words}`, { env: home.env, cwd: home.folder });
}

test('a dumb terminal is asked line by line, and sent no control sequence', async () => {
  await home.store('user/beta:Q8_0', 'every good herder counts her animals at dusk');
  await using pty = chat(REF);
  let seen = await pty.waitFor('>>> ');
  pty.type('hello\n');
  seen = await pty.waitFor('>>> ', await pty.waitFor(SENTENCE, seen));
  pty.type('two lines\\\n');
  seen = await pty.waitFor('... ', seen);
  pty.type('of text\n');
  seen = await pty.waitFor('>>> ', await pty.waitFor(SENTENCE, seen));
  pty.type('/model\n');
  seen = await pty.waitFor('Enter leaves: ', await pty.waitFor('2  user/beta:Q8_0', seen));
  pty.type('beta\n');
  seen = await pty.waitFor('>>> ', await pty.waitFor('Now user/beta', seen));
  pty.type('and you?\n');
  await pty.waitFor('>>> ', await pty.waitFor('at dusk', seen));
  pty.type(CTRL_D);
  expect(await pty.ended).toBe(0);
  expect(pty.output).not.toContain('\u001B');
  const { messages } = await latestConversation(home);
  expect(messages.map(({ content }) => content)).toEqual([
    'hello',
    SENTENCE,
    'two lines\nof text',
    SENTENCE,
    'and you?',
    'every good herder counts her animals at dusk',
  ]);
});

test('Ctrl+C on a dumb terminal stops an answer, hints at the prompt and leaves', async () => {
  const ref = 'user/long:F32';
  await home.store(ref, LONG, { embeddingSize: 2048 });
  await using pty = chat(ref);
  let seen = await pty.waitFor('>>> ');
  pty.type('hello\n');
  await pty.waitFor('w20', seen);
  pty.type(CTRL_C);
  seen = await pty.waitFor('>>> ', await pty.waitFor('(stopped)', seen));
  pty.type('half a thought');
  await pty.waitFor('half a thought', seen);
  pty.type(CTRL_C);
  await pty.waitFor('>>> ', await pty.waitFor('Press Ctrl+C again', seen));
  pty.type(CTRL_C);
  expect(await pty.ended).toBe(0);
  expect(pty.output).not.toContain('\u001B');
});
