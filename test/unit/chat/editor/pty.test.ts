import { tmpdir } from 'node:os';
import path from 'node:path';

import { Terminal } from '@xterm/headless';
import { describe, expect, test } from 'vitest';

import { CommandPty, commandLine } from '../../../support/pty.ts';
import { KEYS } from './screen.ts';

const PROGRAM = commandLine([
  process.execPath,
  '--disable-warning=ExperimentalWarning',
  path.join(import.meta.dirname, 'ask-program.ts'),
]);
const TAKEN = '\u001B[?2004h\u001B[>1u';
const GIVEN_BACK = '\u001B[<u\u001B[?2004l\u001B[?25h';

/** The program, and then what mode it left the terminal in. */
function started(columns: number, command = `${PROGRAM}; echo "exit $?"; stty -a`): CommandPty {
  const { PATH } = process.env;
  return new CommandPty(command, { env: { PATH }, cwd: tmpdir(), size: { columns, rows: 24 } });
}

function pidOf(pty: CommandPty): number {
  return Number(/pid (\d+)/u.exec(pty.output)?.[1]);
}

/** That the last thing done to the terminal was to give it back, and that it reads lines again. */
function expectGivenBack(output: string, modes: string): void {
  expect(output.lastIndexOf(GIVEN_BACK)).toBeGreaterThan(output.lastIndexOf(TAKEN));
  expect(modes).toMatch(/ icanon /u);
  expect(modes).toMatch(/ echo /u);
  expect(modes).toMatch(/isig /u);
}

/** The lines that a screen of some width shows after an output. */
async function linesOf(output: string, columns: number): Promise<string[]> {
  const terminal = new Terminal({ cols: columns, rows: 24, allowProposedApi: true });
  await new Promise<void>((resolve) => {
    terminal.write(output, resolve);
  });
  const { active } = terminal.buffer;
  const lines = Array.from({ length: active.length }, (_, index) =>
    active.getLine(index)?.translateToString(true),
  );
  return lines.filter((line) => line !== undefined && line !== '').map(String);
}

describe.skipIf(process.platform !== 'linux')('in a real terminal', () => {
  test.each([60, 200])('wide characters at the edge of %i columns', async (columns) => {
    await using pty = started(columns);
    await pty.waitFor('>>> ');
    const wide = 'x'.repeat(columns - '>>> '.length - 1);
    pty.type(wide);
    await pty.waitFor(wide);
    pty.type('你好');
    const typed = await pty.waitFor('你好');
    expect((await linesOf(pty.output, columns)).slice(1)).toEqual([`>>> ${wide}`, '你好']);
    pty.type(`${KEYS.left}${KEYS.backspace}${KEYS.return}`);
    await pty.waitFor(`answer {"type":"text","text":"${wide}好"}`, typed);
    expect((await linesOf(pty.output, columns)).slice(1, 3)).toEqual([`>>> ${wide}`, '好']);
    pty.type(KEYS.ctrlD);
    expect(await pty.ended).toBe(0);
    expectGivenBack(pty.output, pty.output);
  });

  test('kill -TERM gives the terminal back', async () => {
    await using pty = started(80);
    await pty.waitFor('>>> ');
    pty.type('half');
    await pty.waitFor('half');
    process.kill(pidOf(pty), 'SIGTERM');
    await pty.waitFor('answer {"type":"closed"}');
    await pty.waitFor('exit 0');
    await pty.ended;
    expectGivenBack(pty.output, pty.output);
  });

  test('a crash gives the terminal back', async () => {
    await using pty = started(80);
    await pty.waitFor('>>> ');
    pty.type('crash\r');
    await pty.waitFor('Error: crashed');
    await pty.waitFor('exit 1');
    await pty.ended;
    expectGivenBack(pty.output, pty.output);
  });

  test('Ctrl+C is a key while it asks', async () => {
    await using pty = started(80);
    const asked = await pty.waitFor('>>> ');
    pty.type(KEYS.ctrlC);
    await pty.waitFor('answer {"type":"interrupted","hadText":false}', asked);
    pty.type(KEYS.ctrlD);
    await pty.waitFor('exit 0');
  });

  test('a change of width lays the text out anew', async () => {
    await using pty = started(60);
    await pty.waitFor('>>> ');
    pty.type('x'.repeat(70));
    await pty.waitFor('x'.repeat(14));
    const narrow = pty.output.length;
    await pty.resize({ columns: 100, rows: 24 });
    await pty.waitFor(`>>> ${'x'.repeat(70)}`, narrow);
    pty.type('\r');
    await pty.waitFor(`answer {"type":"text","text":"${'x'.repeat(70)}"}`);
    pty.type(KEYS.ctrlD);
    await pty.waitFor('exit 0');
  });

  test('Ctrl+Z stops the whole job, and fg goes on where it was', async () => {
    await using pty = started(80, `PS1='shell$ ' exec bash --norc --noprofile -i`);
    await pty.waitFor('shell$ ');
    // Like npx: a program above it, in the same job.
    pty.type(`sh -c ${commandLine([`${PROGRAM}; true`])}\r`);
    await pty.waitFor('pid ');
    const asked = await pty.waitFor('>>> ');
    pty.type('hel');
    const typed = await pty.waitFor('hel', asked);
    pty.type(KEYS.ctrlZ);
    const stopped = await pty.waitFor('Stopped', typed);
    await pty.waitFor('shell$ ', stopped);
    const before = pty.output.slice(0, stopped);
    pty.type('stty -a\r');
    const listed = await pty.waitFor('extproc', stopped);
    expectGivenBack(before, pty.output.slice(stopped));
    pty.type('fg\r');
    const again = await pty.waitFor('>>> hel', listed);
    pty.type('lo\r');
    const answered = await pty.waitFor('answer {"type":"text","text":"hello"}', again);
    pty.type(KEYS.ctrlD);
    await pty.waitFor('answer {"type":"closed"}', answered);
    pty.type('exit\r');
    await pty.ended;
  });

  test('Ctrl+Z where no shell could go on with it changes nothing', async () => {
    await using pty = started(80, `exec ${PROGRAM}`);
    await pty.waitFor('>>> ');
    pty.type('a');
    const typed = await pty.waitFor('>>> a');
    pty.type(KEYS.ctrlZ);
    const again = await pty.waitFor('>>> a', typed);
    pty.type('b\r');
    await pty.waitFor('answer {"type":"text","text":"ab"}', again);
    pty.type(KEYS.ctrlD);
    expect(await pty.ended).toBe(0);
  });

  test('a program stopped from outside takes the terminal again when it goes on', async () => {
    await using pty = started(80);
    await pty.waitFor('>>> ');
    pty.type('hel');
    const typed = await pty.waitFor('hel');
    process.kill(pidOf(pty), 'SIGSTOP');
    process.kill(pidOf(pty), 'SIGCONT');
    const again = await pty.waitFor('>>> hel', typed);
    expect(pty.output.indexOf(TAKEN, typed)).toBeGreaterThan(typed);
    pty.type('lo\r');
    await pty.waitFor('answer {"type":"text","text":"hello"}', again);
    pty.type(KEYS.ctrlD);
    await pty.waitFor('exit 0');
  });
});
