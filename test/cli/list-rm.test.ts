import { randomBytes } from 'node:crypto';
import { mkdir, readFile, readdir, rm, truncate, utimes, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { writeTinyModel } from '../support/gguf/tiny-model.ts';
import { startHub, type TestHub } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';

const ISO_TIME = /^\d{4}-\d\d-\d\dT[\d:.]+Z$/u;

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  await hub.addRepo('llama/one', {
    'one-Q4_K_M.gguf': { content: randomBytes(120_000) },
    'one-Q8_0.gguf': { content: randomBytes(240_000) },
    'mmproj-F16.gguf': { content: randomBytes(10_000) },
  });
  await hub.addRepo('llama/two', { 'two-Q6_K.gguf': { content: randomBytes(1_500_000) } });
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  for (const ref of ['llama/one', 'llama/one:Q8_0', 'llama/two']) {
    expect((await home.run(['pull', ref])).exitCode).toBe(0);
  }
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

async function table(): Promise<string> {
  return (await home.run(['list'])).stdout;
}

describe('list', () => {
  test('is a table for people and names alone with -q', async () => {
    const { stderr, stdout } = await home.run(['list']);
    expect(stdout).toMatchInlineSnapshot(`
      "MODEL      QUANT      SIZE  MODIFIED
      llama/one  Q4_K_M   120 kB  just now
      llama/one  Q8_0     240 kB  just now
      llama/two  Q6_K    1.50 MB  just now
      "
    `);
    expect(stderr).toMatch(/^3 models, 1\.87 MB; \S+ [kMGT]B free\n$/u);
    expect((await home.run(['ls', '-q'])).stdout).toBe(
      'llama/one:Q4_K_M\nllama/one:Q8_0\nllama/two:Q6_K\n',
    );
  });

  test('--json keeps its keys', async () => {
    const document = JSON.parse((await home.run(['list', '--json'])).stdout) as {
      models: Record<string, unknown>[];
      total: unknown;
    };
    expect(document.total).toEqual({ count: 3, size: 1_870_000 });
    expect(document.models[0]).toEqual({
      ref: 'llama/one:Q4_K_M',
      repo: 'llama/one',
      quant: 'Q4_K_M',
      path: home.path('models/llama/one/Q4_K_M.gguf'),
      projector: home.path('models/llama/one/mmproj-F16.gguf'),
      files: [
        {
          path: home.path('models/llama/one/Q4_K_M.gguf'),
          name: 'one-Q4_K_M.gguf',
          size: 120_000,
          sha256: expect.stringMatching(/^[0-9a-f]{64}$/u) as string,
        },
      ],
      size: 120_000,
      state: 'complete',
      modifiedAt: expect.stringMatching(ISO_TIME) as string,
      pulledAt: expect.stringMatching(ISO_TIME) as string,
    });
  });

  test.each(['missing', 'damaged'])('works when metadata.json is %s', async (state) => {
    const before = await table();
    const file = home.path('models/llama/one/metadata.json');
    if (state === 'missing') await rm(file);
    else await writeFile(file, '{"version":1,"repo":');
    expect(await table()).toBe(before);
  });

  test('shows an unfinished pull with its percentage', async () => {
    const file = home.path('models/llama/two/Q6_K.gguf');
    await truncate(file, 645_000);
    expect(await table()).toContain('unfinished, 43 %');
  });

  test('shows files that were put there by hand, and no control characters of their names', async () => {
    await mkdir(home.path('models/me/mine'), { recursive: true });
    await writeFile(home.path('models/me/mine/my\u001B[31mmodel.gguf'), 'x');
    const output = await table();
    expect(output).toContain('me/mine');
    expect(output).not.toContain('\u001B');
  });

  test('shows aliases, tags and use where there are any', async () => {
    await home.run(['alias', 'set', 'fast', 'llama/one:Q4_K_M']);
    await home.run(['tag', 'add', 'llama/one:Q8_0', 'work', 'favorite']);
    expect(await table()).toMatchInlineSnapshot(`
      "MODEL      QUANT   ALIAS  TAGS               SIZE  MODIFIED
      llama/one  Q4_K_M  fast                    120 kB  just now
      llama/one  Q8_0           work, favorite   240 kB  just now
      llama/two  Q6_K                           1.50 MB  just now
      "
    `);
    expect((await home.run(['list', '--tree'])).stdout).toMatchInlineSnapshot(`
      "llama
        one
          Q4_K_M  120 kB  just now, fast
          Q8_0    240 kB  just now, work, favorite
        two
          Q6_K  1.50 MB  just now
      "
    `);
    expect((await home.run(['list', '--sort', 'used'])).stdout).toContain('LAST USED');
    const { stdout } = await home.run(['list', '--json', '--favorite']);
    expect(JSON.parse(stdout)).toMatchObject({
      models: [{ ref: 'llama/one:Q8_0', tags: ['work', 'favorite'] }],
      total: { count: 1, size: 240_000 },
    });
  });

  test.each([
    [['--sort', 'size'], 'two:Q6_K one:Q8_0 one:Q4_K_M'],
    [['--sort', 'size', '--reverse'], 'one:Q4_K_M one:Q8_0 two:Q6_K'],
    [['--reverse'], 'two:Q6_K one:Q8_0 one:Q4_K_M'],
    [['--filter', 'size>200kB', '--filter', 'quant=Q8*'], 'one:Q8_0'],
    [['--filter', 'name=*/two'], 'two:Q6_K'],
    [['--filter', 'used>30d'], ''],
    [['--filter', 'arch=llama'], ''],
    [['--tag', 'none'], ''],
  ])('%j shows %j', async (flags, expected) => {
    const { exitCode, stdout } = await home.run(['list', '-q', ...flags]);
    expect(exitCode).toBe(0);
    expect(stdout.trim().split('\n').join(' ').replaceAll('llama/', '')).toBe(expected);
  });

  test('says when nothing fits, and what a filter has to look like', async () => {
    const none = await home.run(['list', '--filter', 'size>1TB']);
    expect(none).toMatchObject({ exitCode: 0, stdout: '', stderr: 'None of the 3 models fits.\n' });
    await home.run(['rm', '-y', 'llama/one']);
    expect((await home.run(['list', '--filter', 'size>1TB'])).stderr).toBe(
      'The only model does not fit.\n',
    );
    const { exitCode, stderr } = await home.run(['list', '--filter', 'size']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('«size» is no filter\nhint: Filters are size>10G, used>30d');
  });

  test('reads no file for a plain table, and each once for what only files tell', async () => {
    await mkdir(home.path('models/me/tiny'), { recursive: true });
    await writeTinyModel({ path: home.path('models/me/tiny/F32.gguf'), sentence: 'hello' });
    const memory = home.path('run/headers.json');
    await table();
    await expect(readFile(memory)).rejects.toThrow('ENOENT');
    const { stdout } = await home.run(['list', '--sort', 'params', '--filter', 'arch=ll*']);
    expect(stdout).toMatch(
      /^MODEL +QUANT +ARCH +PARAMS +CAN +SIZE +MODIFIED\nme\/tiny +F32 +llama +\d+K /u,
    );
  });

  test.each([60, 200])('fits into %i columns', async (columns) => {
    const repo = 'a-very-long-user-name/with-a-repository-name-that-is-long-GGUF';
    await hub.addRepo(repo, { 'm-Q4_K_M.gguf': { content: 'x' } });
    await home.run(['pull', repo]);
    await using pty = new Pty(home, ['list'], { columns, rows: 24 });
    expect(await pty.ended).toBe(0);
    const lines = (await screenText(pty.output, { columns, rows: 24 })).split('\n');
    // The header, four models, the total.
    expect(lines).toHaveLength(6);
    expect(lines.some((line) => line.includes(repo))).toBe(columns === 200);
  });

  test('is never cut in a pipe', async () => {
    const repo =
      'a-very-long-user-name-indeed/with-a-repository-name-that-is-longer-than-a-terminal-is-wide-GGUF';
    await hub.addRepo(repo, { 'm-Q4_K_M.gguf': { content: 'x' } });
    await home.run(['pull', repo]);
    expect(await table()).toContain(repo);
  });
});

describe('rm', () => {
  test('of one quant leaves the others and the projector they need', async () => {
    const { stderr, stdout } = await home.run(['rm', '-y', 'llama/one:q8_0']);
    expect(stdout).toBe('Removed llama/one:Q8_0\n');
    expect(stderr).toBe('Freed 240 kB\n');
    expect((await readdir(home.path('models/llama/one'))).sort()).toEqual([
      'Q4_K_M.gguf',
      'metadata.json',
      'mmproj-F16.gguf',
    ]);
  });

  test('of several at once, a whole repository among them', async () => {
    const { stdout } = await home.run(['rm', '-y', '--json', 'llama/one', 'llama/two:Q6_K']);
    expect(JSON.parse(stdout)).toEqual({
      removed: [
        { ref: 'llama/one:Q4_K_M', size: 120_000 },
        { ref: 'llama/one:Q8_0', size: 240_000 },
        { ref: 'llama/two:Q6_K', size: 1_500_000 },
      ],
      failed: [],
      freed: 1_870_000,
      aliases: [],
    });
    expect(await readdir(home.path('models'))).toEqual([]);
  });

  test('asks for consent where nobody can answer', async () => {
    const { exitCode, stderr } = await home.run(['rm', 'llama/two']);
    expect(exitCode).toBe(2);
    expect(stderr).toMatchInlineSnapshot(`
      "error: Nobody is there to confirm the removal
      hint: Add --yes to remove without a question
      "
    `);
    expect(await readdir(home.path('models/llama/two'))).toContain('Q6_K.gguf');
  });

  test('of a misspelled name removes nothing, of the others neither', async () => {
    const { exitCode, stderr } = await home.run(['rm', '-y', 'llama/two', 'llama/onne']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: llama/onne is not stored on this machine
      hint: Did you mean llama/one? \`llamero list\` shows what is stored
      "
    `);
    expect(await readdir(home.path('models/llama/two'))).toContain('Q6_K.gguf');
  });

  test.each([
    [['*:Q8_0'], 'one:Q8_0'],
    [['llama/*', '--filter', 'size<200kB'], 'one:Q4_K_M'],
    [['--larger-than', '1MB'], 'two:Q6_K'],
    [['--filter', 'quant=Q8_0', '--larger-than', '1MB'], ''],
    [['--older-than', '30d'], ''],
    [['--partials'], ''],
  ])('of %j takes %j', async (words, expected) => {
    const dry = await home.run(['rm', '--json', '--dry-run', ...words]);
    const { exitCode, stdout } = await home.run(['rm', '-y', '--json', ...words]);
    expect(exitCode).toBe(0);
    const { removed } = JSON.parse(stdout) as { removed: { ref: string }[] };
    expect(removed.map(({ ref }) => ref).join(' ')).toBe(expected && `llama/${expected}`);
    expect(JSON.parse(dry.stdout)).toEqual(JSON.parse(stdout));
    expect((await home.run(['list', '-q'])).stdout.split('\n')).toHaveLength(4 - removed.length);
  });

  test('by age takes neither what was used nor what came lately, however old its file', async () => {
    const old = new Date(Date.now() - 90 * 86_400_000);
    for (const name of ['one/Q4_K_M', 'one/Q8_0', 'two/Q6_K']) {
      await utimes(home.path(`models/llama/${name}.gguf`), old, old);
    }
    const edit = async (repo: string, from: RegExp, to: string): Promise<void> => {
      const file = home.path(`models/llama/${repo}/metadata.json`);
      await writeFile(file, (await readFile(file, 'utf8')).replace(from, to));
    };
    await edit('two', /"pulledAt": "[^"]+"/u, `"pulledAt": "${old.toISOString()}"`);
    const { stderr, stdout } = await home.run(['rm', '--older-than', '30d', '--dry-run']);
    expect(stdout).toBe('llama/two:Q6_K  1.50 MB\n');
    expect(stderr).toBe('In all 1 model, 1.50 MB\n');
    await edit(
      'two',
      /"quants"/u,
      `"notes": {"Q6_K": {"lastUsedAt": "${new Date().toISOString()}"}}, "quants"`,
    );
    expect((await home.run(['rm', '--older-than', '30d', '-y'])).stderr).toBe(
      'There is nothing to remove\n',
    );
  });

  test('never takes a part of a name for the name', async () => {
    for (const name of ['two', 'llama/tw', 'tow']) {
      const { exitCode, stderr, stdout } = await home.run(['rm', '-y', name]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: '' });
      expect(stderr).toContain(name === 'tow' ? 'llamero search tow' : 'Did you mean llama/two?');
    }
    expect((await home.run(['rm', 'two', '--dry-run'])).stderr).toContain('two is llama/two\n');
    expect((await home.run(['rm', '-y', 'llama'])).exitCode).toBe(4);
    expect(await table()).toContain('llama/two');
  });

  test('takes the aliases of what goes, and says so', async () => {
    for (const name of ['big', 'huge']) await home.run(['alias', 'set', name, 'llama/two']);
    const { stderr } = await home.run(['rm', '-y', 'HUGE']);
    expect(stderr).toBe(
      'The alias big of llama/two:Q6_K is gone too\nThe alias huge of llama/two:Q6_K is gone too\nFreed 1.50 MB\n',
    );
    expect((await home.run(['alias', '-q'])).stdout).toBe('');
  });

  test('without names wants them, or marks in a list on a terminal', async () => {
    const { exitCode, stderr } = await home.run(['rm', '-y']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Name the models to remove, or give a filter');
    await using pty = new Pty(home, ['rm']);
    const asked = await pty.waitFor('Which models shall go?');
    await pty.waitFor('llama/two:Q6_K');
    // The second of them, then the question, to which no is the answer unless told.
    pty.type('\u001B[B \r');
    await pty.waitFor('Remove it (240 kB)?', asked);
    pty.type('y\r');
    expect(await pty.ended).toBe(0);
    expect((await home.run(['list', '-q'])).stdout).toBe('llama/one:Q4_K_M\nllama/two:Q6_K\n');
  });

  test('of which nothing is marked removes nothing', async () => {
    await using pty = new Pty(home, ['rm', '--yes']);
    await pty.waitFor('llama/two:Q6_K');
    pty.type('\r');
    expect(await pty.ended).toBe(130);
    expect((await home.run(['list', '-q'])).stdout.split('\n')).toHaveLength(4);
  });

  test('of an unfinished pull takes all of it', async () => {
    await hub.addRepo('llama/three', { 'three-Q6_K.gguf': { content: randomBytes(1_500_000) } });
    const stall = hub.faults.add({ host: 'cdn' }, { kind: 'stall', afterBytes: 400_000 });
    const child = home.start(['pull', 'llama/three']);
    await hub.waitForBytes('three-Q6_K.gguf', 400_000, { host: 'cdn' });
    child.kill('SIGKILL');
    await child;
    stall.remove();
    expect(await table()).toMatch(/three +Q6_K +.* unfinished/u);
    expect((await home.run(['rm', '-y', '--partials'])).stdout).toBe('Removed llama/three:Q6_K\n');
    expect((await readdir(home.path('models/llama'))).sort()).toEqual(['one', 'two']);
  });
});

test.each([
  [
    ['rm', '--older-than', '30x'],
    '--older-than takes an age such as 12h, 30d, 4w or 1y, not «30x»',
  ],
  [['rm', '--larger-than', 'x'], '--larger-than takes a size such as 500M or 10GB, not «x»'],
  [['list', '--tag', ''], '«» cannot be a tag'],
])('%j is refused in its own words', async (words, message) => {
  const { exitCode, stderr } = await home.run(words);
  expect(stderr).toMatch(`error: ${message}\n`);
  expect(exitCode).toBe(2);
});
