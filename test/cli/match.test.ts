import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create({ LLAMERO_OFFLINE: '1' });
  await put('bartowski/Llama-3.2-1B-Instruct-GGUF/Q4_K_M.gguf');
  await put('bartowski/Llama-3.2-1B-Instruct-GGUF/Q8_0.gguf');
  await put('unsloth/Llama-3.2-3B-GGUF/Q8_0.gguf');
  await put('unsloth/Qwen3-8B-GGUF/Q4_K_M.gguf');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function put(name: string): Promise<void> {
  const file = home.path('models', name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, 'GGUF');
}

describe('a part of a name', () => {
  test('is enough where it fits one model, and what it was taken for is said', async () => {
    const { exitCode, stderr } = await home.run(['stop', 'qwen']);
    expect(exitCode).toBe(0);
    expect(stderr).toBe('qwen is unsloth/Qwen3-8B-GGUF\nqwen is not loaded\n');
    expect((await home.run(['logs', 'qwen3-8b'])).stderr).toContain(
      'qwen3-8b is unsloth/Qwen3-8B-GGUF\n',
    );
    expect((await home.run(['alias', 'set', 'q', '1b-instruct'])).stderr).toBe(
      '1b-instruct is bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M\nq is bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M\n',
    );
  });

  test('is not explained with --quiet, nor where the whole name was typed', async () => {
    expect((await home.run(['stop', '-q', 'qwen'])).stderr).toBe('');
    expect((await home.run(['stop', 'unsloth/qwen3-8b-gguf:q4_k_m'])).stderr).toBe(
      'unsloth/qwen3-8b-gguf:q4_k_m is not loaded\n',
    );
  });

  test('that fits several lists them', async () => {
    const { exitCode, stderr, stdout } = await home.run(['stop', 'llama-3.2']);
    expect({ exitCode, stdout }).toEqual({ exitCode: 4, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "error: llama-3.2 fits more than one model:
        bartowski/Llama-3.2-1B-Instruct-GGUF
        unsloth/Llama-3.2-3B-GGUF
      hint: Type more of the name, or give one a short name: \`llamero alias set <name> bartowski/Llama-3.2-1B-Instruct-GGUF\`
      "
    `);
    const json = await home.run(['stop', 'llama-3.2', '--json']);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'AMBIGUOUS', exitCode: 4 } });
  });

  test('that fits several is chosen from a list on a terminal', async () => {
    await using pty = new Pty(home, ['alias', 'set', 'l', 'llama-3.2']);
    await pty.waitFor('Which model is llama-3.2?');
    await pty.waitFor('unsloth/Llama-3.2-3B-GGUF');
    pty.type('3b');
    await pty.waitFor('3b');
    pty.type('\r');
    expect(await pty.ended).toBe(0);
    expect((await home.run(['alias', '--json'])).stdout).toContain(
      'unsloth/Llama-3.2-3B-GGUF:Q8_0',
    );
  });

  test('that fits nothing is told, with the nearest name', async () => {
    const { exitCode, stderr } = await home.run(['stop', 'Llama-3.3-3B']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: Llama-3.3-3B is not stored on this machine
      hint: Did you mean unsloth/Llama-3.2-3B-GGUF? \`llamero list\` shows what is stored
      "
    `);
  });
});

describe('run and its like', () => {
  const engine = { env: { LLAMERO_LLAMA_SERVER: '/bin/true' } };

  test('never take a whole name for another one', async () => {
    const { exitCode, stderr } = await home.run(['run', 'unsloth/Qwen3-8B', 'hello'], engine);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: unsloth/Qwen3-8B is not on this machine
      hint: Did you mean unsloth/Qwen3-8B-GGUF? \`llamero list\` shows what is stored
            With --yes it is pulled first, without a question
      "
    `);
  });

  test('never pull what is only part of a name', async () => {
    const { exitCode, stderr } = await home.run(['run', '--yes', 'gemma', 'hello'], engine);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: gemma is not stored on this machine
      hint: \`llamero list\` shows what is stored; \`llamero search gemma\` looks on the hub
      "
    `);
  });
});
