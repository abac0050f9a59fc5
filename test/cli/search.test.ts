import { mkdir, readdir, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { type RepoOptions, type TestHub, startHub, testToken } from '../support/hub/hub.ts';
import { Pty } from '../support/pty.ts';
import { screenText } from '../support/screen.ts';

const DAY_MS = 86_400_000;
const LONG_NAME =
  'ggml-org/Llama-Guard-3-8B-whose-name-is-longer-than-some-terminals-are-wide-GGUF';

let hub: TestHub;
let home: CliHome;

beforeEach(async () => {
  hub = await startHub();
  home = await CliHome.create({ HF_ENDPOINT: hub.endpoint });
  const lastModified = new Date(Date.now() - 3.5 * DAY_MS).toISOString();
  const createdAt = new Date(Date.now() - 400 * DAY_MS).toISOString();
  const add = async (
    id: string,
    parameters: number | undefined,
    options: RepoOptions,
    files = ['m-Q4_K_M.gguf', 'm-Q8_0.gguf'],
  ): Promise<void> => {
    const gguf = { total: parameters, architecture: 'llama', context_length: 131_072 };
    await hub.addRepo(id, Object.fromEntries(files.map((name) => [name, { content: id }])), {
      lastModified,
      createdAt,
      ...options,
      ...(parameters === undefined ? {} : { gguf: { ...gguf, ...options.gguf } }),
    });
  };
  const template = '{% if tools %}{{ tools }}{% endif %}';
  await add('bartowski/Llama-3.1-8B-GGUF', 8_030_261_312, {
    downloads: 1_863_250,
    likes: 1380,
    cardData: { license: 'llama3.1' },
    gguf: { chat_template: template },
  });
  await add('bartowski/Llama-3.2-1B-GGUF', 1_235_814_432, { downloads: 186_325, likes: 138 });
  await add('meta/Llama-2-70B-GGUF', 68_976_648_192, { downloads: 9000, gated: 'manual' });
  await add(LONG_NAME, 8_030_261_312, { downloads: 950 });
  await add('someone/llama-unknown', undefined, { downloads: 12 });
  await add('someone/llama-vision', 1e9, { downloads: 5 }, ['mmproj-F16.gguf']);
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
  await hub.close();
});

async function names(...words: string[]): Promise<string[]> {
  const { exitCode, stdout } = await home.run(['search', '-q', ...words]);
  expect(exitCode).toBe(0);
  return stdout.split('\n').filter((line) => line !== '');
}

/** The table as a terminal of some width shows it. */
async function shown(columns: number): Promise<string> {
  const size = { columns, rows: 24 };
  await using pty = new Pty(home, ['search', 'llama', '--memory', '16G'], size);
  expect(await pty.ended).toBe(0);
  return await screenText(pty.output, size);
}

describe('the table of a search', () => {
  test('says what a pull would take, whether it fits, and what is here already', async () => {
    await mkdir(home.path('models/bartowski/Llama-3.2-1B-GGUF'), { recursive: true });
    await writeFile(home.path('models/bartowski/Llama-3.2-1B-GGUF/Q8_0.gguf'), 'x');
    const { stderr, stdout } = await home.run(['search', 'llama', '--memory', '16G']);
    expect(stderr).toBe('');
    expect(stdout).toMatchInlineSnapshot(`
      "   MODEL                                                                                    PARAMS  DEFAULT      SIZE  FITS  DOWNLOADS  LIKES  UPDATED
         bartowski/Llama-3.1-8B-GGUF                                                               8.03B  Q4_K_M   ~4.91 GB  yes       1.86M  1.38k  3 days ago
      ✓  bartowski/Llama-3.2-1B-GGUF                                                               1.24B  Q4_K_M    ~755 MB  yes        186k    138  3 days ago
         meta/Llama-2-70B-GGUF                                                             gated     69B  Q4_K_M   ~42.2 GB  no           9k      0  3 days ago
         ggml-org/Llama-Guard-3-8B-whose-name-is-longer-than-some-terminals-are-wide-GGUF          8.03B  Q4_K_M   ~4.91 GB  yes         950      0  3 days ago
         someone/llama-unknown                                                                            Q4_K_M                          12      0  3 days ago
      "
    `);
  });

  test('is never cut in a pipe, and fits a terminal of any width', async () => {
    expect((await home.run(['search', 'guard'])).stdout).toContain(LONG_NAME);
    for (const columns of [60, 80, 200]) {
      const text = await shown(columns);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(columns);
      expect(text).toContain('bartowski/Llama-3.2-1B-GGUF');
      expect(text).toContain('~4.91 GB');
    }
    expect(await shown(60)).toMatchInlineSnapshot(`
      "MODEL                                DEFAULT      SIZE  FITS
      bartowski/Llama-3.1-8B-GGUF          Q4_K_M   ~4.91 GB  yes
      bartowski/Llama-3.2-1B-GGUF          Q4_K_M    ~755 MB  yes
      meta/Llama-2-70B-GGUF         gated  Q4_K_M   ~42.2 GB  no
      ggml-org/Llama-Guard-3-8B-w…         Q4_K_M   ~4.91 GB  yes
      someone/llama-unknown                Q4_K_M"
    `);
  });

  test('costs one request, of a search that fills its page', async () => {
    await home.run(['search', 'llama', '--limit', '2']);
    expect(hub.requests.map(({ path }) => path.split('?')[0])).toEqual(['/api/models']);
  });

  test('ends where the page is full, and says how to see more', async () => {
    const first = await home.run(['search', 'llama', '--limit', '2']);
    expect(first.stderr).toBe('More with --page 2\n');
    expect(await names('llama', '--limit', '2', '--page', '2')).toEqual([
      'meta/Llama-2-70B-GGUF',
      LONG_NAME,
    ]);
    const last = await home.run(['search', 'llama', '--limit', '2', '--page', '3']);
    expect(last.stdout).toContain('someone/llama-unknown');
    expect(last.stderr).toBe('');
  });
});

test('the last page that can be asked for leads to no other', async () => {
  const files = { 'm-Q4_K_M.gguf': { content: 'x' } };
  for (let index = 0; index <= 100; index += 1) await hub.addRepo(`pager/m-${index}`, files);
  const last = ['search', 'pager', '--limit', '1', '--page', '100'];
  const { exitCode, stderr } = await home.run(last);
  expect({ exitCode, stderr }).toEqual({
    exitCode: 0,
    stderr: expect.stringMatching(
      /^Only the beginning of what the Hub lists was looked through; /u,
    ) as string,
  });
});

describe('a search is narrowed', () => {
  test.each<[string[], string[]]>([
    [['--author', 'meta'], ['meta/Llama-2-70B-GGUF']],
    // 8.03 billion are what is called 8B.
    [
      ['--max-params', '8B', '--min-params', '8b'],
      ['bartowski/Llama-3.1-8B-GGUF', LONG_NAME],
    ],
    [['--max-params', '2000M'], ['bartowski/Llama-3.2-1B-GGUF']],
    [['--license', 'llama3.1'], ['bartowski/Llama-3.1-8B-GGUF']],
    [['--gated'], ['meta/Llama-2-70B-GGUF']],
    [['--no-gated', '--limit', '1', '--sort', 'likes'], ['bartowski/Llama-3.1-8B-GGUF']],
    [['--tag', 'license:llama3.1'], ['bartowski/Llama-3.1-8B-GGUF']],
    [['--capability', 'tools'], ['bartowski/Llama-3.1-8B-GGUF']],
    [['--fits', '--memory', '4G'], ['bartowski/Llama-3.2-1B-GGUF']],
  ])('by %j', async (flags, expected) => {
    expect(await names('llama', ...flags)).toEqual(expected);
  });

  test.each([
    [['--min-params', 'many'], /many is no number of parameters/u],
    [['--min-params', '8B', '--max-params', '7B'], /--min-params is more than --max-params/u],
    [['--sort', 'size'], /--sort/u],
    [['--interactive'], /Nobody is there to pick a model/u],
  ])('not by %j', async (flags, message) => {
    const { exitCode, stderr } = await home.run(['search', 'llama', ...flags]);
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
    expect(hub.requests).toEqual([]);
  });
});

describe('a search that finds nothing', () => {
  const MOST = '`llamero search` shows the most downloaded models\n';
  const INFO = '`llamero info bartowski/Llama-3.1-8B-GGUF` shows what is in that repository\n';

  test.each([
    [
      'with what narrows it',
      ['guard', '--license', 'mit', '--author', 'meta'],
      'Without --author, --license, `llamero search guard`: 1 model\n',
    ],
    [
      'because it would not fit',
      ['llama', '--fits', '--memory', '1M'],
      'Without --fits, `llamero search llama`: 5 models\n',
    ],
    [
      'of what the hub holds back',
      ['someone/', '--max-params', '1M'],
      'Without --max-params, `llamero search someone/`: 1 model\n',
    ],
    ['without words', ['--max-params', '1M'], 'Without --max-params, `llamero search`: 5 models\n'],
    [
      'with a word too many',
      ['llama', 'guard', 'frob'],
      'With fewer words, `llamero search llama guard`: 1 model\n',
    ],
    [
      'with a word too many between',
      ['llama', 'frob', 'guard'],
      'With fewer words, `llamero search llama guard`: 1 model\n',
    ],
    ['with a slip of the finger', ['lluma'], 'Did you mean `llamero search llama`?\n'],
    ['with a slip in an author', ['bartwski'], 'Did you mean `llamero search bartowski`?\n'],
    [
      'with a slip and a word too many',
      ['lluma', 'zzzz'],
      'With fewer words, `llamero search llama`: 5 models\n',
    ],
    ['in a spelling whose better finds nothing', ['qwne'], MOST],
    ['of one word', ['zzzz'], MOST],
    ['on any page', ['zzzz', '--page', '2'], MOST],
    ['of one word, with what narrows it', ['zzzz', '--fits', '--max-params', '3B'], MOST],
    ['of a link', ['https://huggingface.co/bartowski/Llama-3.1-8B-GGUF'], INFO],
    ['of a link without its beginning', ['hf.co/bartowski/Llama-3.1-8B-GGUF'], INFO],
    [
      'of a repository that does not fit',
      ['bartowski/Llama-3.1-8B-GGUF', '--max-params', '1B'],
      INFO,
    ],
    ['of a quant', ['bartowski/Llama-3.1-8B-GGUF:Q8_0'], INFO.replace('-GGUF', '-GGUF:Q8_0')],
    [
      'of a link to a repository that is gone',
      ['https://hf.co/nobody/Llama-3.1-8B'],
      'With fewer words, `llamero search Llama-3.1-8B`: 1 model\n',
    ],
    [
      'of a repository without a model',
      ['someone/llama-vision'],
      'With fewer words, `llamero search someone`: 1 model\n',
    ],
    [
      'behind the last page',
      ['llama', '--page', '9'],
      'This page is behind the last one; the first has no --page\n',
    ],
  ])('%s says what else to ask', async (_name, words, suggestion) => {
    const { exitCode, stderr, stdout } = await home.run(['search', ...words]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: '' });
    const [nothing = '', ...suggestions] = stderr.split(/(?<=\n)/u);
    const isBehind = suggestion.includes('--page');
    if (!isBehind) expect(nothing).toMatch(/^No such model (?:fits «.+»|was found)\n$/u);
    expect(isBehind ? nothing : suggestions.join('')).toBe(suggestion);
  });

  test('says the same to a script', async () => {
    const { stdout } = await home.run(['search', 'lluma', '--json']);
    expect(JSON.parse(stdout)).toEqual({
      models: [],
      suggestions: ['Did you mean `llamero search llama`?'],
    });
  });

  test('offers both where either of two words would find something', async () => {
    const { stderr } = await home.run(['search', 'guard', 'unknown']);
    expect(stderr.split('\n').slice(1, -1)).toEqual([
      'With fewer words, `llamero search guard`: 1 model',
      'With fewer words, `llamero search unknown`: 1 model',
    ]);
  });
});

test('--json keeps its keys', async () => {
  const { stdout } = await home.run([
    'search',
    'llama',
    '--json',
    '--limit',
    '1',
    '--memory',
    '16G',
  ]);
  expect(JSON.parse(stdout)).toEqual({
    models: [
      {
        repo: 'bartowski/Llama-3.1-8B-GGUF',
        downloads: 1_863_250,
        likes: 1380,
        updatedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u) as string,
        createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/u) as string,
        gated: false,
        license: 'llama3.1',
        parameters: 8_030_261_312,
        architecture: 'llama',
        contextLength: 131_072,
        capabilities: ['tools'],
        quants: ['Q4_K_M', 'Q8_0'],
        default: {
          quant: 'Q4_K_M',
          reason: expect.stringContaining('Q4_K_M: ') as string,
          estimatedSize: 4_908_497_227,
          fit: { verdict: 'fits', memory: expect.any(Number) as number },
        },
        installed: [],
      },
    ],
    next: 2,
  });
});

test('offline it asks nobody', async () => {
  const { exitCode, stderr } = await home.run(['search', 'llama'], {
    env: { HF_HUB_OFFLINE: '1' },
  });
  expect(exitCode).toBe(6);
  expect(stderr).toContain('Offline by HF_HUB_OFFLINE');
  expect(hub.requests).toEqual([]);
});

test('a name made to harm a terminal is not shown, and a token goes to the hub alone', async () => {
  const token = testToken('mine');
  hub.addToken(token);
  await hub.addRepo(
    'evil/llama',
    { 'm-Q4_K_M\u001B[31m.gguf': { content: 'x' } },
    { downloads: 1e7 },
  );
  const { stdout } = await home.run(['search', 'llama'], { env: { HF_TOKEN: token } });
  expect(stdout).not.toContain('\u001B');
  expect(hub.requests.every(({ headers }) => headers.authorization === `Bearer ${token}`)).toBe(
    true,
  );
});

describe('a search that lets one be picked', () => {
  test('pulls what was picked', async () => {
    await using pty = new Pty(home, ['search', 'llama', '-i']);
    await pty.waitFor('someone/llama-unknown');
    pty.type('3.2');
    await pty.waitFor('❯ bartowski/Llama-3.2-1B-GGUF');
    pty.type('\r');
    await pty.waitFor('❯ Show what is in it');
    pty.type('pull');
    await pty.waitFor('❯ Pull it');
    pty.type('\r');
    expect(await pty.ended).toBe(0);
    expect(await readdir(home.path('models/bartowski/Llama-3.2-1B-GGUF'))).toContain('Q4_K_M.gguf');
  });

  test('asks what was picked about the machine that the search was about', async () => {
    const size = { columns: 120, rows: 40 };
    const words = ['search', '3.2', '-i', '--memory', '1M', '--verbose'];
    await using pty = new Pty(home, words, size);
    await pty.waitFor('❯ bartowski/Llama-3.2-1B-GGUF');
    pty.type('\r');
    await pty.waitFor('❯ Show what is in it');
    pty.type('pull');
    await pty.waitFor('❯ Pull it');
    pty.type('\r');
    await pty.ended;
    expect(await screenText(pty.output, size)).toMatch(/\b1\.00 MiB\b/u);
  });

  test('that is left by Ctrl+C does nothing', async () => {
    await using pty = new Pty(home, ['search', 'llama', '-i']);
    await pty.waitFor('Which model?');
    pty.type('\x03');
    expect(await pty.ended).toBe(130);
    expect(hub.requests).toHaveLength(2);
  });
});
