import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ensureEngine } from '../../support/engine/engine.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-ensure-engine-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Programs that stand where an engine's are; only the version is ever asked of them. */
async function installPrograms(target: string, version: string): Promise<void> {
  await mkdir(target, { recursive: true });
  for (const name of ['llama-server', 'llama-quantize', 'llama-gguf-split']) {
    const file = path.join(target, name);
    await writeFile(file, `#!/bin/sh\necho '${version}' >&2\n`);
    await chmod(file, 0o755);
  }
}

describe.skipIf(process.platform === 'win32')('the engine of the tests', () => {
  test('is the one in the folder of LLAMERO_TEST_ENGINE', async () => {
    await installPrograms(folder, 'version: 0.7.0 (build 11669, commit 3f545bec)');
    const engine = await ensureEngine({ environment: { LLAMERO_TEST_ENGINE: folder } });
    expect(engine).toEqual({
      folder,
      llamaServer: path.join(folder, 'llama-server'),
      quantize: path.join(folder, 'llama-quantize'),
      ggufSplit: path.join(folder, 'llama-gguf-split'),
      build: 11669,
    });
  });

  test('tells its build in the older form too', async () => {
    await installPrograms(folder, 'version: 9602 (1593d5684)');
    const engine = await ensureEngine({ environment: { LLAMERO_TEST_ENGINE: folder } });
    expect(engine.build).toBe(9602);
  });

  test('is an error when the folder of LLAMERO_TEST_ENGINE lacks a program', async () => {
    await installPrograms(folder, 'version: 9602 (1593d5684)');
    await rm(path.join(folder, 'llama-gguf-split'));
    await expect(ensureEngine({ environment: { LLAMERO_TEST_ENGINE: folder } })).rejects.toThrow(
      /LLAMERO_TEST_ENGINE: .*llama-gguf-split/,
    );
  });

  test('is the newest build in the cache that runs', async () => {
    const cache = path.join(folder, 'engine');
    await installPrograms(path.join(cache, 'b9'), 'version: 0.1.0 (build 9, commit a)');
    await installPrograms(path.join(cache, 'b10'), 'version: 0.1.0 (build 10, commit b)');
    await installPrograms(path.join(cache, 'b11'), 'version: 0.1.0 (build 11, commit c)');
    await writeFile(path.join(cache, 'b11', 'llama-server'), '#!/nowhere/loader\n');
    const engine = await ensureEngine({ environment: { LLAMERO_TEST_CACHE: folder } });
    expect(engine).toMatchObject({ folder: path.join(cache, 'b10'), build: 10 });
  });

  describe('without apt', () => {
    const program = fileURLToPath(new URL('../../support/engine/fetch.ts', import.meta.url));
    const fetchWith = (searchPath: string) =>
      execa(process.execPath, [program], {
        extendEnv: false,
        env: { PATH: searchPath, LLAMERO_TEST_CACHE: path.join(folder, 'cache') },
        reject: false,
      });

    test('is the one on PATH', async () => {
      const bin = path.join(folder, 'bin');
      await installPrograms(bin, 'version: 9602 (1593d5684)');
      // The shell of the stand-in programs is named by its own path, so nothing else is needed.
      const result = await fetchWith(bin);
      expect(result).toMatchObject({ exitCode: 0, stdout: bin });
    });

    test('and with nothing on PATH is an error that says all that was tried', async () => {
      const result = await fetchWith(path.join(folder, 'empty'));
      expect(result).toMatchObject({ exitCode: 1, stdout: '' });
      expect(result.stderr).toContain('No llama.cpp to test with');
      expect(result.stderr).toContain(path.join(folder, 'cache', 'engine'));
      expect(result.stderr).toContain('the packages of Debian or Ubuntu');
      expect(result.stderr).toContain('the programs on PATH: llama-server is not there');
      expect(result.stderr).toContain('LLAMERO_TEST_ENGINE');
      expect(await readdir(path.join(folder, 'cache', 'engine'))).toEqual([]);
    });
  });
});
