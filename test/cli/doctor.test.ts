import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { type TestHub, startHub, testToken } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';

interface Document {
  readonly findings: readonly {
    readonly id: string;
    readonly severity: string;
    readonly message: string;
    readonly fix?: string;
  }[];
  readonly worst: string;
}

const TOKEN = testToken('mine');

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub({ tokens: { [TOKEN]: { name: 'ana' } } });
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  const engine = path.join(home.folder, 'engine');
  await mkdir(engine);
  await writeFile(
    path.join(engine, 'llama-server'),
    `#!/bin/sh
case "$1" in
  --version) echo 'version: 0.7.0 (build 11669, commit abc)' >&2 ;;
  --help) echo '--models-preset PATH' ;;
  --list-devices) echo '  CUDA0: Some Card (8192 MiB, 8000 MiB free)' ;;
esac
`,
    { mode: 0o755 },
  );
  home.env['LLAMERO_LLAMA_SERVER'] = path.join(engine, 'llama-server');
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

async function examine(env: Record<string, string> = {}): Promise<Document & { exitCode: number }> {
  const { exitCode, stderr, stdout } = await home.run(['doctor', '--json'], { env });
  expect(stderr).toBe('');
  return { ...(JSON.parse(stdout) as Document), exitCode };
}

/** The disk and the Node of the machine that runs the tests are what they are. */
function without(text: string): string {
  return home
    .plain(text)
    .replace(/Node\.js [\d.]+/u, 'Node.js <version>')
    .replace(/.*(?:free on the disk).*\n/u, '');
}

describe('doctor', () => {
  test('of a machine in order says so, and leaves nothing behind', async () => {
    await mkdir(home.path());
    const { exitCode, stderr, stdout } = await home.run(['doctor'], { env: { HF_TOKEN: TOKEN } });
    expect(without(stdout)).toMatchInlineSnapshot(`
      "✓ Node.js <version>
      ✓ <home>/llamero can be written to
      ✓ No settings file; all settings are the defaults, but for what HF_ENDPOINT and LLAMERO_LLAMA_SERVER set
      ✓ llama.cpp b11669 (0.7.0), named by LLAMERO_LLAMA_SERVER: <home>/engine/llama-server
      ✓ llama.cpp computes on Some Card (8.00 GiB)
      ✓ The token from HF_TOKEN belongs to ana, and may read
      ✓ No server runs
      ✓ No pull was left unfinished
      "
    `);
    expect(stderr).toMatch(/^(?:All is well|1 warning)\n$/u);
    expect(exitCode).toBe(0);
    expect(await readdir(home.path())).toEqual([]);
    expect(`${stdout}${stderr}`).not.toContain(TOKEN);
  });

  test('tells each trouble with the command that mends it', async () => {
    const folder = home.path('models/a/old');
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'Q4_K_M.gguf.partial'), 'x');
    await utimes(path.join(folder, 'Q4_K_M.gguf.partial'), 0, 0);
    await writeFile(
      home.path('aliases.json'),
      JSON.stringify({ version: 1, aliases: { mine: 'a/gone:Q4_K_M' } }),
    );
    await mkdir(home.path('run'));
    await writeFile(home.path('run/server.json'), '{');
    const { exitCode, stdout } = await home.run(['doctor', '--quiet'], {
      env: { HF_TOKEN: testToken('other'), LLAMERO_LLAMA_SERVER: home.path('nothing') },
    });
    expect(without(stdout).replaceAll(/127\.0\.0\.1:\d+/gu, '<hub>')).toMatchInlineSnapshot(`
      "✗ <home>/llamero/nothing, which LLAMERO_LLAMA_SERVER names, does not exist
        fix: unset LLAMERO_LLAMA_SERVER
      ✗ <hub> refuses the token from HF_TOKEN: it is wrong, expired or revoked
        fix: unset HF_TOKEN
      ! The record of the server is damaged: <home>/llamero/run/server.json
        fix: llamero stop --server
      ! 1 alias names what is not stored: mine (a/gone:Q4_K_M)
        fix: llamero alias rm mine
      "
    `);
    expect(exitCode).toBe(9);
  });

  test.each([
    ['the settings', 2, 'settings', { LLAMERO_PORT: 'many' }],
    ['the token', 5, 'token', { HF_TOKEN: testToken('other') }],
    ['the home', 7, 'home', { LLAMERO_HOME: '/dev/null/home', LLAMERO_CONFIG: '/nowhere' }],
    ['the engine', 9, 'engine', { LLAMERO_LLAMA_SERVER: '/nowhere' }],
  ])('ends with the code of %s', async (_name, expected, id, env) => {
    const { exitCode, findings, worst } = await examine(env);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.map((finding) => finding.id)).toEqual([id]);
    expect({ exitCode, worst }).toEqual({ exitCode: expected, worst: 'error' });
  });

  test.each([
    { LLAMERO_PORT: 'many' },
    { LLAMERO_CONFIG: '/' },
    { LLAMERO_HOME: '/dev/null/home' },
    { HF_ENDPOINT: 'not-an-address' },
    { HF_TOKEN: 'hf bad' },
    { HF_TOKEN_PATH: '/' },
    { LLAMERO_API_KEY: 'a b' },
    { LLAMERO_RELEASES_URL: 'ftp://x' },
    { HTTPS_PROXY: 'socks://x', HF_ENDPOINT: 'https://127.0.0.1:9', HF_TOKEN: TOKEN },
  ])('of %j says which variable to unset', async (env) => {
    const { exitCode, findings } = await examine(env);
    const errors = findings.filter(({ severity }) => severity === 'error');
    expect(errors.map(({ fix }) => fix)).toEqual([`unset ${Object.keys(env)[0]}`]);
    expect(exitCode).not.toBe(0);
  });

  test('of a damaged history says how to begin a new one', async () => {
    await mkdir(home.path());
    await writeFile(home.path('history.db'), 'garbage '.repeat(1000));
    const { exitCode, findings } = await examine();
    const file = home.path('history.db');
    expect(findings.filter(({ severity }) => severity === 'error')).toMatchObject([
      { id: 'history', fix: `mv ${file} ${file}.damaged` },
    ]);
    expect(exitCode).toBe(8);
  });

  test('tells of a damaged file of aliases, which is kept when one is set', async () => {
    const file = home.path('aliases.json');
    await mkdir(home.path('models/ana/tiny'), { recursive: true });
    await writeFile(home.path('models/ana/tiny/tiny-Q8_0.gguf'), 'GGUF');
    await writeFile(file, 'garbage');
    const { findings } = await examine();
    expect(findings).toContainEqual({
      id: 'aliases',
      severity: 'warning',
      message: `${file} is damaged: aliases in it are not known. Mend it, or move it away`,
      fix: `mv ${file} ${file}.damaged`,
    });
    expect((await home.run(['alias', 'list'])).stderr).toBe(
      `warning: ${file} is damaged: some aliases are not known. \`llamero doctor\` says more\n`,
    );
    const { exitCode, stderr } = await home.run(['alias', 'set', 'fast', 'tiny']);
    expect(stderr).toContain(
      `warning: The file of aliases was damaged; what stood in it is kept in ${file}.damaged\n`,
    );
    expect(exitCode).toBe(0);
    expect(await readFile(`${file}.damaged`, 'utf8')).toBe('garbage');
    expect((await home.run(['alias', 'list', '--quiet'])).stdout).toBe('fast\n');
  });

  test('of a home that is a file tells of nothing else that this explains', async () => {
    await writeFile(home.path(), '');
    const { findings } = await examine();
    const told = findings.filter(({ severity }) => severity !== 'ok');
    expect(told).toMatchObject([{ id: 'home', fix: 'unset LLAMERO_HOME' }]);
    expect(await home.run(['alias', 'list'])).toMatchObject({
      exitCode: 0,
      stderr: expect.stringMatching(/^No aliases yet/u) as string,
    });
  });

  test('asks the hub alone, and offline nobody', async () => {
    await examine({ HF_TOKEN: TOKEN });
    expect(hub.requests.map(({ path: asked }) => asked)).toEqual(['/api/whoami-v2']);
    hub.clearRequests();
    const { findings } = await examine({ HF_TOKEN: TOKEN, HF_HUB_OFFLINE: '1' });
    expect(findings).toContainEqual(expect.objectContaining({ id: 'token', severity: 'note' }));
    expect(hub.requests).toEqual([]);
  });

  test.each([60, 80])('breaks what it says between words at %i columns', async (columns) => {
    const size = { columns, rows: 40 };
    await using pty = new Pty(home, ['doctor'], size);
    expect(await pty.ended).toBe(0);
    const text = await screenText(pty.output, size);
    expect(text).toContain('✓ llama.cpp b11669 (0.7.0), named by LLAMERO_LLAMA_SERVER:');
    expect(text.split('\n').every((line) => /^(?:[✓·!✗] |  \S|All|\d)/u.test(line))).toBe(true);
  });
});
