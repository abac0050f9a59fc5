import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { otherNode } from '../support/node-versions.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MODEL = randomBytes(1_500_000);

/** Names the files in a folder that this Node.js cannot read. */
const COMPILE_ALL = `const fs = require('node:fs'), path = require('node:path'), vm = require('node:vm');
  const [folder] = process.argv.slice(1);
  for (const name of fs.readdirSync(folder, { recursive: true })) {
    if (!name.endsWith('.cjs')) continue;
    const text = fs.readFileSync(path.join(folder, name), 'utf8');
    try { vm.compileFunction(text); } catch (error) { console.log(name, error.message); }
  }`;

let folder: string;
/** Where the package is installed. */
let modules: string;
let hub: TestHub;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-package-'));
  const words = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout } = await execa('npm', words, { cwd: ROOT });
  const [packed] = JSON.parse(stdout) as [{ filename: string }];
  const app = path.join(folder, 'app');
  modules = path.join(app, 'node_modules');
  // Nothing has to be fetched: the package needs no other.
  await execa('npm', ['install', '--offline', '--prefix', app, path.join(folder, packed.filename)]);
  hub = await startHub();
  await hub.addRepo('llama/plain', { 'plain-Q4_K_M.gguf': { content: MODEL } });
});

afterAll(async () => {
  await hub?.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the package', () => {
  test('brings no other package along', async () => {
    const installed = await readdir(modules);
    expect(installed.filter((name) => !name.startsWith('.'))).toEqual(['llamero']);
  });

  test('ships what runs and what explains it', async () => {
    const shipped = await readdir(path.join(modules, 'llamero'));
    expect(shipped.sort()).toEqual([
      'LICENSE',
      'README.md',
      'bin',
      'dist',
      'man',
      'oclif.manifest.json',
      'package.json',
    ]);
    expect((await readdir(path.join(modules, 'llamero/bin'))).sort()).toEqual([
      'package.json',
      'run.js',
    ]);
  });

  test('names no folder of the machine it was made on', async () => {
    const files = await readdir(path.join(modules, 'llamero'), {
      recursive: true,
      withFileTypes: true,
    });
    const naming: string[] = [];
    for (const file of files.filter((entry) => entry.isFile())) {
      const name = path.join(file.parentPath, file.name);
      if ((await readFile(name, 'utf8')).includes(ROOT)) naming.push(file.name);
    }
    expect(naming).toEqual([]);
  });
});

describe.each([22, 24, 26])('installed, on Node.js %i', (major) => {
  test('a model is pulled, checked, listed and removed', async (context) => {
    const node = await otherNode(major);
    if ('missing' in node) context.skip(node.missing);
    else await useIt(node.executable, major);
  });
});

async function useIt(node: string, major: number): Promise<void> {
  await using home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  const llamero = async (...words: string[]) => {
    const program = path.join(modules, '.bin', 'llamero');
    const { exitCode, stderr, stdout } = await execa(node, [program, ...words], {
      env: home.env,
      extendEnv: false,
      cwd: home.folder,
      reject: false,
    });
    // A warning of Node would stand here too.
    return { exitCode, stdout, stderr };
  };

  expect((await execa(node, ['-e', COMPILE_ALL, path.join(modules, 'llamero/dist')])).stdout).toBe(
    '',
  );
  const version = await llamero('--version');
  expect(version.stdout).toContain(` node-v${major}.`);
  const pulled = await llamero('pull', 'llama/plain', '--json');
  expect(pulled).toMatchObject({ exitCode: 0, stderr: '' });
  const file = home.path('models/llama/plain/Q4_K_M.gguf');
  expect((await readFile(file)).equals(MODEL)).toBe(true);
  expect(await llamero('verify', 'llama/plain', '--json')).toMatchObject({ exitCode: 0 });
  expect(await llamero('list', '--quiet')).toEqual({
    exitCode: 0,
    stdout: 'llama/plain:Q4_K_M',
    stderr: '',
  });
  await writeFile(file, 'damaged');
  expect(await llamero('verify', 'llama/plain')).toMatchObject({ exitCode: 8 });
  expect(await llamero('rm', '--yes', 'llama/plain')).toMatchObject({ exitCode: 0 });
  expect(await llamero('help', 'pull')).toMatchObject({ exitCode: 0, stderr: '' });
  expect((await llamero('__complete', 'fish', '0', 'pu')).stdout).toContain('pull\t');
  expect(await llamero('history', 'list', '--json')).toMatchObject({ exitCode: 0, stderr: '' });
}
