import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome, type CliResult } from '../support/cli.ts';
import { startHub, type TestHub, testToken } from '../support/hub/hub.ts';

const ONE = randomBytes(600_000);
const TWO = randomBytes(900_000);
const THREE = randomBytes(300_000);
const PROJECTOR = randomBytes(50_000);

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('llama/one', {
    'one-Q4_K_M.gguf': { content: ONE },
    'one-Q8_0.gguf': { content: TWO },
    'mmproj-F16.gguf': { content: PROJECTOR },
  });
  await hub.addRepo('llama/two', { 'two-Q6_K.gguf': { content: THREE } });
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

function cdnBytes(): number {
  return hub.requests
    .filter(({ host }) => host === 'cdn')
    .reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

/** The documents of an NDJSON stream. */
function lines({ stdout }: CliResult): Record<string, unknown>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

async function names(repo: string): Promise<string[]> {
  return (await readdir(home.path('models', repo))).sort();
}

describe('many models in one command', () => {
  test('quants with a comma, several repositories, each path on a line', async () => {
    const { exitCode, stdout } = await home.run(['pull', 'llama/one:Q4_K_M,Q8_0', 'llama/two']);
    expect(exitCode).toBe(0);
    expect(home.plain(stdout).split('\n')).toEqual([
      '<home>/llamero/models/llama/one/Q4_K_M.gguf',
      '<home>/llamero/models/llama/one/Q8_0.gguf',
      '<home>/llamero/models/llama/two/Q6_K.gguf',
      '',
    ]);
    expect(await names('llama/one')).toEqual([
      'Q4_K_M.gguf',
      'Q8_0.gguf',
      'metadata.json',
      'mmproj-F16.gguf',
    ]);
    // The projector that both quants need came once.
    expect(cdnBytes()).toBe(ONE.length + TWO.length + THREE.length + PROJECTOR.length);
  });

  test('a list in a file, with comments, and one on stdin', async () => {
    const list = path.join(home.folder, 'models.txt');
    await writeFile(list, '# ours\r\nllama/one:Q8_0   # large\n\n  llama/two\n');
    expect((await home.run(['pull', '-f', list])).exitCode).toBe(0);
    expect((await home.run(['list', '-q'])).stdout).toBe('llama/one:Q8_0\nllama/two:Q6_K\n');
    const piped = await home.run(['pull', '-f', '-'], { input: 'llama/one:Q4_K_M\n' });
    expect(piped.exitCode).toBe(0);
    const missing = await home.run(['pull', '-f', '/no/such/list']);
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(missing.stderr).toContain('/no/such/list cannot be read');
  });

  test('one that fails does not stop the others; the exit code and stderr tell', async () => {
    hub.faults.add({ host: 'cdn', path: 'two-Q6_K.gguf' }, { kind: 'flip', offset: 7 });
    const result = await home.run(['pull', 'no/such', 'llama/two', 'llama/one']);
    expect(result.exitCode).toBe(3);
    expect(home.plain(result.stdout)).toBe('<home>/llamero/models/llama/one/Q4_K_M.gguf\n');
    expect(result.stderr).toContain('no/such does not exist');
    expect(result.stderr).toContain('Q6_K.gguf arrived damaged');
  });

  test('finished shards are final at once and are not fetched again', async () => {
    await hub.addRepo('llama/big', {
      'b-Q4_K_M-00001-of-00002.gguf': { content: ONE },
      'b-Q4_K_M-00002-of-00002.gguf': { content: TWO },
    });
    const broken = hub.faults.add(
      { host: 'cdn', path: '00002-of' },
      { kind: 'answer', status: 404 },
    );
    expect((await home.run(['pull', 'llama/big'])).exitCode).toBe(3);
    expect(await readdir(home.path('models/llama/big/Q4_K_M'))).toContain(
      'b-Q4_K_M-00001-of-00002.gguf',
    );
    broken.remove();
    hub.clearRequests();
    expect((await home.run(['pull', 'llama/big'])).exitCode).toBe(0);
    expect(cdnBytes()).toBe(TWO.length);
  });
});

describe('--json', () => {
  test('is a stream of events with the summary at its end', async () => {
    const result = await home.run(['pull', 'llama/one', 'no/such', '--json']);
    expect(result.exitCode).toBe(3);
    const documents = lines(result);
    const kinds = documents.map(({ event }) => event);
    expect(kinds[0]).toBe('failed');
    expect(kinds).toContain('plan');
    expect(kinds.filter((kind) => kind === 'end')).toHaveLength(2);
    expect(documents.at(-1)).toMatchObject({
      models: [
        {
          ref: 'llama/one:Q4_K_M',
          path: home.path('models/llama/one/Q4_K_M.gguf'),
          downloaded: ONE.length + PROJECTOR.length,
          reused: 0,
          verified: true,
        },
      ],
      failed: [{ ref: 'no/such', error: { code: 'REPO_NOT_FOUND', exitCode: 3 } }],
    });
  });

  test('holds no token and no signed address', async () => {
    const token = testToken();
    await hub.addRepo(
      'llama/secret',
      { 's-Q4_K_M.gguf': { content: ONE } },
      { private: true, tokensWithAccess: [token] },
    );
    hub.faults.add({ host: 'cdn', times: 2 }, { kind: 'reset', afterBytes: 100_000 });
    hub.faults.add({ host: 'cdn', skip: 2, times: 1 }, { kind: 'answer', status: 403 });
    const env = { HF_TOKEN: token, LLAMERO_DEBUG: '1' };
    const result = await home.run(['pull', 'llama/secret', '--json', '--verbose'], { env });
    expect(result.exitCode).toBe(0);
    const stored = await readFile(home.path('models/llama/secret/metadata.json'), 'utf8');
    for (const text of [result.stdout, result.stderr, stored]) {
      expect(text).not.toContain(token);
      expect(text).not.toMatch(/Signature|Expires=|Key-Pair/u);
    }
    expect(hub.tokenLeaks()).toEqual([]);
  });
});

describe('--dry-run', () => {
  test('shows the plan and touches nothing', async () => {
    const { exitCode, stderr, stdout } = await home.run(['pull', '--dry-run', 'llama/one']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "MODEL             FILE                SIZE  TO FETCH  STATE
      llama/one:Q4_K_M  mmproj-F16.gguf  50.0 kB   50.0 kB  missing
      llama/one:Q4_K_M  one-Q4_K_M.gguf   600 kB    600 kB  missing
      "
    `);
    expect(stderr).toMatch(
      /^Q4_K_M: .+\n650 kB to fetch, 650 kB to write; \S+ \S+ free, 1\.00 GB of it in reserve: it fits\n$/u,
    );
    expect(cdnBytes()).toBe(0);
    expect(await readdir(home.path()).catch(() => [])).not.toContain('models');
  });

  test('knows what is there, in text and in JSON', async () => {
    await home.run(['pull', 'llama/one']);
    const { stdout } = await home.run(['pull', '--dry-run', '--json', 'llama/one:Q4_K_M,Q8_0']);
    expect(JSON.parse(stdout)).toMatchObject({
      models: [
        { ref: 'llama/one:Q4_K_M', files: [{ state: 'there' }, { state: 'there', toFetch: 0 }] },
        {
          ref: 'llama/one:Q8_0',
          files: [{ state: 'there' }, { state: 'fetch', toFetch: TWO.length }],
        },
      ],
      total: { toFetch: TWO.length, toWrite: TWO.length },
      disk: { reserve: 1_000_000_000 },
    });
  });
});

describe('bytes that are already here', () => {
  const digest = createHash('sha256').update(ONE).digest('hex');

  async function putElsewhere(...parts: string[]): Promise<string> {
    const file = path.join(home.folder, ...parts);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, ONE);
    return file;
  }

  test.each([
    ['the Hugging Face cache', ['huggingface', 'hub', 'models--x--y', 'blobs', digest]],
    ['Ollama', ['.ollama', 'models', 'blobs', `sha256-${digest}`]],
    ['LM Studio', ['.lmstudio', 'models', 'llama', 'one', 'one-Q4_K_M.gguf']],
  ])('are linked from %s', async (place, parts) => {
    const file = await putElsewhere(...parts);
    const { exitCode, stderr } = await home.run(['pull', 'llama/one', '--no-mmproj']);
    expect(exitCode).toBe(0);
    expect(stderr).toContain(`0 B downloaded, linked from ${place}`);
    expect(cdnBytes()).toBe(0);
    const [theirs, ours] = await Promise.all([
      stat(file),
      stat(home.path('models/llama/one/Q4_K_M.gguf')),
    ]);
    expect(ours.ino).toBe(theirs.ino);
  });

  test('are left alone with --no-reuse', async () => {
    await putElsewhere('.ollama', 'models', 'blobs', `sha256-${digest}`);
    await home.run(['pull', 'llama/one', '--no-mmproj', '--no-reuse']);
    expect(cdnBytes()).toBe(ONE.length);
  });

  test('are not taken when they are not what their name says', async () => {
    const file = await putElsewhere('.ollama', 'models', 'blobs', `sha256-${digest}`);
    await writeFile(file, randomBytes(ONE.length));
    await home.run(['pull', 'llama/one', '--no-mmproj']);
    expect((await readFile(home.path('models/llama/one/Q4_K_M.gguf'))).equals(ONE)).toBe(true);
  });
});

describe('limits', () => {
  test('--limit-rate holds', async () => {
    const begin = Date.now();
    await home.run(['pull', 'llama/one:Q8_0', '--no-mmproj', '--limit-rate', '300k']);
    // 900 kB at 300 kB/s; a second's worth may come at once.
    expect(Date.now() - begin).toBeGreaterThan(1_900);
  });

  test.each([
    [['--limit-rate', 'fast'], '--limit-rate'],
    [['--connections', '99'], '--connections'],
  ])('%j is refused', async (words, flag) => {
    const { exitCode, stderr } = await home.run(['pull', 'llama/one', ...words]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(flag);
  });
});
