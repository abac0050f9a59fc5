import { appendFile, mkdtemp, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { assert, property, string } from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openLog, readLogTail, rotateLog } from '../../../src/lib/server/log-file.ts';
import { parseLogLine } from '../../../src/lib/server/log-line.ts';
import { LogReader } from '../../../src/lib/server/log-reader.ts';
import { LogStory } from '../../../src/lib/server/log-story.ts';
import { plainWords } from '../../../src/lib/server/log-words.ts';
import { renderLogEntry } from '../../../src/views/server-log.ts';

/** As build 11669 writes it, with a model on the GPU. */
const LOG = `# llamero starts llama.cpp b11669 at 2026-11-21T04:00:00.000Z
0.00.061.847 I srv  llama_server: listening on http://127.0.0.1:19777
0.02.000.000 I srv          load: spawning server instance with name=user/alpha@UD-Q4 on port 40889
0.02.069.332 I srv          load: spawning server instance with args:
[40889] 0.00.043.800 I load_tensors:   CPU_Mapped model buffer size =    10.00 MiB
[40889] 0.00.043.900 I load_tensors:        CUDA0 model buffer size =    80.00 MiB
[40889] 0.00.044.739 I llama_kv_cache:      CUDA0 KV buffer size =    10.00 MiB
[40889] 0.00.046.151 I sched_reserve:        CPU compute buffer size =    28.02 MiB
[40889] 0.00.450.235 I srv  llama_server: model loaded
[40889] 0.07.428.442 I slot launch_slot_: id  0 | task 2 | processing task, is_child = 0
[40889] 0.07.500.000 I slot launch_slot_: id  1 | task 3 | processing task, is_child = 0
[40889] 	repeat_last_n = 64, repeat_penalty = 1.000
[40889] 0.08.724.140 I slot      release: id  0 | task 2 | stop processing: n_tokens = 14, truncated = 0
`;
const RELEASED =
  '[40889] 0.10.000.000 I slot      release: id  1 | task 3 | stop processing: n_tokens = 14, truncated = 0\n';

let folder: string;
let file: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-log-'));
  file = path.join(folder, 'server.log');
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('a line of the log', () => {
  test.each([
    [
      '0.00.061.847 I srv  llama_server: listening on http://127.0.0.1:1',
      { seconds: 0.061847, level: 'info', text: 'listening on http://127.0.0.1:1' },
    ],
    [
      '[52129] 12.30.025.542 E gguf_init_from_reader: invalid magic characters',
      { port: 52129, seconds: 750.025542, level: 'error', text: 'invalid magic characters' },
    ],
    [
      '0.02.048.960 W srv    operator(): unauthorized: Invalid API Key',
      { seconds: 2.04896, level: 'warning', text: 'unauthorized: Invalid API Key' },
    ],
    ['[1] \trepeat_last_n = 64', { port: 1, level: 'info', text: '\trepeat_last_n = 64' }],
    ['error: invalid argument: --x', { level: 'error', text: 'error: invalid argument: --x' }],
    ['', { level: 'info', text: '' }],
  ])('%j is taken apart', (line, expected) => {
    const { seconds, ...rest } = parseLogLine(line);
    const { seconds: wanted, ...others } = expected as { seconds?: number };
    expect(rest).toEqual(others);
    if (wanted === undefined) expect(seconds).toBeUndefined();
    else expect(seconds).toBeCloseTo(wanted, 6);
  });

  test('never fails, whatever it is', () => {
    assert(
      property(string({ unit: 'binary' }), (line) => {
        const { text } = parseLogLine(line);
        expect(line.endsWith(text) || line.includes(text.trim())).toBe(true);
      }),
    );
  });

  test('reaches the terminal without control characters and without secrets', () => {
    const style = { dim: String, yellow: String, red: String };
    const line = renderLogEntry(
      {
        level: 'info',
        text: 'a\u001B[2Jb\u0007 token=abc hf_abcdefghijkl',
        ref: 'user/x\u001B]0;y',
        detail: false,
      },
      style,
    );
    expect(line).not.toMatch(/[\u0000-\u001F\u007F-\u009F]/u);
    expect(line).not.toContain('hf_abc');
    expect(line).not.toContain('token=abc');
  });

  test.each([
    ['model loaded', 'is ready'],
    [
      'id  0 | task 2 |        eval time =    1156.01 ms /     9 tokens (  144.50 ms per token,     6.92 tokens per second)',
      'answer: 9 tokens, 6.92 tokens/s',
    ],
    [
      'id  0 | task 2 | prompt eval time =     136.18 ms /     6 tokens (   22.70 ms per token,    44.06 tokens per second)',
      'prompt: 6 tokens, 44.06 tokens/s',
    ],
    ['something new', 'something new'],
  ])('%j is put into plain words', (message, words) => {
    expect(plainWords(message)).toBe(words);
  });
});

describe('the story of a log', () => {
  function tell(log: string): LogStory {
    const story = new LogStory();
    for (const line of log.split('\n')) if (line !== '') story.take(line);
    return story;
  }

  test('knows which process has which model, what it works on, and where it lies', () => {
    const process = tell(LOG).processes.get(40889);
    expect(process).toMatchObject({
      ref: 'user/alpha:UD-Q4',
      bytes: { host: 10 * 1024 ** 2, devices: 90 * 1024 ** 2 },
    });
    expect([...(process?.tasks ?? [])]).toEqual(['3']);
    expect(process?.lastActiveAt).toBeCloseTo(2 + 8.72414, 5);
  });

  test('ends where another server begins', () => {
    expect(tell(`${LOG}${LOG.split('\n')[0]}\n`).processes.size).toBe(0);
  });

  test('says of each line whose it is and whether it is a detail', () => {
    const story = new LogStory();
    const entries = LOG.split('\n').map((line) => story.take(line));
    const shown = entries.filter(({ detail }) => !detail).map(({ ref, text }) => [ref, text]);
    expect(shown).toEqual([
      [undefined, 'llamero starts llama.cpp b11669 at 2026-11-21T04:00:00.000Z'],
      [undefined, 'listening on http://127.0.0.1:19777'],
      ['user/alpha:UD-Q4', 'spawning server instance with name=user/alpha@UD-Q4 on port 40889'],
      ['user/alpha:UD-Q4', 'model loaded'],
    ]);
  });
});

describe('a reader of the log', () => {
  test('tells what is new, also when lines come in pieces', async () => {
    await writeFile(file, LOG.slice(0, 100));
    const reader = new LogReader(file);
    const first = await reader.read();
    await appendFile(file, LOG.slice(100));
    const second = await reader.read();
    expect(first.length + second.length).toBe(LOG.trim().split('\n').length);
    expect(await reader.read()).toEqual([]);
    expect(reader.story.processes.get(40889)?.tasks.size).toBe(1);
  });

  test('counts the time back from the last word, not forward from the start', async () => {
    await writeFile(file, LOG + RELEASED);
    const written = new Date('2026-11-21T05:00:00Z');
    await utimes(file, written, written);
    const reader = new LogReader(file);
    const entries = await reader.read();
    expect(entries.at(-1)?.at).toEqual(written);
    expect(entries[1]?.at?.toISOString()).toBe('2026-11-21T04:59:48.061Z');
    const { lastActiveAt = 0 } = reader.story.processes.get(40889) ?? {};
    const later = new Date(written.getTime() + 30_000);
    expect(reader.secondsSince(lastActiveAt, later)).toBeCloseTo(30, 3);
  });

  test('loses no line when the log is rotated while it is read', async () => {
    await writeFile(file, LOG);
    const reader = new LogReader(file);
    await reader.read();
    await appendFile(file, RELEASED);
    expect(await rotateLog(file, 10)).toBe(true);
    await appendFile(file, '0.20.000.000 I srv  x: after the rotation\n');
    const entries = await reader.read();
    expect(entries.map(({ text }) => text)).toEqual([
      expect.stringContaining('task 3 | stop processing') as string,
      'after the rotation',
    ]);
  });

  test('begins with the rotated files of the same server', async () => {
    await writeFile(file, LOG);
    await rotateLog(file, 10);
    await appendFile(file, RELEASED);
    await rotateLog(file, 10);
    const reader = new LogReader(file);
    expect(await reader.read()).toHaveLength(LOG.trim().split('\n').length + 1);
    expect(reader.story.processes.get(40889)?.tasks.size).toBe(0);
  });

  test('leaves out what an earlier server said', async () => {
    await writeFile(file, LOG);
    const handle = await openLog(file, 'llama.cpp b2');
    await handle.close();
    const entries = await new LogReader(file).read();
    expect(entries.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^llamero starts llama\.cpp b2 at /u) as string,
    ]);
  });

  test('goes on with a server that was started anew', async () => {
    await writeFile(file, LOG);
    const reader = new LogReader(file);
    await reader.read();
    await appendFile(file, RELEASED);
    const handle = await openLog(file, 'llama.cpp b2');
    await handle.close();
    expect((await reader.read()).map(({ text }) => text)).toEqual([
      expect.stringContaining('stop processing') as string,
      expect.stringContaining('llama.cpp b2') as string,
    ]);
  });

  test('has nothing to say without a log', async () => {
    expect(await new LogReader(file).read()).toEqual([]);
  });
});

describe('rotation', () => {
  test('keeps the last two, and only what has grown large is rotated', async () => {
    await writeFile(file, 'one\n');
    expect(await rotateLog(file, 100)).toBe(false);
    expect(await rotateLog(file, 1)).toBe(true);
    await appendFile(file, 'two\n');
    await rotateLog(file, 1);
    await appendFile(file, 'three\n');
    await rotateLog(file, 1);
    expect(await readFile(`${file}.2`, 'utf8')).toBe('two\n');
    expect(await readFile(`${file}.1`, 'utf8')).toBe('three\n');
    expect(await readFile(file, 'utf8')).toBe('');
  });

  test('lets a writer that has the file open go on', async () => {
    const writer = await openLog(file, 'llama.cpp');
    await writer.write('before\n');
    await rotateLog(file, 1);
    await writer.write('after\n');
    await writer.close();
    expect(await readFile(file, 'utf8')).toBe('after\n');
    expect(await readLogTail(file)).toMatch(/^# llamero starts llama\.cpp .*\nbefore\nafter\n$/u);
  });

  test('of a log that is gone is nothing', async () => {
    await writeFile(file, 'x');
    await rename(file, `${file}.away`);
    expect(await rotateLog(file, 0)).toBe(false);
  });
});
