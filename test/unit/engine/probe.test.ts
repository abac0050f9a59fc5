import { chmod, copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { describeEngine } from '../../../src/lib/engine/engine.ts';
import type { EngineCandidate } from '../../../src/lib/engine/find.ts';
import { parseFlags, parseVersion, probeEngine } from '../../../src/lib/engine/probe.ts';
import { caught } from '../../support/caught.ts';

const HELP = `----- common params -----

-h,    --help, --usage                  print usage and exit
-c,    --ctx-size N                     size of the prompt context (default: 0)
                                        (env: LLAMA_ARG_CTX_SIZE)
--perf, --no-perf                       whether to enable internal libllama performance timings
                                        --not-a-flag in a description
--log-colors [on|off|auto]              Set colored logging
--models-preset PATH                    path to INI file containing model presets
`;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-probe-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function candidate(script: string): Promise<EngineCandidate> {
  const file = path.join(folder, 'llama-server');
  await writeFile(file, `#!/bin/sh\n${script}`);
  await chmod(file, 0o755);
  return { command: [file], folder, origin: 'path' };
}

function answering(version: string, help: string): Promise<EngineCandidate> {
  const quoted = help.replaceAll("'", "'\\''");
  return candidate(`echo called >> calls
case "$1" in
  --version) echo '${version}' >&2 ;;
  --help) printf '%s' '${quoted}' ;;
esac
`);
}

describe('what an engine says', () => {
  test.each([
    [
      'version: 0.7.0 (build 11669, commit Debian)\nbuilt with GNU 16.2.0 for Linux x86_64',
      { version: '0.7.0', build: 11_669 },
    ],
    [
      'ggml_cuda_init: found 1 CUDA device\nversion: 0.4.1-dev (build 11064, commit a894dae93)',
      { version: '0.4.1-dev', build: 11_064 },
    ],
    ['version: 9602 (1593d5684)\nbuilt with cc', { build: 9602 }],
    ['something else', {}],
  ])('of its version: %j', (output, expected) => {
    expect(parseVersion(output)).toEqual(expected);
  });

  test('of its flags: all names of each, none out of a description', () => {
    expect(parseFlags(HELP)).toEqual([
      '-h',
      '--help',
      '--usage',
      '-c',
      '--ctx-size',
      '--perf',
      '--no-perf',
      '--log-colors',
      '--models-preset',
    ]);
  });

  test.each([
    [{ build: 11_669, version: '0.7.0' }, 'llama.cpp b11669 (0.7.0)'],
    [{ build: 9602 }, 'llama.cpp b9602'],
    [{ version: '0.7.0' }, 'llama.cpp 0.7.0'],
    [{}, 'llama.cpp'],
  ])('in a few words: %j', (engine, expected) => {
    expect(describeEngine(engine)).toBe(expected);
  });
});

describe('probing an engine', () => {
  test('gives its build, version and flags', async () => {
    const found = await answering('version: 0.7.0 (build 11669, commit x)', HELP);
    const engine = await probeEngine(found);
    expect(engine).toMatchObject({ ...found, build: 11_669, version: '0.7.0' });
    expect(engine.flags.has('--models-preset')).toBe(true);
  });

  test('asks once and again only when the file has changed', async () => {
    const cacheFile = path.join(folder, 'run', 'engine-probe.json');
    const calls = async (): Promise<number> =>
      (await readFile(path.join(folder, 'calls'), 'utf8')).trim().split('\n').length;
    const first = await probeEngine(await answering('version: 1 (a)', HELP), { cacheFile });
    expect(await calls()).toBe(2);
    const same = { command: first.command, folder, origin: 'path' } as const;
    expect(await probeEngine(same, { cacheFile })).toEqual(first);
    expect(await calls()).toBe(2);

    await writeFile(cacheFile, '{"key"');
    await probeEngine(same, { cacheFile });
    expect(await calls()).toBe(4);
    const changed = await answering('version: 0.9.0 (build 12, commit x)', HELP);
    expect(await probeEngine(changed, { cacheFile })).toMatchObject({ build: 12 });
  });

  test('remembers several engines, one that is too old as well', async () => {
    const cacheFile = path.join(folder, 'run', 'engine-probe.json');
    const old = await answering('version: 4000 (abc)', '--ctx-size N   size\n');
    const other = path.join(folder, 'other-server');
    await copyFile(old.command[0], other);
    const current = await answering('version: 9000 (abc)', HELP);
    const candidates = [current, { command: [other], folder, origin: 'path' } as const];
    for (const each of [...candidates, ...candidates]) {
      await probeEngine(each, { cacheFile }).catch((error: unknown) => {
        expect(error).toMatchObject({ code: 'ENGINE_UNUSABLE' });
      });
    }
    const calls = await readFile(path.join(folder, 'calls'), 'utf8');
    expect(calls.trim().split('\n')).toHaveLength(4);
  });

  test('refuses one that is too old for router mode', async () => {
    const old = await answering('version: 4000 (abc)', '--ctx-size N   size\n');
    const error = await caught(probeEngine(old));
    expect(error.code).toBe('ENGINE_UNUSABLE');
    expect(error.message).toContain('(build 4000) is too old');
    expect(error.hint).toContain('llamero update');
  });

  test('says why one cannot be run: the last line of what it complains', async () => {
    const broken = await candidate(
      "echo first >&2; printf 'error while loading shared libraries: libgomp.so.1: \\033[31mno such file\\n' >&2; exit 127",
    );
    const error = await caught(probeEngine(broken));
    expect(error.code).toBe('ENGINE_UNUSABLE');
    expect(error.message).toBe(
      `${broken.command[0]} cannot be run: error while loading shared libraries: libgomp.so.1: [31mno such file`,
    );
  });

  test('does not wait for ever', async () => {
    const stuck = await candidate('exec sleep 60');
    const error = await caught(probeEngine(stuck, { timeoutSeconds: 0.3 }));
    expect(error.message).toContain('no answer to --version within 0.3 s');
  });

  test('ends when it is interrupted', async () => {
    const stuck = await candidate('exec sleep 60');
    const error = await caught(probeEngine(stuck, { signal: AbortSignal.timeout(200) }));
    expect(error.code).toBe('INTERRUPTED');
  });
});
