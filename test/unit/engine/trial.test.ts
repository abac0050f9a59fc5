import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { isAboutModel, tryBuild, type TrialOptions } from '../../../src/lib/engine/trial.ts';
import { caught } from '../../support/caught.ts';
import { ensureEngine } from '../../support/engine/engine.ts';
import { writeTinyModel } from '../../support/gguf/tiny-model.ts';
import { processesNaming } from '../../support/running.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-trial-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const VERSION = 'version: 0.7.0 (build 100, commit abc)';

/** A build that is a script: what it says to each question, and what it does with a model. */
async function build(
  said: { version?: string; devices?: string; load?: string },
  changes: Partial<TrialOptions> = {},
): Promise<TrialOptions> {
  const { devices = 'echo "  (none)"', load = 'exit 1', version = `echo '${VERSION}' >&2` } = said;
  const program = path.join(folder, 'llama-server');
  await writeFile(
    program,
    `#!/bin/sh
case "$1" in
  --version) ${version} ;;
  --help) echo '--models-preset PATH   list' ;;
  --list-devices) echo 'Available devices:'; ${devices} ;;
  *) ${load} ;;
esac
`,
  );
  await chmod(program, 0o755);
  return {
    program,
    folder,
    build: 100,
    backend: 'cpu',
    models: [],
    environment: { PATH: process.env['PATH'] },
    signal: AbortSignal.timeout(60_000),
    ...changes,
  };
}

describe('a build on trial', () => {
  test('passes when it says its number and there is nothing to load', async () => {
    expect(await tryBuild(await build({}))).toMatchObject({ ok: true, engine: { build: 100 } });
  });

  test.each([
    ['another number', `echo 'version: 99 (abc)' >&2`, 'says build 99, it should be build 100'],
    ['no number', 'echo hello', 'says no build number, it should be build 100'],
    [
      'a missing library',
      `echo "$0: error while loading shared libraries: libgomp.so.1: no such file" >&2; exit 127`,
      'llama-server cannot be run: error while loading shared libraries: libgomp.so.1: no such file',
    ],
    ['a crash', 'kill -SEGV $$', 'llama-server cannot be run: ended by SIGSEGV'],
  ])('fails by its version: %s', async (_, version, reason) => {
    const result = await tryBuild(await build({ version }));
    expect(result).toMatchObject({ ok: false, step: 'version' });
    expect(result.ok ? '' : result.reason).toContain(reason);
  });

  test.each([
    ['cuda', '  CUDA0: NVIDIA GeForce RTX 5070 (12226 MiB, 11036 MiB free)', true],
    ['rocm', '  ROCm0: AMD Radeon (1 MiB, 1 MiB free)', true],
    ['vulkan', '  Vulkan0: Something (1 MiB, 1 MiB free)', true],
    ['metal', '  MTL0: Apple M4 (1 MiB, 1 MiB free)', true],
    ['sycl', '  SYCL0: Intel Arc (1 MiB, 1 MiB free)', true],
    ['cuda', '  Vulkan0: NVIDIA CUDA0: (1 MiB, 1 MiB free)', false],
    ['cuda', '  (none)', false],
  ])('of %s must see a device of its own: %j', async (backend, line, passes) => {
    const result = await tryBuild(await build({ devices: `echo '${line}'` }, { backend }));
    expect(result.ok).toBe(passes);
    if (!result.ok) expect(result.reason).toContain(`shows no ${backend} device`);
  });

  test('without its device tells what the backend complained of', async () => {
    const devices =
      "echo 'load_backend: failed to load libggml-cuda.so: libcudart.so.13 not found' >&2; echo '  (none)'";
    const result = await tryBuild(await build({ devices }, { backend: 'cuda' }));
    expect(result).toMatchObject({ ok: false, step: 'devices' });
    expect(result.ok ? '' : result.reason).toContain('libcudart.so.13 not found');
  });

  test('fails by the reason in the log when it loads no model', async () => {
    const load =
      "echo '0.00.1.1 E ggml: no backends are loaded, cannot go on' >&2; echo '0.00.1.2 E srv main: exiting due to model loading error' >&2; exit 1";
    const result = await tryBuild(await build({ load }, { models: ['/x.gguf', '/y.gguf'] }));
    expect(result).toEqual({
      ok: false,
      step: 'load',
      reason: 'ggml: no backends are loaded, cannot go on',
    });
  });

  test('that never gets ready is ended', async () => {
    const load = 'echo $$ > pid; exec sleep 600';
    const options = await build({ load }, { models: ['/x.gguf'], loadSeconds: 0.6 });
    expect(await tryBuild(options)).toMatchObject({ ok: false, step: 'load' });
    const pid = Number(await readFile(path.join(folder, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  test('ends when it is interrupted, and its server with it', async () => {
    const load = 'exec sleep 600';
    const signal = AbortSignal.timeout(1500);
    const error = await caught(tryBuild(await build({ load }, { models: ['/x.gguf'], signal })));
    expect(error.code).toBe('INTERRUPTED');
  });

  test('has nothing of the environment but what it is given', async () => {
    const version = `test -z "$LLAMA_ARG_CTX_SIZE$HOME" && echo '${VERSION}' >&2`;
    expect(await tryBuild(await build({ version }))).toMatchObject({ ok: true });
  });
});

describe('the real llama-server on trial', () => {
  async function real(models: readonly string[]): Promise<TrialOptions> {
    const engine = await ensureEngine();
    return {
      program: engine.llamaServer,
      folder: engine.folder,
      build: engine.build ?? 0,
      backend: 'cpu',
      models,
      environment: { PATH: process.env['PATH'] },
      signal: AbortSignal.timeout(60_000),
    };
  }

  test('loads a model and leaves nothing running', async () => {
    const model = path.join(folder, 'model.gguf');
    await writeTinyModel({ path: model, sentence: 'a llama' });
    const steps: string[] = [];
    const options = await real([model]);
    const result = await tryBuild({ ...options, onStep: (step) => steps.push(step) });
    expect(result).toMatchObject({ ok: true, loaded: model });
    expect(steps).toEqual(['version', 'load']);
    expect(await processesNaming(model)).toEqual([]);
  }, 60_000);

  test('takes the next model when the first is damaged, and says of a damaged one that it is', async () => {
    const bad = path.join(folder, 'bad.gguf');
    const good = path.join(folder, 'good.gguf');
    await writeFile(bad, 'no GGUF at all');
    await writeTinyModel({ path: good, sentence: 'a llama' });
    expect(await tryBuild(await real([bad, good]))).toMatchObject({ ok: true, loaded: good });
    const result = await tryBuild(await real([bad]));
    expect(result).toMatchObject({ ok: false, step: 'load' });
    expect(isAboutModel(result.ok ? '' : result.reason)).toBe(true);
  }, 60_000);
});
