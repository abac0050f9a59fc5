import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';

const HELP = `-m,    --model FNAME       model path to load
-c,    --ctx-size N        size of the prompt context (default: 0, 0 = loaded from model)
--top-k N                  top-k sampling (default: 40)
-ngl,  --n-gpu-layers N    layers in VRAM (default: auto)
--context-shift, --no-context-shift
                           whether to use context shift (default: disabled)
--models-preset PATH       list of models
`;
const CONFIG = `run:
  temp: 0.3
models:
  user/*:
    ctx-size: 512
    top-k: 20
    args: { no-context-shift: true }
  user/alpha:Q8_0:
    ctx-size: 1024
    system: Be brief.
`;

/** A home with a model, and a llama-server that tells about itself and does nothing else. */
async function homeWithModel(): Promise<CliHome> {
  const home = await CliHome.create();
  const model = home.path('models', 'user', 'alpha');
  await mkdir(model, { recursive: true });
  await writeFile(path.join(model, 'Q8_0.gguf'), 'GGUF');
  await writeFile(home.path('config.yaml'), CONFIG);
  const engine = path.join(home.folder, 'llama-server');
  const answers = `--version) echo 'version: 0.7.0 (build 11669, commit abc)' ;; --help) cat <<'END'\n${HELP}END\n;;`;
  await writeFile(engine, `#!/bin/sh\ncase "$1" in ${answers} *) exit 1 ;; esac\n`, {
    mode: 0o755,
  });
  home.env['LLAMERO_LLAMA_SERVER'] = engine;
  return home;
}

// The engine is a shell script.
test.skipIf(process.platform === 'win32').each([
  ['as a table', []],
  ['with what flags would change', ['-c', '99', '--', '-ngl', '3', '--context-shift']],
])('explain shows how a model is loaded, %s', async (_how, words) => {
  await using home = await homeWithModel();
  const { exitCode, stderr, stdout } = await home.run(['explain', 'user/alpha', ...words]);
  expect(exitCode).toBe(0);
  expect(home.plain(stderr)).toBe(
    'user/alpha:Q8_0 on llama.cpp b11669 (0.7.0): <home>/llama-server\n',
  );
  const rows = home
    .plain(stdout)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(/ {2,}/u));
  const given = words.length > 0;
  expect(rows).toEqual([
    ['FLAG', 'VALUE', 'SOURCE'],
    ['--model', '<home>/llamero/models/user/alpha/Q8_0.gguf', 'the store'],
    given
      ? ['--ctx-size', '99', '--ctx-size']
      : ['--ctx-size', '1024', 'models.user/alpha:Q8_0 in config.yaml:9'],
    ['--top-k', '20', 'models.user/* in config.yaml:6'],
    ...(given
      ? [
          ['--n-gpu-layers', '3', '--n-gpu-layers'],
          ['--context-shift', '--context-shift'],
        ]
      : [
          ['--no-context-shift', 'models.user/* in config.yaml:7'],
          ['--n-gpu-layers', 'auto', "llama-server's default"],
        ]),
    [''],
    ['IN REQUESTS', 'VALUE', 'SOURCE'],
    ['temp', '0.3', 'run.temp in config.yaml:2'],
    ['top-k', '20', 'models.user/* in config.yaml:6'],
    ['system', 'Be brief.', 'models.user/alpha:Q8_0 in config.yaml:10'],
  ]);
});

test.skipIf(process.platform === 'win32')('explain as a line, and as a document', async () => {
  await using home = await homeWithModel();
  const plain = await home.run(['explain', 'user/alpha', '--plain', '--quiet']);
  expect(plain.stderr).toBe('');
  expect(home.plain(plain.stdout)).toBe(
    '<home>/llama-server --model <home>/llamero/models/user/alpha/Q8_0.gguf --ctx-size 1024 --top-k 20 --no-context-shift\n',
  );
  const { stdout } = await home.run(['explain', 'user/alpha', '--json']);
  expect(JSON.parse(home.plain(stdout))).toMatchObject({
    model: 'user/alpha:Q8_0',
    engine: 'llama.cpp b11669 (0.7.0)',
    command: home.plain(plain.stdout).trim().split(' '),
    requests: [
      { name: 'temp', value: 0.3, source: 'config' },
      { name: 'top-k' },
      { name: 'system' },
    ],
  });
});

test.skipIf(process.platform === 'win32')('explain says what cannot be given', async () => {
  await using home = await homeWithModel();
  const slip = await home.run(['explain', 'user/alpha', '--', '--ctx-sise', '1']);
  expect(slip.exitCode).toBe(0);
  expect(slip.stderr).toContain('has no flag --ctx-sise (did you mean --ctx-size?)');
  const ours = await home.run(['explain', 'user/alpha', '--', '--port', '1']);
  expect(ours).toMatchObject({ exitCode: 2, stdout: '' });
  expect(ours.stderr).toContain('use `server.port`');
  const two = await home.run(['explain', 'user/alpha', 'user/beta']);
  expect(two).toMatchObject({ exitCode: 2, stdout: '' });
  const missing = await home.run(['explain', 'user/beta']);
  expect(missing).toMatchObject({ exitCode: 3, stdout: '' });
  expect(missing.stderr).not.toContain('--yes');
});

test('settings of a model are set, shown and taken out by their key', async () => {
  await using home = await CliHome.create();
  const key = 'models.bartowski/*.ctx-size';
  expect((await home.run(['config', 'set', key, '8192'])).exitCode).toBe(0);
  expect((await home.run(['config', 'get', key])).stdout).toBe('8192\n');
  const { stdout } = await home.run(['config', 'get', key, '--json']);
  expect(JSON.parse(stdout)).toEqual({
    key,
    value: 8192,
    source: 'file',
    origin: 'config.yaml:3',
  });
  expect((await home.run(['config', 'list'])).stdout).toContain(key);
  const slip = await home.run(['config', 'set', 'models.bartowski/*.ctx_size', '1']);
  expect(slip.exitCode).toBe(2);
  expect(slip.stderr).toContain(`did you mean \`${key}\``);
  expect((await home.run(['config', 'unset', 'models.bartowski/*'])).exitCode).toBe(0);
  expect((await home.run(['config', 'get', key])).stdout).toBe('\n');
});
