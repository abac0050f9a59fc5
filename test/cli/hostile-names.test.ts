import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

/** A file whose name clears its line on a terminal, and one whose name is a second line. */
const CLEARING = 'Q4\r\u001B[2K  junk∕old:Q2_K';
const TWO_LINES = 'Q5\n  other∕model:Q8_0';

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create({ LLAMERO_OFFLINE: '1' });
  for (const quant of [CLEARING, TWO_LINES]) {
    const file = home.path('models', 'real', 'R-GGUF', `${quant}.gguf`);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'GGUF');
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

const LINES = ['real/R-GGUF:Q4 [2K junk∕old:Q2_K', 'real/R-GGUF:Q5 other∕model:Q8_0'];

describe('a stored name is one line without control characters', () => {
  test('in what list -q prints', async () => {
    const { stdout } = await home.run(['list', '-q']);
    expect(stdout).toBe(`${LINES.join('\n')}\n`);
  });

  test('in what is said of tags and aliases', async () => {
    const tagged = await home.run(['tag', 'add', 'real/R-GGUF', 'work']);
    expect(tagged.stderr).toBe(LINES.map((line) => `${line}: work\n`).join(''));
    const { stderr } = await home.run(['alias', 'set', 'it', '*junk*']);
    expect(stderr).not.toContain('\u001B');
    expect(stderr).not.toContain('\r');
  });

  test('in what would be removed, and what was', async () => {
    const sizes = LINES.map((line) => `${line}  4 B\n`).join('');
    expect((await home.run(['rm', 'real/R-GGUF', '--dry-run'])).stdout).toBe(sizes);
    expect((await home.run(['rm', 'real/R-GGUF', '-y'])).stdout).toBe(
      LINES.map((line) => `Removed ${line}\n`).join(''),
    );
  });

  test('in the question before a removal', async () => {
    await using pty = new Pty(home, ['rm', 'real/R-GGUF'], { columns: 120, rows: 24 });
    await pty.waitFor('Remove these 2 models');
    for (const line of LINES) expect(pty.output).toContain(`  ${line}  4 B\r\n`);
    pty.type('n\r');
    expect(await pty.ended).toBe(130);
  });

  test('and one that no reference has is taken by all of it', async () => {
    const file = home.path('models', 'a b', 'c d-GGUF', 'Q8_0.gguf');
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, 'GGUF');
    const { exitCode, stderr } = await home.run(['rm', '-y', 'a b/c dd-GGUF']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain("Did you mean 'a b/c d-GGUF'?");
    expect((await home.run(['info', 'a b/c d-GGUF:q8_0'])).stderr).not.toContain('no model');
    const removed = await home.run(['rm', '-y', 'a b/c d-GGUF']);
    expect(removed).toMatchObject({ exitCode: 0, stdout: 'Removed a b/c d-GGUF:Q8_0\n' });
  });

  test('in errors', async () => {
    const { exitCode, stderr } = await home.run(['stop', ':q']);
    expect(exitCode).toBe(4);
    expect(stderr).not.toMatch(/^ {2}other/mu);
  });
});
