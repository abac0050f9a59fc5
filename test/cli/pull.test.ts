import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { describePartial } from '../../src/lib/download/journal.ts';
import { CliHome } from '../support/cli.ts';
import { startHub, testToken, type TestHub } from '../support/hub/hub.ts';

// The hub does not look into its files, and neither does a pull: noise serves.
const MODEL = randomBytes(3_000_000);
const SHARDS = [randomBytes(700_000), randomBytes(700_000), randomBytes(100_000)];
const PROJECTOR = randomBytes(200_000);

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('llama/plain', {
    'README.md': { content: '# Plain' },
    'plain-Q4_K_M.gguf': { content: MODEL },
    'plain-Q8_0.gguf': { content: PROJECTOR },
  });
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

/** stderr without what differs from run to run. */
function plain(text: string): string {
  return home
    .plain(text)
    .replaceAll(hub.endpoint, '<hub>')
    .replaceAll(new URL(hub.endpoint).host, '<hub>');
}

describe('a pull', () => {
  test('of the default quant explains the choice and prints the path last', async () => {
    const result = await home.run(['pull', 'llama/plain']);
    expect(result.exitCode).toBe(0);
    expect(plain(result.stdout)).toBe('<home>/llamero/models/llama/plain/Q4_K_M.gguf\n');
    expect(plain(result.stderr)).toMatchInlineSnapshot(`
      "llama/plain:Q4_K_M
      Q4_K_M: the best quality for its size among 2 quants; fits in memory with 8192 tokens of context
      Fetching 1 file, 3.00 MB
      ✓ Q4_K_M.gguf verified
      "
    `);
    expect((await readFile(home.path('models/llama/plain/Q4_K_M.gguf'))).equals(MODEL)).toBe(true);
    expect((await readdir(home.path('models/llama/plain'))).sort()).toEqual([
      'Q4_K_M.gguf',
      'metadata.json',
    ]);
  });

  test('takes the quant of --quant where the reference names none', async () => {
    const words = ['pull', '--quant', 'q8_0', '--dry-run', '--json'];
    const result = await home.run([...words, 'llama/plain', 'llama/plain:Q4_K_M']);
    expect(JSON.parse(result.stdout)).toMatchObject({
      models: [{ ref: 'llama/plain:Q8_0' }, { ref: 'llama/plain:Q4_K_M' }],
    });
    const missing = await home.run(['pull', '--quant', 'Q6_K', 'llama/plain']);
    expect(missing.exitCode).toBe(3);
  });

  test('says what does not fit the machine that is asked about', async () => {
    const words = ['pull', 'llama/plain', '--dry-run', '--json', '--memory', '300M'];
    const { models } = JSON.parse((await home.run(words)).stdout) as { models: object[] };
    expect(models).toMatchObject([
      { quant: 'Q4_K_M', reason: expect.stringMatching(/; too large, as all others: it takes/u) },
    ]);
  });

  test('of a model that is there moves no bytes', async () => {
    await home.run(['pull', 'llama/plain']);
    hub.clearRequests();
    const result = await home.run(['pull', 'llama/plain:q4_k_m']);
    expect(result.exitCode).toBe(0);
    expect(plain(result.stderr)).toMatchInlineSnapshot(`
      "llama/plain:Q4_K_M
      Already here: 1 file, 3.00 MB
      "
    `);
    expect(cdnBytes()).toBe(0);
  });

  test('adopts a file that is there without a record', async () => {
    await home.run(['pull', 'llama/plain']);
    await writeFile(home.path('models/llama/plain/metadata.json'), 'damaged');
    hub.clearRequests();
    expect((await home.run(['pull', 'llama/plain'])).exitCode).toBe(0);
    expect(cdnBytes()).toBe(0);
  });

  test('of shards keeps their names in a folder, the projector comes along once', async () => {
    await hub.addRepo('llama/big', {
      'big-Q4_K_M-00001-of-00003.gguf': { content: SHARDS[0] ?? '' },
      'big-Q4_K_M-00002-of-00003.gguf': { content: SHARDS[1] ?? '' },
      'big-Q4_K_M-00003-of-00003.gguf': { content: SHARDS[2] ?? '' },
      'mmproj-F16.gguf': { content: PROJECTOR },
      'mmproj-BF16.gguf': { content: SHARDS[2] ?? '' },
    });
    const result = await home.run(['pull', 'llama/big', '--json']);
    expect(result.exitCode).toBe(0);
    const { models } = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as {
      models: [{ path: string; files: string[] }];
    };
    expect(models[0].files.map((file) => plain(file))).toEqual([
      '<home>/llamero/models/llama/big/mmproj-F16.gguf',
      '<home>/llamero/models/llama/big/Q4_K_M/big-Q4_K_M-00001-of-00003.gguf',
      '<home>/llamero/models/llama/big/Q4_K_M/big-Q4_K_M-00002-of-00003.gguf',
      '<home>/llamero/models/llama/big/Q4_K_M/big-Q4_K_M-00003-of-00003.gguf',
    ]);
    expect(models[0].path).toBe(models[0].files[1]);
    const contents = await Promise.all(models[0].files.map((file) => readFile(file)));
    expect(Buffer.concat(contents).equals(Buffer.concat([PROJECTOR, ...SHARDS]))).toBe(true);
  });

  test('--no-mmproj leaves the projector', async () => {
    await hub.addRepo('llama/vision', {
      'v-Q4_K_M.gguf': { content: MODEL },
      'mmproj-F16.gguf': { content: PROJECTOR },
    });
    await home.run(['pull', 'llama/vision', '--no-mmproj']);
    expect((await readdir(home.path('models/llama/vision'))).sort()).toEqual([
      'Q4_K_M.gguf',
      'metadata.json',
    ]);
  });

  test('follows a renamed repository to its name of today', async () => {
    await hub.addRepo('old/name', {}, { renamedTo: 'llama/plain' });
    const { stdout } = await home.run(['pull', 'old/name']);
    expect(plain(stdout)).toBe('<home>/llamero/models/llama/plain/Q4_K_M.gguf\n');
  });

  test('uses a token for the hub alone', async () => {
    const token = testToken();
    await hub.addRepo(
      'llama/secret',
      { 's-Q4_K_M.gguf': { content: MODEL } },
      { private: true, tokensWithAccess: [token] },
    );
    const result = await home.run(['pull', 'llama/secret', '--verbose', '--json'], {
      env: { HF_TOKEN: token, LLAMERO_DEBUG: '1' },
    });
    expect(result.exitCode).toBe(0);
    expect(hub.tokenLeaks()).toEqual([]);
    expect(result.stdout + result.stderr).not.toContain(token);
  });
});

describe('killed in mid-pull', () => {
  test.each(['SIGKILL', 'SIGINT', 'SIGTERM'] as const)(
    '%s: the next pull asks for the rest alone',
    async (signal) => {
      const slow = hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 400_000 });
      const child = home.start(['pull', 'llama/plain']);
      await hub.waitForBytes('plain-Q4_K_M.gguf', 1_500_000, { host: 'cdn' });
      child.kill(signal);
      const ended = await child;
      if (signal === 'SIGINT') {
        expect(ended.exitCode).toBe(130);
        expect(ended.stderr).toContain('Interrupted');
        expect(ended.stderr).toContain('llamero pull llama/plain');
      }
      if (signal === 'SIGTERM') expect(ended.exitCode).toBe(143);
      slow.remove();

      // What the journal claims: a file with holes is longer than what is in it.
      const partial = await describePartial(home.path('models/llama/plain/Q4_K_M.gguf'));
      const kept = partial?.received ?? 0;
      expect(kept).toBeGreaterThan(100_000);
      const listed = await home.run(['list', '--json']);
      expect(JSON.parse(listed.stdout)).toMatchObject({
        models: [
          {
            ref: 'llama/plain:Q4_K_M',
            state: 'partial',
            percent: Math.floor((100 * kept) / MODEL.length),
          },
        ],
      });

      hub.clearRequests();
      const again = await home.run(['pull', 'llama/plain']);
      expect(again.exitCode).toBe(0);
      expect(cdnBytes()).toBe(MODEL.length - kept);
      expect((await readFile(home.path('models/llama/plain/Q4_K_M.gguf'))).equals(MODEL)).toBe(
        true,
      );
    },
  );
});

test('two pulls of one model started together leave one good copy', async () => {
  hub.faults.add({ host: 'cdn' }, { kind: 'throttle', bytesPerSecond: 3_000_000 });
  const results = await Promise.all([
    home.run(['pull', 'llama/plain']),
    home.run(['pull', 'llama/plain']),
  ]);
  expect(results.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
  expect(cdnBytes()).toBe(MODEL.length);
  expect(results.some(({ stderr }) => stderr.includes('Waiting for another llamero'))).toBe(true);
  expect((await readFile(home.path('models/llama/plain/Q4_K_M.gguf'))).equals(MODEL)).toBe(true);
});

describe('what goes wrong is told with the next step', () => {
  async function fail(
    words: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const { exitCode, stdout, stderr } = await home.run(words, { env });
    expect(stdout).toBe('');
    return `exit ${exitCode}\n${plain(stderr)}`;
  }

  test('a reference that is none', async () => {
    expect(await fail(['pull', 'llama3'])).toMatchInlineSnapshot(`
      "exit 2
      error: «llama3» is no model reference
      hint: Write it as user/repo or user/repo:QUANT, for example bartowski/Llama-3.2-1B-Instruct-GGUF:Q4_K_M
      "
    `);
  });

  test('no reference at all', async () => {
    expect(await fail(['pull'])).toMatchInlineSnapshot(`
      "exit 2
      error: There is no model to pull
      hint: Name one: \`llamero pull user/repo\`, or a file of them with --file
      "
    `);
  });

  test('a repository that does not exist', async () => {
    expect(await fail(['pull', 'no/such-repo'])).toMatchInlineSnapshot(`
      "exit 3
      error: no/such-repo does not exist on <hub>, or it is private
      hint: Check the spelling (llamero search such-repo); if it is private, set HF_TOKEN to a token that may read it
      "
    `);
  });

  test('a quant that is not there', async () => {
    expect(await fail(['pull', 'llama/plain:Q5_K_M'])).toMatchInlineSnapshot(`
      "exit 3
      error: llama/plain has no Q5_K_M
      hint: It has Q4_K_M (3.00 MB), Q8_0 (200 kB)
      "
    `);
  });

  test('a revision that is not there', async () => {
    expect(await fail(['pull', 'llama/plain', '--revision', 'v9'])).toMatchInlineSnapshot(`
      "exit 3
      error: llama/plain has no revision «v9»
      hint: Its branches and tags are at <hub>/llama/plain/tree/main
      "
    `);
  });

  test('a repository without GGUF files', async () => {
    await hub.addRepo('llama/tensors', {
      'config.json': { content: '{}' },
      'model.safetensors': { content: PROJECTOR },
    });
    expect(await fail(['pull', 'llama/tensors'])).toMatchInlineSnapshot(`
      "exit 3
      error: llama/tensors holds no GGUF file
      hint: There is config.json, model.safetensors
            A conversion often has the same name with -GGUF behind it; the page is <hub>/llama/tensors
      "
    `);
  });

  test('pieces of the old kind', async () => {
    await hub.addRepo('llama/pieces', {
      'm-Q4_K_M.gguf-split-a': { content: PROJECTOR },
      'm-Q4_K_M.gguf-split-b': { content: PROJECTOR },
    });
    expect(await fail(['pull', 'llama/pieces'])).toMatchInlineSnapshot(`
      "exit 3
      error: No GGUF file of a model to run in llama/pieces: m-Q4_K_M.gguf-split-a is a piece of a cut file: llama.cpp loads it only when joined again; m-Q4_K_M.gguf-split-b is a piece of a cut file: llama.cpp loads it only when joined again
      hint: Look for a newer upload of this model, whole or in shards named -00001-of-0000N.gguf
      "
    `);
  });

  test('a missing shard', async () => {
    await hub.addRepo('llama/holes', {
      'm-Q8_0-00001-of-00002.gguf': { content: PROJECTOR },
      'm-Q4_K_M.gguf': { content: MODEL },
    });
    expect(await fail(['pull', 'llama/holes:Q8_0'])).toMatchInlineSnapshot(`
      "exit 3
      error: llama/holes:Q8_0 is not complete at the hub: shard 2 of 2 missing
      hint: Complete is Q4_K_M (3.00 MB)
      "
    `);
  });

  test('a gated repository', async () => {
    await hub.addRepo('llama/gated', { 'm-Q4_K_M.gguf': { content: MODEL } }, { gated: 'manual' });
    expect(await fail(['pull', 'llama/gated'])).toMatchInlineSnapshot(`
      "exit 5
      error: llama/gated is gated: it is given only to accounts that asked for access, and no token is set
      hint: Ask for access at <hub>/llama/gated, make a token at <hub>/settings/tokens, then: export HF_TOKEN=<token>
      "
    `);
  });

  test('a token that the hub refuses', async () => {
    expect(await fail(['pull', 'llama/plain'], { HF_TOKEN: testToken('unknown') }))
      .toMatchInlineSnapshot(`
      "exit 5
      error: <hub> refuses the token from HF_TOKEN: it is wrong, expired or revoked
      hint: Make a new one at <hub>/settings/tokens, or go on without a token
      "
    `);
  });

  test('offline', async () => {
    expect(await fail(['pull', 'llama/plain'], { HF_HUB_OFFLINE: '1' })).toMatchInlineSnapshot(`
      "exit 6
      error: Offline by HF_HUB_OFFLINE: <hub> is not asked
      hint: Unset HF_HUB_OFFLINE to go online; \`llamero list\` shows the models that are already here
      "
    `);
    await home.run(['config', 'set', 'hub.offline', 'true']);
    const bySetting = await fail(['pull', 'llama/plain']);
    await home.run(['config', 'unset', 'hub.offline']);
    expect(bySetting).toMatchInlineSnapshot(`
      "exit 6
      error: Offline by hub.offline in config.yaml:2: <hub> is not asked
      hint: Run \`llamero config unset hub.offline\` to go online; \`llamero list\` shows the models that are already here
      "
    `);
    expect(hub.requests).toEqual([]);
  });

  test('a hub that is not there', async () => {
    const text = await fail(['pull', 'llama/plain'], { HF_ENDPOINT: 'http://127.0.0.1:9' });
    expect(text.replaceAll(/in \d s/gu, 'in <n> s')).toMatchInlineSnapshot(`
      "exit 6
      127.0.0.1:9: the connection was refused; next try in <n> s
      127.0.0.1:9: the connection was refused; next try in <n> s
      127.0.0.1:9: the connection was refused; next try in <n> s
      127.0.0.1:9: the connection was refused; next try in <n> s
      error: Could not reach 127.0.0.1:9: the connection was refused
      hint: HF_ENDPOINT names another hub or a mirror; models that are already here run without a network
      "
    `);
  });

  test('a flipped byte: exit 8, both digests, no file', async () => {
    hub.faults.add({ host: 'cdn' }, { kind: 'flip', offset: 1_234_567 });
    const { exitCode, stderr } = await home.run(['pull', 'llama/plain']);
    expect(exitCode).toBe(8);
    const should = createHash('sha256').update(MODEL).digest('hex');
    const damaged = Buffer.from(MODEL);
    damaged.writeUInt8(damaged.readUInt8(1_234_567) ^ 0xff, 1_234_567);
    const is = createHash('sha256').update(damaged).digest('hex');
    expect(stderr).toContain(should);
    expect(stderr).toContain(is);
    expect(await readdir(home.path('models/llama/plain'))).toEqual(['metadata.json']);
  });

  test('an error under --json is the last document', async () => {
    const { exitCode, stdout } = await home.run(['pull', 'no/such-repo', '--json']);
    expect(exitCode).toBe(3);
    const [first = '', last = ''] = stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({ event: 'failed', ref: 'no/such-repo' });
    expect(stdout.split('\n')).toHaveLength(4);
    expect(JSON.parse(last)).toEqual({ event: 'plan', models: [] });
    expect(JSON.parse(stdout.split('\n')[2] ?? '')).toMatchObject({
      error: { code: 'REPO_NOT_FOUND', exitCode: 3 },
    });
    const usage = await home.run(['pull', '--json', '--nonsense']);
    expect(usage.exitCode).toBe(2);
    expect(JSON.parse(usage.stdout)).toMatchObject({ error: { code: 'USAGE', exitCode: 2 } });
  });

  test('a reserve that the disk cannot keep', async () => {
    const { exitCode, stderr } = await home.run(['pull', 'llama/plain'], {});
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    await home.run(['config', 'set', 'pull.reserve', '900TB']);
    const refused = await home.run(['pull', 'llama/plain:Q8_0']);
    expect(refused.exitCode).toBe(7);
    expect(refused.stderr).toContain('Not enough disk space: 200 kB to write');
  });
});
