import {
  appendFile,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { sortNames } from '../../../src/lib/name-order.ts';
import { updateMetadata } from '../../../src/lib/store/metadata.ts';
import { changeTags, noteUse } from '../../../src/lib/store/notes.ts';
import { type RepoMemory, openRepoMemory } from '../../../src/lib/store/repo-memory.ts';
import type { RepoContents } from '../../../src/lib/store/repo-models.ts';
import { scanAll } from '../../../src/lib/store/scan.ts';

/** As many as make it worth while to remember them. */
const REPOS = 40;
const REPO = 'user/repo-07';

let home: string;
let models: string;
let file: string;
let skipped: string[];

/** A minute on: what was written just now has settled. */
const later = (): number => Date.now() + 60_000;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'llamero-memory-'));
  models = path.join(home, 'models');
  file = path.join(home, 'run', 'repos.jsonl');
  skipped = [];
  for (let index = 0; index < REPOS; index += 1) {
    const repo = `user/repo-${String(index).padStart(2, '0')}`;
    await put(repo, 'Q4_K_M.gguf', 10);
    await put(repo, 'Q8_0/m-00001-of-00002.gguf', 20);
    await put(repo, 'Q8_0/m-00002-of-00002.gguf', 5);
    await put(repo, index === 3 ? 'mmproj-F16/a.gguf' : 'mmproj-F16.gguf', 7);
    await put(repo, '__proto__/a.gguf', 3);
    if (index < 10) await record(repo, 'Q4_K_M', 'Q4_K_M.gguf', 10);
  }
});

afterEach(async () => {
  await rm(home, { recursive: true, force: true });
});

async function put(repo: string, name: string, size: number): Promise<void> {
  const target = path.join(models, repo, name);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, Buffer.alloc(size));
}

async function record(repo: string, quant: string, name: string, size: number): Promise<void> {
  await updateMetadata(path.join(models, repo), repo, (metadata) => {
    metadata.quants[quant] = {
      revision: 'c'.repeat(40),
      source: 'https://hub.example',
      files: [{ name: `hub-${name}`, file: name, size, sha256: 'a'.repeat(64) }],
      pulledAt: '2026-01-02T03:04:05.000Z',
    };
    noteUse(metadata, quant, new Date('2026-05-06T07:08:09Z'));
    changeTags(metadata, quant, { add: ['work'] });
  });
}

async function open(now = later): Promise<RepoMemory> {
  const memory = await openRepoMemory({
    file,
    models,
    platform: 'linux',
    now,
    onSkip: (skippedFile) => skipped.push(skippedFile),
  });
  if (memory === undefined) throw new Error('the temporary folder is on no file system we trust');
  return memory;
}

/** Fills the memory, and opens it as the next process would. */
async function remembered(now = later): Promise<RepoMemory> {
  await scanAll(models, await open(now));
  return open(now);
}

function recall(memory: RepoMemory, repo = REPO): RepoContents | undefined {
  const [user = '', name = ''] = repo.split('/');
  const folder = path.join(models, user);
  return memory.user(user, folder).recall(name, path.join(folder, name));
}

/** A line of the file: what is remembered of the repositories of a user. */
interface Line {
  readonly at?: unknown;
  readonly repos: readonly (readonly [name: string, repo: Record<string, unknown>])[];
}

async function readLine(user = 'user'): Promise<Line> {
  const lines = (await readFile(file, 'utf8')).split('\n');
  return JSON.parse(lines[lines.indexOf(JSON.stringify(user)) + 1] ?? '') as Line;
}

async function writeLine(line: unknown): Promise<void> {
  const text = typeof line === 'string' ? line : JSON.stringify(line);
  await writeFile(file, `{"version":2}\n"user"\n${text}\n`);
}

test('what is recalled is what would be read', async () => {
  const read = await scanAll(models);
  const memory = await remembered();
  expect(recall(memory)).toBeDefined();
  const again = await scanAll(models, memory);
  expect(again).toEqual(read);
  // JSON is printed in the order of the keys.
  expect(JSON.stringify(again)).toBe(JSON.stringify(read));
  expect(again.models).toHaveLength(3 * REPOS);
  expect(again.models[1]).toMatchObject({
    timesUsed: 1,
    tags: ['work'],
    pulledAt: new Date('2026-01-02T03:04:05.000Z'),
    projector: path.join(models, 'user/repo-00/mmproj-F16.gguf'),
  });
});

const inRepo = (...parts: string[]): string => path.join(models, REPO, ...parts);

describe('a change is seen', () => {
  const CHANGES: Record<string, () => Promise<unknown>> = {
    'a new file': () => put(REPO, 'Q2_K.gguf', 3),
    'a removed file': () => rm(inRepo('Q4_K_M.gguf')),
    'a removed shard': () => rm(inRepo('Q8_0', 'm-00002-of-00002.gguf')),
    'a new shard': () => put(REPO, 'Q8_0/m-00003-of-00003.gguf', 1),
    'a file that grew in its place': () => appendFile(inRepo('Q4_K_M.gguf'), 'x'),
    'a file of the same size written in its place': () =>
      writeFile(inRepo('Q4_K_M.gguf'), Buffer.alloc(10, 'y')),
    'a shard that shrank in its place': () =>
      writeFile(inRepo('Q8_0', 'm-00001-of-00002.gguf'), 'x'),
    'a projector that shrank in its place': () => writeFile(inRepo('mmproj-F16.gguf'), 'x'),
    'a file that was replaced with all its times': async () => {
      await writeFile(inRepo('other'), Buffer.alloc(10));
      await utimes(inRepo('other'), 1_700_000_000, 1_700_000_000);
      await rename(inRepo('other'), inRepo('Q4_K_M.gguf'));
    },
    'a renamed file, with the time of its folder set back': async () => {
      await rename(inRepo('Q4_K_M.gguf'), inRepo('Q4_K_S.gguf'));
      await utimes(inRepo(), 1_700_000_000, 1_700_000_000);
    },
    'a tag': () =>
      updateMetadata(inRepo(), REPO, (metadata) => {
        changeTags(metadata, 'Q8_0', { add: ['small'] });
      }),
    'a record that was written in its place': async () => {
      const text = await readFile(inRepo('metadata.json'), 'utf8');
      await writeFile(inRepo('metadata.json'), text.replace('"work"', '"home"'));
    },
    'a new shard in a folder with the name of what every object has': async () => {
      await put(REPO, '__proto__/b.gguf', 1);
    },
    'an unfinished pull': () => put(REPO, 'Q5_K_M.gguf.partial', 4),
    'a folder that is gone': () => rm(inRepo(), { recursive: true }),
    'a file where the folder was': async () => {
      await rm(inRepo(), { recursive: true });
      await writeFile(inRepo(), 'GGUF');
    },
  };

  test.each(Object.entries(CHANGES))('%s', async (_, change) => {
    const memory = await remembered();
    expect(recall(memory)).toBeDefined();
    await change();
    expect(recall(memory)).toBeUndefined();
    expect(recall(memory, 'user/repo-08')).toBeDefined();
    expect(await scanAll(models, memory)).toEqual(await scanAll(models));
  });
});

test('a link that led nowhere leads somewhere', async () => {
  await symlink(path.join(home, 'elsewhere.gguf'), inRepo('Q6_K.gguf'));
  const memory = await remembered();
  await writeFile(path.join(home, 'elsewhere.gguf'), 'GGUF');
  const { models: found } = await scanAll(models, memory);
  expect(found.map(({ ref }) => ref)).toContain(`${REPO}:Q6_K`);
});

test('a repository that came is read', async () => {
  const memory = await remembered();
  await put('user/new', 'Q4_K_M.gguf', 10);
  const { models: found } = await scanAll(models, memory);
  expect(found.map(({ ref }) => ref)).toContain('user/new:Q4_K_M');
});

describe('is not remembered', () => {
  test('what was written a moment ago', async () => {
    expect(recall(await remembered(Date.now))).toBeUndefined();
  });

  test('what is unfinished', async () => {
    await put(REPO, 'Q5_K_M.gguf.partial', 4);
    const memory = await remembered();
    expect(recall(memory)).toBeUndefined();
    expect(recall(memory, 'user/repo-08')).toBeDefined();
  });

  test('a few changes are not worth writing', async () => {
    await remembered();
    const before = await readFile(file, 'utf8');
    await put('user/new', 'Q4_K_M.gguf', 10);
    await remembered();
    expect(await readFile(file, 'utf8')).toBe(before);
  });

  test.each(['darwin', 'win32'] as const)('anything on %s', async (platform) => {
    expect(await openRepoMemory({ file, models, platform })).toBeUndefined();
  });

  test('anything on a file system whose folders may not tell', async () => {
    expect(await openRepoMemory({ file, models: '/proc', platform: 'linux' })).toBeUndefined();
    expect(
      await openRepoMemory({ file, models: path.join(home, 'none'), platform: 'linux' }),
    ).toBeUndefined();
  });
});

test('a removed repository is forgotten when others are written', async () => {
  await remembered();
  await rm(inRepo(), { recursive: true });
  for (let index = 0; index < REPOS; index += 1) await put(`other/${index}`, 'Q2_K.gguf', 1);
  await remembered();
  const names = (await readLine()).repos.map(([name]) => name);
  expect(names).toHaveLength(REPOS - 1);
  expect(names).not.toContain('repo-07');
  expect((await readLine('other')).repos).toHaveLength(REPOS);
});

test('a memory that can neither be read nor written keeps nobody from looking', async () => {
  // A folder stands where the file should be.
  await mkdir(file, { recursive: true });
  const { models: found } = await scanAll(models, await open());
  expect(found).toHaveLength(3 * REPOS);
  expect(skipped).toEqual([file, file]);
});

describe('the folder of a user', () => {
  const names = (memory: RepoMemory): readonly string[] =>
    memory.user('user', path.join(models, 'user')).names;

  test('whose repositories came and went is read', async () => {
    const memory = await remembered();
    await rm(inRepo(), { recursive: true });
    await put('user/Another', 'Q4_K_M.gguf', 1);
    expect(names(memory)).toEqual([
      'Another',
      ...Array.from(
        { length: REPOS },
        (_, index) => `repo-${String(index).padStart(2, '0')}`,
      ).filter((name) => `user/${name}` !== REPO),
    ]);
  });

  test('whose time is not known is read', async () => {
    await remembered();
    const { repos } = await readLine();
    await writeLine({ repos: repos.slice(1) });
    const memory = await open();
    expect(names(memory)).toHaveLength(REPOS);
    expect(recall(memory)).toBeDefined();
  });

  test('that holds files too, and one that is a file', async () => {
    await writeFile(path.join(models, 'user', '.DS_Store'), 'x');
    await writeFile(path.join(models, '.DS_Store'), 'x');
    const memory = await remembered();
    expect(names(memory)).toContain('.DS_Store');
    expect(await scanAll(models, memory)).toEqual(await scanAll(models));
  });

  test('is not believed to hold what lies elsewhere', async () => {
    await remembered();
    const { at, repos } = await readLine();
    const [first] = repos;
    for (const name of ['../user/repo-07', '..', '.', 'repo-07/.', '', 'a\0']) {
      await writeLine({ at, repos: [[name, first?.[1]], ...repos] });
      expect(names(await open())).toEqual(repos.map(([known]) => known));
    }
  });

  test('stands in the order of whole names, whatever its case', async () => {
    for (const repo of ['user-b/x', 'User.c/x', 'Zoe/x', 'a/x', 'user0/x']) {
      await put(repo, 'Q2_K.gguf', 1);
    }
    for (const memory of [undefined, await open(), await remembered()]) {
      const { models: found } = await scanAll(models, memory);
      const repos = [...new Set(found.map(({ repo }) => repo))];
      expect(repos).toEqual(sortNames(repos));
    }
  });
});

describe('a damaged memory', () => {
  const entry = async (): Promise<Record<string, unknown>> => {
    await remembered();
    return new Map((await readLine()).repos).get('repo-07') ?? {};
  };

  test.each(['', '{', 'null', '[]', '{"version":1}', '{"version":1,"repos":7}', '{"version":3}'])(
    'is none: %j',
    async (text) => {
      await remembered();
      await writeFile(file, text);
      const memory = await open();
      expect(memory.isEmpty).toBe(true);
      expect(recall(memory)).toBeUndefined();
      expect(await scanAll(models, await open())).toEqual(await scanAll(models));
    },
  );

  test.each([
    '',
    '{',
    'null',
    '[]',
    '7',
    '{"at":1}',
    '{"at":1,"repos":{}}',
    '{"repos":[7,[],[7]]}',
  ])('of a user is none: %j', async (text) => {
    await remembered();
    await writeLine(text);
    expect(recall(await open())).toBeUndefined();
    expect(await scanAll(models, await open())).toEqual(await scanAll(models));
  });

  test('that was cut off anywhere loses nothing', async () => {
    await remembered();
    const whole = await readFile(file, 'utf8');
    const read = await scanAll(models);
    for (let length = 0; length < whole.length; length += 199) {
      await writeFile(file, whole.slice(0, length));
      expect(await scanAll(models, await open(Date.now))).toEqual(read);
    }
  });

  const FILE = ['Q4_K_M.gguf', 10, 1];

  test.each<[string, (known: Record<string, unknown>) => unknown]>([
    ['no time', (known) => ({ ...known, at: undefined })],
    ['a time that is none', (known) => ({ ...known, at: '7' })],
    ['no inode', ({ at, ...known }) => ({ ...known, at: (at as unknown[]).slice(0, 1) })],
    ['another inode', ({ at, ...known }) => ({ ...known, at: (at as number[]).with(1, 1) })],
    ['a time of the record that is none', (known) => ({ ...known, record: null })],
    ['no models', (known) => ({ ...known, models: undefined })],
    ['a model that is none', (known) => ({ ...known, models: [null] })],
    ['a model without files', (known) => ({ ...known, models: [['Q', 7, 0]] })],
    ['a model of no file', (known) => ({ ...known, models: [['Q', [], 0]] })],
    ['a model of a file that is none', (known) => ({ ...known, models: [['Q', [7], 0]] })],
    ['a model of a file that changed', (known) => ({ ...known, models: [['Q', [FILE], 0]] })],
    [
      'a model whose main file is what every list has',
      ({ models: all, ...known }) => ({
        ...known,
        models: [(all as unknown[][])[0]?.with(2, 'length')],
      }),
    ],
    [
      'a model whose main file is not there',
      ({ models: all, ...known }) => ({ ...known, models: [(all as unknown[][])[0]?.with(2, 9)] }),
    ],
    ['folders that are none', (known) => ({ ...known, folders: 7 })],
    ['a folder that is none', (known) => ({ ...known, folders: [7] })],
    ['a folder of a name that no file has', (known) => ({ ...known, folders: [['a\0', 1]] })],
    [
      'a folder of a name that is too long',
      (known) => ({ ...known, folders: [['x'.repeat(300), 1]] }),
    ],
    ['other files that are none', (known) => ({ ...known, others: 7 })],
    ['another file that changed', (known) => ({ ...known, others: [FILE] })],
    [
      'a name of a file that is too long',
      (known) => ({ ...known, others: [[`${'x'.repeat(300)}.gguf`, 1, 1]] }),
    ],
    ['null', () => null],
  ])('is no memory of that repository: %s', async (_, damage) => {
    const damaged = damage(await entry());
    await writeLine({ repos: [['repo-07', damaged]] });
    expect(recall(await open())).toBeUndefined();
    expect(await scanAll(models, await open())).toEqual(await scanAll(models));
  });

  test('whose files lie elsewhere is not believed', async () => {
    await entry();
    await put('other/victim', 'Q4_K_M.gguf', 10);
    await put(REPO, 'Q8_0/deep/Q4_K_M.gguf', 10);
    const { ctimeMs, ino } = await stat(inRepo());
    const isBelieved = async (name: string): Promise<boolean> => {
      const { mtimeMs, size } = await stat(inRepo(name));
      const repo = { at: [ctimeMs, ino], models: [['Q', [[name, size, mtimeMs]], 0]] };
      await writeLine({ repos: [['repo-07', repo]] });
      return recall(await open()) !== undefined;
    };
    expect(await isBelieved('Q4_K_M.gguf')).toBe(true);
    expect(await isBelieved('Q8_0/m-00001-of-00002.gguf')).toBe(true);
    expect(await isBelieved('../../other/victim/Q4_K_M.gguf')).toBe(false);
    expect(await isBelieved('../repo-08/Q4_K_M.gguf')).toBe(false);
    expect(await isBelieved('Q8_0/deep/Q4_K_M.gguf')).toBe(false);
    expect(await isBelieved('./Q4_K_M.gguf')).toBe(false);
  });

  test('whose use makes no sense keeps its models', async () => {
    const { models: all, ...known } = await entry();
    const [first] = all as unknown[][];
    const use = { lastUsedAt: -1e300, timesUsed: 'y', tags: [7, 'work'] };
    const model = [...(first?.slice(0, 3) ?? []), 1e300, use];
    await writeLine({ repos: [['repo-07', { ...known, models: [model] }]] });
    const [recalled] = recall(await open())?.models ?? [];
    expect(recalled).toMatchObject({ tags: ['work'] });
    expect(recalled).not.toHaveProperty('pulledAt');
    expect(recalled).not.toHaveProperty('lastUsedAt');
    expect(recalled).not.toHaveProperty('timesUsed');
  });
});
