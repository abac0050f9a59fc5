import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Chunks of packages that take long to load, which nothing that is looked at quickly may need. */
const HEAVY = [
  'cli-progress',
  'ejs',
  'got',
  'huggingface-hub',
  'inquirer-prompts',
  'marked',
  'minimatch',
  'string-width',
  'tar',
  'yaml',
  'zod',
];

/** Says on stderr what was loaded from files. */
const PROBE = `process.once('exit', () => {
  require('node:fs').writeSync(2, '\\nLOADED ' + JSON.stringify(Object.keys(require.cache)));
});`;

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create();
  await writeFile(path.join(home.folder, 'probe.cjs'), PROBE);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** The files of the package that a command loads, below dist. */
async function loadedBy(words: readonly string[]): Promise<string[]> {
  const { stderr } = await home.run(words, {
    env: { NODE_OPTIONS: `--require ${path.join(home.folder, 'probe.cjs')}` },
  });
  const files = JSON.parse(/LOADED (.+)$/u.exec(stderr)?.[1] ?? '') as string[];
  const dist = path.join(ROOT, 'dist');
  return files
    .filter((file) => file.startsWith(dist))
    .map((file) => path.relative(dist, file).split(path.sep).join('/'));
}

async function storeModel(): Promise<void> {
  const folder = home.path('models/user/repo');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'Q4_K_M.gguf'), 'GGUF');
}

describe('what is looked at quickly loads little', () => {
  test('the names of what may not be loaded are those of the build', async () => {
    for (const chunk of HEAVY) await access(path.join(ROOT, 'dist/chunks', `${chunk}.cjs`));
  });

  test('--version loads nothing', async () => {
    expect(await loadedBy(['--version'])).toEqual([]);
  });

  test.each([
    ['list', ['list']],
    ['list --json', ['list', '--json']],
    ['a completed command', ['__complete', 'fish', '0', 'pu']],
    ['a completed model', ['__complete', 'fish', '1', 'run', '']],
  ])('%s', async (_, words) => {
    await storeModel();
    const loaded = await loadedBy(words);
    expect(loaded).toContain('main.cjs');
    expect(HEAVY.filter((chunk) => loaded.includes(`chunks/${chunk}.cjs`))).toEqual([]);
  });

  test('one command alone', async () => {
    const loaded = await loadedBy(['list', '--tree']);
    expect(loaded.filter((file) => file.startsWith('commands/'))).toEqual(['commands/list.cjs']);
  });

  test.each([[['__complete', 'fish', '0', 'pu']], [['list']], [['ls', '-q']], [['ps', '--json']]])(
    '%j loads no part of the framework of commands',
    async (words) => {
      await storeModel();
      expect(await loadedBy(words)).not.toContain('chunks/oclif-core.cjs');
    },
  );
});

test('`list` is two files, and a completed model no more than five', async () => {
  await storeModel();
  expect(await loadedBy(['list'])).toEqual(['main.cjs', 'chunks/start.cjs']);
  expect((await loadedBy(['__complete', 'fish', '1', 'run', ''])).length).toBeLessThanOrEqual(5);
});

describe('without the framework a command does what it does with it', () => {
  test.each([
    ['list', []],
    ['list', ['--quiet']],
    ['ls', ['-q']],
    ['list', ['--json']],
    ['list', ['--json', '-q']],
  ])('%s %j', async (name, flags) => {
    await storeModel();
    const plain = await home.run([name, ...flags]);
    // One flag more than those that are read without it.
    expect(plain).toEqual(await home.run([name, ...flags, '--sort', 'name']));
    expect(plain).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('user/repo') });
  });

  test.each([[[]], [['--json']]])('ps %j', async (flags) => {
    const plain = await home.run(['ps', ...flags]);
    expect(plain).toEqual(await home.run(['ps', ...flags, '--verbose']));
    expect(plain.exitCode).toBe(0);
  });

  test.each([[[]], [['--json']]])('a failure of ps %j', async (flags) => {
    const env = { LLAMERO_PORT: 'none' };
    const plain = await home.run(['ps', ...flags], { env });
    expect(plain).toEqual(await home.run(['ps', '--verbose', ...flags], { env }));
    expect(plain.exitCode).toBe(2);
  });
});

describe('the build', () => {
  test('--version names what runs', async () => {
    const text = await readFile(path.join(ROOT, 'package.json'), 'utf8');
    const { version } = JSON.parse(text) as { version: string };
    const { exitCode, stderr, stdout } = await home.run(['--version']);
    expect({ exitCode, stderr, stdout }).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `llamero/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    });
  });

  test('a command is found by an alias, behind a topic, and with help', async () => {
    await storeModel();
    expect((await home.run(['ls', '--quiet'])).stdout).toBe('user/repo:Q4_K_M\n');
    expect((await home.run(['config', 'path'])).stdout).toBe(`${home.path('config.yaml')}\n`);
    expect((await home.run(['ls', '--help'])).stdout).toContain('Show the models on this machine');
    expect((await home.run(['engine'])).stdout).toContain('llamero engine COMMAND');
    expect((await home.run([])).stdout).toContain('COMMANDS');
  });

  test('with LLAMERO_DEBUG a stack names the sources', async () => {
    const { stderr } = await home.run(['rm', '--yes', 'user/none'], {
      env: { LLAMERO_DEBUG: '1' },
    });
    expect(stderr).toMatch(/ at .*src\/[\w/-]+\.ts:\d+:\d+/u);
    const plain = await home.run(['ps'], { env: { LLAMERO_DEBUG: '1', LLAMERO_PORT: 'none' } });
    expect(plain.stderr).toContain('src/lib/context.ts:');
    expect(plain.stderr).not.toContain('.cjs:');
  });

  test('the licences of what is bundled come with it', async () => {
    const text = await readFile(path.join(ROOT, 'dist/THIRD-PARTY.txt'), 'utf8');
    for (const name of ['@oclif/core', 'zod', 'got', '@huggingface/hub', 'yauzl']) {
      expect(text).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+\nLicence: \\S+`, 'mu'));
    }
    expect(text.match(/^Permission is hereby granted/gmu)?.length).toBeGreaterThan(50);
  });
});
