import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { groupMembers } from '../../src/lib/process-identity.ts';
import { readLiveState } from '../../src/lib/server/state.ts';
import { busySlots, type Kept, latestConversation } from '../support/conversations.ts';
import { CommandPty, Pty, commandLine } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';
import { ServerHome } from '../support/server-home.ts';
import { signalTalkers } from '../support/talkers.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
const SENTENCE = 'llamas carry small loads over high mountain paths';
/** What is looked for in the output: words of an answer may be drawn one by one. */
const LAST_WORD = 'paths';
/** So many words on so wide a model take far longer than any test waits for a stop. */
const ENDLESS = Array.from({ length: 1500 }, (_, index) => `w${index}`).join(' ');
const A = 'user/alpha:Q4_K_M';
const SLOW = 'user/endless:F32';
const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const PATIENT = { timeout: 30_000, interval: 20 };

let home: ServerHome;

beforeEach(async () => {
  home = await ServerHome.start();
  await home.store(A, SENTENCE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** A line for `sh` that runs the program. */
function llamero(...words: readonly string[]): string {
  return commandLine([process.execPath, PROGRAM, ...words]);
}

/** A shell in a terminal. */
function shell(script: string): CommandPty {
  return new CommandPty(script, { env: home.env, cwd: home.folder });
}

/** Asks the slow model something; answers when it is in the middle of its answer. */
async function intoAnAnswer(pty: CommandPty): Promise<number> {
  const seen = await pty.waitFor('>>> ');
  pty.type('hello\r');
  const end = await pty.waitFor('w20', seen);
  expect(await busySlots(home, SLOW)).toBe(1);
  return end;
}

function expectPartOfAnswer(message: Kept['messages'][number] | undefined): void {
  expect(message?.content).toContain('w20');
  expect(ENDLESS.startsWith(message?.content.trim() ?? '-')).toBe(true);
  expect(message).toMatchObject({ role: 'assistant', stopped: true });
}

async function routerPid(): Promise<number> {
  const state = await readLiveState(home.path('run', 'server.json'));
  if (state === undefined) throw new Error('no server runs');
  return state.pid;
}

/** The processes of models. */
async function modelProcesses(): Promise<number[]> {
  const router = await routerPid();
  return (await groupMembers(router)).filter((pid) => pid !== router);
}

/** How often the server has begun to load a model. */
async function loads(): Promise<number> {
  const log = await readFile(home.path('logs', 'server.log'), 'utf8');
  return log.match(/spawning server instance with name=/gu)?.length ?? 0;
}

describe('a hangup in the middle of an answer', () => {
  const codeFile = (): string => path.join(home.folder, 'code');
  /** The shell outlives its terminal, to tell how the program ended. */
  const script = (): string =>
    `trap : HUP; ${llamero('run', SLOW)}; echo $? > ${commandLine([codeFile()])}; stty -a`;

  beforeEach(async () => {
    await home.store(SLOW, ENDLESS, { embeddingSize: 2048 });
  });

  test('stops the server, keeps what came and gives the terminal back', async () => {
    await using pty = shell(script());
    await intoAnAnswer(pty);
    expect(await signalTalkers(home, 'SIGHUP')).toBe(1);
    const end = await pty.waitFor('speed ');
    await pty.ended;
    expect(await readFile(codeFile(), 'utf8')).toBe('143\n');
    expect(pty.output.slice(end)).toMatch(/\sicanon[\s\S]* echo /u);
    const { output } = pty;
    expect(output.lastIndexOf('\u001B[?2004l')).toBeGreaterThan(
      output.lastIndexOf('\u001B[?2004h'),
    );
    await expect.poll(() => busySlots(home, SLOW), PATIENT).toBe(0);
    const { messages } = await latestConversation(home);
    expect(messages).toHaveLength(2);
    expectPartOfAnswer(messages[1]);
  });

  test('by a terminal that is gone does the same', async () => {
    const pty = shell(script());
    await intoAnAnswer(pty);
    await pty[Symbol.asyncDispose]();
    await expect
      .poll(() => readFile(codeFile(), 'utf8').catch(() => undefined), PATIENT)
      .toBe('143\n');
    await expect.poll(() => busySlots(home, SLOW), PATIENT).toBe(0);
    const { messages } = await latestConversation(home);
    expect(messages).toHaveLength(2);
    expectPartOfAnswer(messages[1]);
  });
});

describe('kill -9 of the program', () => {
  test('in the middle of an answer frees the server, and what was kept can be gone on with', async () => {
    await home.store(SLOW, ENDLESS, { embeddingSize: 2048 });
    {
      await using pty = new Pty(home, ['run', SLOW]);
      await intoAnAnswer(pty);
      expect(await signalTalkers(home, 'SIGKILL')).toBe(1);
      await pty.ended;
    }
    await expect.poll(() => busySlots(home, SLOW), PATIENT).toBe(0);
    expect((await latestConversation(home)).messages.map(({ content }) => content)).toEqual([
      'hello',
    ]);
    await using pty = new Pty(home, ['run', '--continue']);
    let seen = await pty.waitFor('Say something');
    pty.type('again\r');
    await pty.waitFor('w20', seen);
    pty.type(CTRL_C);
    seen = await pty.waitFor('(stopped)', seen);
    await pty.waitFor('>>> ', seen);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    const { messages } = await latestConversation(home);
    expect(messages.map(({ role }) => role)).toEqual(['user', 'user', 'assistant']);
    expectPartOfAnswer(messages[2]);
  });

  test('in the middle of a load leaves the server and the load to the next run', async () => {
    const ref = 'user/wide:F32';
    await home.store(ref, SENTENCE, { minimumBytes: 100_000_000 });
    await home.run(['serve', '-d']);
    const router = await routerPid();
    let loader = 0;
    {
      await using pty = new Pty(home, ['run', ref]);
      await expect.poll(modelProcesses, { ...PATIENT, interval: 5 }).toHaveLength(1);
      [loader = 0] = await modelProcesses();
      // It stays in the middle of it until it may go on.
      process.kill(loader, 'SIGSTOP');
      await pty.waitFor(`Loading ${ref}`);
      expect(await signalTalkers(home, 'SIGKILL')).toBe(1);
      await pty.ended;
      expect(pty.output).not.toContain('>>> ');
    }
    await using pty = new Pty(home, ['run', ref, 'Hello']);
    await pty.waitFor(`Loading ${ref}`);
    process.kill(loader, 'SIGCONT');
    expect(await pty.ended).toBe(0);
    expect(pty.output).toContain(LAST_WORD);
    expect(await routerPid()).toBe(router);
    expect(await loads()).toBe(1);
  });
});

test('kill -9 of the model’s process in the middle of an answer is told, and it goes on', async () => {
  await home.store(SLOW, ENDLESS, { embeddingSize: 2048 });
  await using pty = new Pty(home, ['run', SLOW]);
  let seen = await intoAnAnswer(pty);
  for (const pid of await modelProcesses()) process.kill(pid, 'SIGKILL');
  seen = await pty.waitFor(`The process of ${SLOW} ended in the middle of the answer`, seen);
  seen = await pty.waitFor('>>> ', seen);
  pty.type('again\r');
  await pty.waitFor('w20', seen);
  pty.type(CTRL_C);
  await pty.waitFor('>>> ', await pty.waitFor('(stopped)', seen));
  pty.type(CTRL_D);
  expect(await pty.ended).toBe(0);
  const { messages } = await latestConversation(home);
  expect(messages).toHaveLength(4);
  expectPartOfAnswer(messages[1]);
  expectPartOfAnswer(messages[3]);
});

describe('a disk that fills while a conversation is saved', () => {
  /** Talks where the history alone is on a small file system; it fills and empties when asked. */
  async function talkOnSmallDisk(): Promise<CommandPty> {
    const small = path.join(home.folder, 'small');
    await mkdir(small);
    await mkdir(home.path(), { recursive: true });
    await symlink(path.join(small, 'history.db'), home.path('history.db'));
    await writeFile(
      path.join(home.folder, 'talk.sh'),
      `mount -t tmpfs -o size=1m tmpfs ${commandLine([small])} || exit 99
       ( until [ -e full ]; do sleep 0.05; done; dd if=/dev/zero of=small/filler bs=4k 2>dd.txt
         touch is-full
         until [ -e free ]; do sleep 0.05; done; rm small/filler; touch is-free ) &
       ${llamero('run', A)}; code=$?
       ${llamero('history', 'list', '--json')} > list.json
       ${llamero('history', 'show', '--json')} > show.json
       kill $! 2>/dev/null
       exit $code`,
    );
    return shell('exec unshare -rm sh talk.sh');
  }

  async function makeDisk(state: 'full' | 'free'): Promise<void> {
    await writeFile(path.join(home.folder, state), '');
    const done = path.join(home.folder, `is-${state}`);
    await expect.poll(() => readFile(done).catch(() => undefined), PATIENT).toBeDefined();
  }

  /** Says something and sees the answer to it. */
  async function say(pty: CommandPty, text: string, since: number): Promise<number> {
    pty.type(`${text}\r`);
    const answered = await pty.waitFor(LAST_WORD, await pty.waitFor(text, since));
    return pty.waitFor('>>> ', answered);
  }

  const FULL = 'This conversation is no longer saved: The disk is full';

  test('is told once, costs no answer, and /save keeps it all when there is room again', async () => {
    await using pty = await talkOnSmallDisk();
    let seen = await say(pty, 'the first question', await pty.waitFor('>>> '));
    await makeDisk('full');
    const full = seen;
    seen = await say(pty, 'the second question', seen);
    expect(pty.output.slice(full)).toContain(FULL);
    seen = await say(pty, 'the third question', seen);
    const screen = await screenText(pty.output, { columns: 80, rows: 24 });
    const first = `>>> the first question[^]*${SENTENCE}`;
    const second = `>>> the second question[^]*${FULL}[^]*${SENTENCE}`;
    const third = `>>> the third question[^]*${SENTENCE}`;
    expect(screen).toMatch(new RegExp([first, second, third].join('[^]*'), 'u'));
    expect(screen.split(FULL)).toHaveLength(2);
    await makeDisk('free');
    pty.type('/save\r');
    await pty.waitFor('>>> ', await pty.waitFor('Kept as', seen));
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    const kept = await readFile(path.join(home.folder, 'show.json'), 'utf8');
    const { conversation } = JSON.parse(kept) as { readonly conversation: Kept };
    expect(conversation.messages.map(({ role }) => role)).toEqual(
      Array.from({ length: 3 }, () => ['user', 'assistant']).flat(),
    );
    expect(conversation.messages.at(4)?.content).toBe('the third question');
  });

  test('and stays full ends the conversation as any other, with what was kept before', async () => {
    await using pty = await talkOnSmallDisk();
    let seen = await say(pty, 'the first question', await pty.waitFor('>>> '));
    await makeDisk('full');
    seen = await say(pty, 'the second question', seen);
    expect(pty.output).toContain(FULL);
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    const kept = await readFile(path.join(home.folder, 'show.json'), 'utf8');
    const { conversation } = JSON.parse(kept) as { readonly conversation: Kept };
    expect(conversation.messages.map(({ content }) => content)).toEqual([
      'the first question',
      SENTENCE,
    ]);
  });
});

describe('Ctrl+C in the middle of an answer', () => {
  test('frees the server within half a second', async ({ annotate }) => {
    await home.store(SLOW, ENDLESS, { embeddingSize: 2048 });
    await using pty = new Pty(home, ['run', SLOW]);
    let seen = await pty.waitFor('>>> ');
    const milliseconds: number[] = [];
    for (let stop = 0; stop < 3; stop += 1) {
      pty.type('hello\r');
      await pty.waitFor('w20', seen);
      expect(await busySlots(home, SLOW)).toBe(1);
      const pressed = performance.now();
      pty.type(CTRL_C);
      await expect.poll(() => busySlots(home, SLOW), { ...PATIENT, interval: 5 }).toBe(0);
      milliseconds.push(Math.round(performance.now() - pressed));
      seen = await pty.waitFor('>>> ', await pty.waitFor('(stopped)', seen));
    }
    pty.type(CTRL_D);
    expect(await pty.ended).toBe(0);
    await annotate(`free after ${milliseconds.join(', ')} ms`);
    // A busy machine delays one or the other; what the server takes is what the fastest took.
    expect(Math.min(...milliseconds), `free after ${milliseconds.join(', ')} ms`).toBeLessThan(500);
  });
});
