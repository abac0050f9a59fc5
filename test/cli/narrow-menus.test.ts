import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { Pty, type PtySize } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';

const REPO = 'a-user-of-some-length/Llama-3.2-1B-Instruct-with-a-long-name-GGUF';
const QUANTS = ['IQ4_XS', 'Q4_K_M', 'Q8_0'];

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create({ LLAMERO_OFFLINE: '1' });
  for (const quant of QUANTS) {
    for (const repo of [REPO, REPO.replace('1B', '3B')]) {
      const file = home.path('models', ...repo.split('/'), `${quant}.gguf`);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, 'GGUF');
    }
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** The lines that a terminal shows once a question is there. */
async function asked(pty: Pty, ending: string, size: PtySize): Promise<string[]> {
  await pty.waitFor(ending);
  return (await screenText(pty.output, size)).split('\n');
}

describe('the list in which models are marked', () => {
  test('has a line a model, with its quant, size and age', async () => {
    const size = { columns: 60, rows: 24 };
    await using pty = new Pty(home, ['rm'], size);
    const lines = await asked(pty, 'submit', size);
    const models = lines.filter((line) => /a-user/u.test(line));
    expect(models.map((line) => /…:(\S+) {2}4 B {2}just now$/u.exec(line)?.[1])).toEqual([
      ...QUANTS,
      ...QUANTS,
    ]);
    pty.type(' \u001B[B \r');
    await pty.waitFor('Remove these 2 models');
    const after = (await screenText(pty.output, size)).split('\n');
    expect(after[0]).toMatch(/Which models shall go\? 2 of 6$/u);
    expect(after.filter((line) => line.includes('a-user'))).toHaveLength(2);
  });

  test('leaves its question on a small screen', async () => {
    const size = { columns: 20, rows: 10 };
    await using pty = new Pty(home, ['rm'], size);
    const lines = await asked(pty, 'submit', size);
    expect(lines.length).toBeLessThanOrEqual(size.rows);
    expect(lines[0]).toMatch(/Which models/u);
    expect(lines.filter((line) => line.includes('a-user')).length).toBeGreaterThan(1);
  });
});

describe('the list in which a model is chosen', () => {
  test.each([
    { columns: 60, rows: 24 },
    { columns: 20, rows: 10 },
  ])('has a line a model at %j', async (size) => {
    await using pty = new Pty(home, ['alias', 'set', 'l', 'llama'], size);
    const lines = await asked(pty, 'a-user', size);
    expect(lines.length).toBeLessThanOrEqual(size.rows);
    expect(lines.filter((line) => line.includes('a-user'))).toHaveLength(2);
  });

  test('tells models apart that differ in their quant alone', async () => {
    const size = { columns: 40, rows: 24 };
    await using pty = new Pty(home, ['alias', 'set', 'l', 'gguf:q'], size);
    const lines = await asked(pty, 'a-user', size);
    const shown = lines.filter((line) => line.includes('a-user'));
    expect(shown.map((line) => /…(:\w+)$/u.exec(line)?.[1])).toEqual(
      [...QUANTS, ...QUANTS].map((quant) => `:${quant}`),
    );
  });
});
