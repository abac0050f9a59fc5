import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { otherNode } from '../support/node-versions.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const MODEL = randomBytes(1_500_000);
/** The first that makes single executables by itself, and is supported for long. */
const node = await otherNode(26);

describe.skipIf('missing' in node)('the single executable', () => {
  let folder: string;
  let release: string;
  let hub: TestHub;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'llamero-executable-'));
    if ('missing' in node) throw new Error(node.missing);
    const words = ['scripts/sea.ts', '--node', node.executable, '--out', folder];
    await execa(process.execPath, words, { cwd: ROOT });
    const [made] = (await readdir(folder, { withFileTypes: true })).filter((entry) =>
      entry.isDirectory(),
    );
    release = path.join(folder, made?.name ?? '');
    hub = await startHub();
    await hub.addRepo('llama/plain', { 'plain-Q4_K_M.gguf': { content: MODEL } });
  }, 300_000);

  afterAll(async () => {
    await hub?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('comes with its licences and its manual pages', async () => {
    expect((await readdir(release)).sort()).toEqual([
      'LICENSE',
      'THIRD-PARTY.txt',
      process.platform === 'win32' ? 'llamero.exe' : 'llamero',
      'man',
    ]);
    const notices = await readFile(path.join(release, 'THIRD-PARTY.txt'), 'utf8');
    expect(notices).toContain('Node.js is licensed for use as follows');
    expect(notices).toMatch(/^@oclif\/core /mu);
  });

  test('pulls, checks, lists and removes a model with no Node.js about', async () => {
    await using home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
    const llamero = async (...words: string[]) => {
      const { exitCode, stderr, stdout } = await execa(path.join(release, 'llamero'), words, {
        env: { ...home.env, PATH: '' },
        extendEnv: false,
        cwd: home.folder,
        reject: false,
      });
      return { exitCode, stdout, stderr };
    };
    expect(await llamero('--version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^llamero\/\S+ \S+ node-v\d+\.\d+\.\d+$/u) as string,
      stderr: '',
    });
    expect(await llamero('pull', 'llama/plain', '--json')).toMatchObject({
      exitCode: 0,
      stderr: '',
    });
    const pulled = await readFile(home.path('models/llama/plain/Q4_K_M.gguf'));
    expect(pulled.equals(MODEL)).toBe(true);
    expect(await llamero('list', '--quiet')).toEqual({
      exitCode: 0,
      stdout: 'llama/plain:Q4_K_M',
      stderr: '',
    });
    expect((await llamero('__complete', 'fish', '1', 'rm', 'lla')).stdout).toContain('llama/plain');
    expect((await llamero('help', 'pull')).stdout).toContain('llamero pull');
    expect(await llamero('history', 'list', '--json')).toMatchObject({ exitCode: 0, stderr: '' });
    expect(await llamero('rm', '--yes', 'llama/plain')).toMatchObject({ exitCode: 0 });
    expect(await llamero('lst')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('Did you mean `llamero list`?') as string,
    });
  });
});
