import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { detectMachine } from '../../../src/lib/engine/machine.ts';
import { createSystem } from '../../../src/lib/engine/system.ts';

const execute = promisify(execFile);

describe('this very machine', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero-machine-'));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function program(name: string, script: string): Promise<string> {
    const file = path.join(folder, name);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
    return file;
  }

  test('is known by its system and processor', async () => {
    const machine = await detectMachine(createSystem({ environment: process.env }));
    const systems: Partial<Record<NodeJS.Platform, string>> = {
      linux: 'linux',
      darwin: 'macos',
      win32: 'windows',
    };
    expect(machine.os).toBe(systems[process.platform] ?? 'other');
    if (process.platform === 'linux') expect(machine.libc?.version).toMatch(/^\d+\.\d+/u);
  });

  test('is asked with both streams, whatever the exit code', async () => {
    const file = await program('both', 'echo one; echo two >&2; exit 3');
    const answer = await createSystem({ environment: {} }).run(file, []);
    expect(answer?.trim().split(/\s+/u)).toEqual(['one', 'two']);
  });

  test('is asked in English', async () => {
    const file = await program('language', 'echo "$LC_ALL"');
    const system = createSystem({ environment: { LC_ALL: 'de_DE.UTF-8' } });
    expect((await system.run(file, []))?.trim()).toBe('C');
  });

  test('answers nothing for what is not there', async () => {
    const system = createSystem({ environment: { PATH: folder } });
    expect(await system.run('no-such-program', [])).toBeUndefined();
    expect(await system.readText(path.join(folder, 'none'))).toBeUndefined();
    expect(await system.list(path.join(folder, 'none'))).toEqual([]);
    expect(await system.exists(path.join(folder, 'none'))).toBe(false);
  });

  test('is not waited for when a program hangs, even one that keeps its children', async () => {
    const hanging = await program('nvidia-smi', 'trap "" TERM; sleep 30 & sleep 30');
    const system = createSystem({ environment: process.env, timeoutSeconds: 0.2 });
    const start = performance.now();
    expect(await system.run(hanging, [])).toBeUndefined();
    expect(performance.now() - start).toBeLessThan(20_000);
  }, 40_000);

  test('does not hold the program up afterwards either', async () => {
    const hanging = await program('nvidia-smi', 'sleep 30 & sleep 30');
    const module = new URL('../../../src/lib/engine/system.ts', import.meta.url).href;
    const script = `import { createSystem } from ${JSON.stringify(module)};
      const system = createSystem({ environment: process.env, timeoutSeconds: 0.2 });
      console.log(await system.run(${JSON.stringify(hanging)}, []));`;
    const start = performance.now();
    const { stdout } = await execute(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('undefined\n');
    expect(performance.now() - start).toBeLessThan(20_000);
  }, 40_000);

  test('is not asked through a program in the folder the user stands in', async () => {
    await program('here', 'echo run');
    const before = process.cwd();
    process.chdir(folder);
    try {
      const system = createSystem({ environment: { PATH: '.' } });
      expect(await system.run('here', [])).toBeUndefined();
    } finally {
      process.chdir(before);
    }
  });

  test('a flood is cut off', async () => {
    const flood = await program('flood', 'exec yes');
    const system = createSystem({ environment: process.env, timeoutSeconds: 10 });
    expect(await system.run(flood, [])).toBeUndefined();
  });
});
