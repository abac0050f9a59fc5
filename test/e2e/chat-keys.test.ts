import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { latestConversation } from '../support/conversations.ts';
import { CommandPty, commandLine, Pty, type PtySize } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';
import { ServerHome } from '../support/server-home.ts';
import { signalTalkers } from '../support/talkers.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
const SENTENCE = 'llamas carry small loads over high mountain paths';
/** So many words on so wide a model take a while: long enough to type in between. */
const LONG = Array.from({ length: 80 }, (_, index) => `w${index}`).join(' ');
const LAST_WORD = 'w79';
const SHORT_MODEL = 'user/alpha:Q4_K_M';
const LONG_MODEL = 'user/long:F32';
const SIZE: PtySize = { columns: 80, rows: 200 };
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_G = '\u0007';
const CTRL_Z = '\u001A';
const POLL = { timeout: 30_000, interval: 50 };
const ARROW_UP = '\u001B[A';

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(SHORT_MODEL, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** The program, and then what mode it left the terminal in. */
function withModes(words: readonly string[]): CommandPty {
  const program = commandLine([process.execPath, PROGRAM, ...words]);
  return new CommandPty(`${program}; echo "exit $?"; stty -a`, {
    env: home.env,
    cwd: home.folder,
    size: SIZE,
  });
}

async function expectGivenBack(pty: CommandPty): Promise<void> {
  await pty.ended;
  const modes = pty.output.slice(pty.output.lastIndexOf('exit '));
  expect(modes).toMatch(/ icanon /u);
  expect(modes).toMatch(/ echo /u);
  expect(modes).toMatch(/isig /u);
  expect(pty.output.lastIndexOf('\u001B[?2004l')).toBeGreaterThan(
    pty.output.lastIndexOf('\u001B[?2004h'),
  );
}

/** What was said, in the order it was said. */
async function prompts(): Promise<readonly string[]> {
  const { messages } = await latestConversation(home);
  return messages.filter(({ role }) => role === 'user').map(({ content }) => content);
}

describe('what is typed while an answer streams', () => {
  test('is not seen in the answer and is sent after it', async () => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    await using pty = new Pty(home, ['run', LONG_MODEL], SIZE);
    let seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    for (const key of ['s', 'e', 'c', 'o', 'n', 'd', '\r']) pty.type(key);
    seen = await pty.waitFor(LAST_WORD, seen);
    seen = await pty.waitFor('>>> second', seen);
    seen = await pty.waitFor(LAST_WORD, seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    expect(await prompts()).toEqual(['hello', 'second']);
    const shown = await screenText(pty.output, SIZE);
    expect(shown.split('second')).toHaveLength(2);
    expect(shown.replaceAll(/\s+/gu, ' ').split(LONG)).toHaveLength(3);
  });

  test('stands in the line of the next question when it was not sent', async () => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    await using pty = new Pty(home, ['run', LONG_MODEL], SIZE);
    let seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    pty.type('dra');
    pty.type('\u001B[200~ft\rof two lines\u001B[201~');
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    seen = await pty.waitFor('... of two lines', await pty.waitFor('>>> draft', seen));
    pty.type('\r');
    await pty.waitFor('w20', seen);
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    expect(await prompts()).toEqual(['hello', 'draft\nof two lines']);
  });

  test('leaves after the answer when it is Ctrl+D', async () => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    await using pty = withModes(['run', LONG_MODEL]);
    const seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    pty.type(CTRL_D);
    await pty.waitFor('exit 0', await pty.waitFor(LAST_WORD, seen));
    await expectGivenBack(pty);
  });

  test('can stop the program, which goes on with the answer', async () => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    await using pty = new CommandPty(`PS1='shell$ ' exec bash --norc --noprofile -i`, {
      env: home.env,
      cwd: home.folder,
      size: SIZE,
    });
    let seen = await pty.waitFor('shell$ ');
    pty.type(`${commandLine([process.execPath, PROGRAM, 'run', LONG_MODEL])}\r`);
    seen = await pty.waitFor('>>> ', await pty.waitFor('/bye leaves', seen));
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    pty.type(CTRL_Z);
    seen = await pty.waitFor('shell$ ', await pty.waitFor('Stopped', seen));
    pty.type('stty -a\r');
    const listed = await pty.waitFor('extproc', seen);
    expect(pty.output.slice(seen)).toMatch(/ icanon [\s\S]* echo /u);
    pty.type('fg\r');
    seen = await pty.waitFor(LAST_WORD, listed);
    seen = await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    await pty.waitFor('shell$ ', seen);
    pty.type('exit\r');
    await pty.ended;
  });
});

describe('what is typed while the model loads', () => {
  test('is not seen before it is asked for, and is sent then', async () => {
    await using pty = withModes(['run', SHORT_MODEL]);
    // The program has taken the keyboard, and the server does not even run yet.
    await pty.waitFor('\u001B[?2004h');
    expect(pty.output).not.toContain('/bye leaves');
    pty.type('early');
    pty.type('\r');
    const seen = await pty.waitFor('paths', await pty.waitFor('>>> early'));
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    await pty.waitFor('exit 0');
    await expectGivenBack(pty);
    expect(pty.output.split('early')).toHaveLength(2);
  });
});

describe('the terminal', () => {
  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 143],
  ] as const)('is given back when %s ends an answer', async (signal, exitCode) => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    await using pty = withModes(['run', LONG_MODEL]);
    const seen = await pty.waitFor('>>> ');
    pty.type('hello\r');
    await pty.waitFor('w20', seen);
    expect(await signalTalkers(home, signal)).toBe(1);
    await pty.waitFor(`exit ${exitCode}`, seen);
    await expectGivenBack(pty);
  });

  test('ends the program when it is closed, with what came of the answer kept', async () => {
    await home.store(LONG_MODEL, LONG, { embeddingSize: 2048 });
    {
      await using pty = new Pty(home, ['run', LONG_MODEL], SIZE);
      const seen = await pty.waitFor('>>> ');
      pty.type('hello\r');
      await pty.waitFor('w20', seen);
    }
    await expect.poll(() => signalTalkers(home, 0), POLL).toBe(0);
    const { messages } = await latestConversation(home);
    expect(messages).toHaveLength(2);
    expect(messages[1]?.stopped).toBe(true);
    expect(messages[1]?.content).toMatch(/^w0 w1 .*w20/u);
  });

  test('belongs to another question while that is asked', async () => {
    const other = 'user/beta:Q8_0';
    await home.store(other, 'every good herder counts her animals at dusk');
    await using pty = new Pty(home, ['run', SHORT_MODEL], SIZE);
    let seen = await pty.waitFor('>>> ');
    pty.type('/model\r');
    seen = await pty.waitFor('Which model?', seen);
    pty.type('bet');
    await pty.waitFor(`❯ ${other}`, seen);
    pty.type('\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor(`Now ${other}`, seen));
    // Nothing of what was typed for the other question is left for this one.
    pty.type('hello\r');
    seen = await pty.waitFor('>>> ', await pty.waitFor('dusk', seen));
    pty.type(ARROW_UP);
    await pty.waitFor('hello', seen);
    pty.type(`${CTRL_C}${CTRL_D}`);
    expect(await pty.ended).toBe(0);
    expect(await prompts()).toEqual(['hello']);
  });

  test('belongs to the editor that Ctrl+G opens', async () => {
    const modes = path.join(home.folder, 'modes');
    home.env['VISUAL'] = `stty -a > ${modes}; printf 'edited %s' "$(head -n 1)" >`;
    await using pty = new Pty(home, ['run', SHORT_MODEL], SIZE);
    let seen = await pty.waitFor('>>> ');
    pty.type(CTRL_G);
    await expect.poll(() => readFile(modes, 'utf8').catch(() => ''), POLL).toMatch(/ icanon /u);
    expect(await readFile(modes, 'utf8')).toMatch(/ echo /u);
    pty.type('by hand\r');
    seen = await pty.waitFor('>>> edited by hand', seen);
    pty.type('\r');
    await pty.waitFor('>>> ', await pty.waitFor('paths', seen));
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    expect(await prompts()).toEqual(['edited by hand']);
  });
});
