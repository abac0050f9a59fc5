import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { openHistory } from '../../../src/lib/chat/history/history.ts';
import type { Replacement } from '../../../src/lib/completion/candidate.ts';
import { type CommandTable, readCommandTable } from '../../../src/lib/completion/command-table.ts';
import { complete } from '../../../src/lib/completion/complete.ts';
import { ARGUMENTS } from '../../../src/lib/completion/sources.ts';
import { type Paths, resolvePaths } from '../../../src/lib/config/paths.ts';
import { createStore, type Store } from '../../../src/lib/store/store.ts';
import { HELP_TOPICS } from '../../../src/views/help-topics.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const LLAMA = 'bartowski/Llama-3.2-1B-Instruct-GGUF';
const QWEN = 'unsloth/Qwen3-4B-GGUF';

let folder: string;
let paths: Paths;
let table: CommandTable;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-completion-'));
  paths = resolvePaths({ LLAMERO_HOME: folder }, folder);
  const read = (name: string): Promise<string> => readFile(path.join(ROOT, name), 'utf8');
  table = readCommandTable(await read('oclif.manifest.json'), await read('package.json'));
  await put(`models/${LLAMA}/Q4_K_M.gguf`);
  await put(`models/${LLAMA}/Q8_0.gguf`);
  await put(`models/${LLAMA}/mmproj-F16.gguf`);
  await put(`models/${LLAMA}/metadata.json`, '{');
  await put(`models/${QWEN}/BF16/Qwen3-BF16-00001-of-00002.gguf`);
  await put(`models/${QWEN}/Q4_K_M.gguf.partial`);
  await put(`models/${QWEN}/Q4_K_M.gguf.partial.json`);
  await put(`models/${QWEN}/notes/README.md`);
  await put(`models/${QWEN}/Q8_0/Qwen3-Q8_0-00001-of-00002.gguf.partial`);
  await symlink('BF16', path.join(folder, 'models', QWEN, 'linked'));
  await symlink('/nowhere', path.join(folder, 'models', QWEN, 'Q2_K.gguf'));
  await symlink('/nowhere', path.join(folder, 'models', QWEN, 'gone'));
  await put('models/.hidden/repo/Q8_0.gguf');
  await put('models/a file');
  await put('aliases.json', JSON.stringify({ aliases: { fast: `${LLAMA}:Q4_K_M`, '$(x)': 'no' } }));
  await put('bin/b11505-cpu/llama-server');
  await put('bin/b11669-cuda/llama-server');
  await put('bin/version.json', '{}');
  const files = [
    { path: 'Phi-Q6_K.gguf', size: 1 },
    { path: 'README.md', size: 1 },
  ];
  await put(
    'cache/repos/ana--phi-gguf.json',
    JSON.stringify({ model: { id: 'ana/Phi-GGUF' }, files }),
  );
  await put(
    'cache/repos/ana--phi-gguf@old.json',
    JSON.stringify({ model: { id: 'ana/Old' }, files }),
  );
  await put('cache/repos/damaged--x.json', '{');
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function put(name: string, text = ''): Promise<void> {
  const file = path.join(folder, ...name.split('/'));
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** The candidates for the last word of a line, which `|` may cut; `<files>` where paths may stand. */
async function offered(text: string, replacement: Replacement = 'prefix'): Promise<string[]> {
  const [typed = '', behind = ''] = text.split('|');
  const words = typed.split(' ');
  const line = {
    before: words.slice(0, -1),
    current: words.at(-1) ?? '',
    after: behind.split(' ').filter(Boolean),
  };
  const { candidates, files } = await complete({ table, paths, line, replacement });
  return [...candidates.map(({ value }) => value), ...(files ? ['<files>'] : [])];
}

const LLAMAS = [`${LLAMA}:Q4_K_M`, `${LLAMA}:Q8_0`];

describe('a line goes on with', () => {
  test.each<[line: string, expected: readonly string[]]>([
    ['hist', ['history']],
    ['cha', ['chat']],
    ['delet', []],
    ['config ', ['edit', 'get', 'list', 'path', 'set', 'unset']],
    ['history s', ['search', 'show']],
    ['nonsense ', []],
    ['--', ['--help', '--version']],
    ['config --', ['--help', '--version']],
    ['help conf', ['config']],
    ['help config un', ['unset']],
    ['help ex', ['explain', 'exit-codes']],
    ['completion ', ['bash', 'zsh', 'fish', 'powershell']],
    ['run x --hide', ['--hide-thinking']],
    ['run x --no-m', ['--no-markdown']],
    ['chat x --hide', ['--hide-thinking']],
    ['remove x --for', ['--force']],
    ['rm -y x --y', []],
    ['rm --ye|x --yes', []],
    ['rm -q --verb', []],
    ['run x --ima', ['--image']],
    ['run x --image a --ima', ['--image']],
    ['run x -- --hide', []],
    ['run x --think ', ['on', 'off', 'low', 'medium', 'high']],
    ['run x --think=l', ['--think=low']],
    ['run x --unknown=l', []],
    ['run x --flash-attn o', ['on', 'off']],
    ['run x --load-mode mm', ['mmap', 'mmap+mlock']],
    ['run x --cache-type-k q4', ['q4_1', 'q4_0']],
    ['run x --image ', ['<files>']],
    ['run x --mmproj ', ['off', '<files>']],
    ['run x --temp ', []],
    ['run x -c ', []],
    ['run -c 4096 fas', ['fast']],
    ['run -c4096 fas', ['fast']],
    ['run --ctx=4096 fas', ['fast']],
    ['run x a prompt', []],
    ['update --channel ', ['stable', 'nightly']],
    ['update --version ', ['latest']],
    ['run ', ['fast', ...LLAMAS, `${QWEN}:BF16`]],
    ['run bart', LLAMAS],
    ['run BART', LLAMAS],
    [`run ${LLAMA}:q8`, [`${LLAMA}:Q8_0`]],
    [`run ${LLAMA}@Q8`, [`${LLAMA}@Q8_0`]],
    ['run qwen', ['Qwen3-4B-GGUF:BF16']],
    ['run Llama-3.2-1B-Instruct-GGUF:Q8', ['Llama-3.2-1B-Instruct-GGUF:Q8_0']],
    ['run x --model-draft uns', [`${QWEN}:BF16`, '<files>']],
    ['verify uns', [QWEN, `${QWEN}:BF16`, `${QWEN}:Q4_K_M`, `${QWEN}:Q8_0`]],
    ['rm bart', [LLAMA, ...LLAMAS]],
    [`rm ${LLAMA}:Q8_0 bart`, [LLAMA, `${LLAMA}:Q4_K_M`]],
    ['rm qwen', []],
    ['rm fa', ['fast']],
    ['stop ', []],
    ['pull ana', ['ana/Phi-GGUF']],
    ['pull ana/Phi-GGUF:', ['ana/Phi-GGUF:Q6_K']],
    ['info uns', [QWEN, `${QWEN}:BF16`, `${QWEN}:Q4_K_M`, `${QWEN}:Q8_0`]],
    ['pull nobody', []],
    ['pull qwen', []],
    [
      'info qwen',
      ['Qwen3-4B-GGUF', 'Qwen3-4B-GGUF:BF16', 'Qwen3-4B-GGUF:Q4_K_M', 'Qwen3-4B-GGUF:Q8_0'],
    ],
    ['alias rm ', ['fast']],
    ['engine use ', ['b11669-cuda', 'b11505-cpu']],
    ['config get server.po', ['server.port']],
    ['config get mod', ['models.']],
    [
      'config get models.u',
      [`models.${QWEN}.`, `models.${QWEN}:BF16.`, `models.${QWEN}:Q4_K_M.`, `models.${QWEN}:Q8_0.`],
    ],
    [`config set models.${QWEN}.ctx`, [`models.${QWEN}.ctx-size`]],
    ['config set server.flash-attn ', ['on', 'off', 'auto']],
    [`config set models.${QWEN}.flash-attn ''`, []],
    [`config set models.${QWEN}.flash-attn o`, ['on', 'off']],
    ['config set server.n-gpu-layers a', ['auto', 'all']],
    ['config set hub.offline ', ['true', 'false']],
    ['config set server.llama-server ', ['<files>']],
    ['config set nonsense ', []],
    ['search qwen', []],
    ['pull x --quant q5_k_', ['Q5_K_S', 'Q5_K_M', 'Q5_K_L', 'Q5_K_XL', 'Q5_K_P']],
    ['config set pull.quant iq4_n', ['IQ4_NL']],
    ['cp fas', ['fast']],
    ['cp fast ', []],
    ['tag add uns', [QWEN, `${QWEN}:BF16`, `${QWEN}:Q4_K_M`, `${QWEN}:Q8_0`]],
  ])('%s: %j', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

test('a shell that puts any candidate into the place of a word is offered every name that holds it', async () => {
  expect(await offered('run 3.2', 'part')).toEqual(LLAMAS);
  expect(await offered('run wen3', 'part')).toEqual([`${QWEN}:BF16`]);
});

test('conversations are offered, the last one first, with their titles', async () => {
  let time = Date.UTC(2026, 0, 1);
  using history = await openHistory({ file: paths.history, now: () => new Date((time += 1000)) });
  const ids = ['How do I bake bread?', 'Why is the sky blue?'].map((content) => {
    const conversation = history.begin({ model: 'ana/tiny:Q8_0' });
    conversation.append({ role: 'user', content });
    return conversation.id;
  });
  const line = { before: ['history', 'show'], current: '', after: [] };
  const { candidates } = await complete({ table, paths, line, replacement: 'prefix' });
  expect(candidates).toEqual([
    { value: ids[1], description: 'Why is the sky blue?' },
    { value: ids[0], description: 'How do I bake bread?' },
  ]);
  expect(await offered('run x --resume ')).toEqual([ids[1], ids[0]]);
});

describe('tags', () => {
  const REPO = 'ana/Tagged-GGUF';
  const store = (): Store => createStore({ models: paths.models });

  beforeAll(async () => {
    await put(`models/${REPO}/Q4_K_M.gguf`);
    await put(`models/${REPO}/Q8_0.gguf`);
    const tagged = (await store().survey()).models.filter(({ repo }) => repo === REPO);
    await store().changeTags(tagged, { add: ['work'] });
    await store().changeTags(tagged.slice(0, 1), { add: ['favorite'] });
    await put('models/bo/Other-GGUF/Q4_K_M.gguf');
    const [other] = (await store().survey()).models.filter(({ repo }) => repo.startsWith('bo/'));
    if (other !== undefined) await store().changeTags([other], { add: ['words'] });
  });

  afterAll(async () => {
    await rm(path.join(folder, 'models', 'ana'), { recursive: true });
    await rm(path.join(folder, 'models', 'bo'), { recursive: true });
  });

  test.each<[line: string, expected: readonly string[]]>([
    ['list --tag ', ['favorite', 'words', 'work']],
    ['list --tag w', ['words', 'work']],
    ['list --tag=f', ['--tag=favorite']],
    [`tag add ${LLAMA} w`, ['words', 'work']],
    [`tag rm ${REPO} `, ['favorite', 'work']],
    [`tag rm ${REPO}:Q8_0 `, ['work']],
    ['search --tag ', []],
  ])('%s', async (line, expected) => {
    expect(await offered(line)).toEqual(expected);
  });
});

describe('stop offers', () => {
  test.each([
    ['what the record of a running server names', process.pid, LLAMAS],
    // The largest number that Linux can give to a process is 2^22.
    ['nothing when the server of the record is gone', 4_194_305, []],
  ])('%s', async (_case, pid, expected) => {
    await put('run/server.json', JSON.stringify({ pid, models: LLAMAS }));
    expect(await offered('stop bart')).toEqual(expected);
    await rm(path.join(paths.run, 'server.json'));
  });
});

test('of very many repositories the names are offered without looking into each', async () => {
  const home = await mkdtemp(path.join(folder, 'many-'));
  const many = resolvePaths({ LLAMERO_HOME: home }, home);
  for (let index = 0; index < 1_001; index += 1) {
    await mkdir(path.join(many.models, 'ana', `model-${index}`), { recursive: true });
  }
  await writeFile(path.join(many.models, 'ana', 'model-7', 'Q8_0.gguf'), '');
  const ask = async (current: string): Promise<string[]> => {
    const line = { before: ['run'], current, after: [] };
    const answer = await complete({ table, paths: many, line, replacement: 'prefix' });
    return answer.candidates.map(({ value }) => value);
  };
  expect(await ask('ana/')).toHaveLength(1_001);
  expect(await ask('ana/model-7')).toEqual(['ana/model-7:Q8_0']);
});

test('in a home that is not there commands are completed all the same', async () => {
  const nowhere = resolvePaths({ LLAMERO_HOME: path.join(folder, 'nowhere') }, folder);
  const ask = async (...words: string[]): Promise<unknown> => {
    const line = { before: words.slice(0, -1), current: words.at(-1) ?? '', after: [] };
    return complete({ table, paths: nowhere, line, replacement: 'prefix' });
  };
  expect(await ask('pul')).toMatchObject({ candidates: [{ value: 'pull' }] });
  for (const command of ['run', 'rm', 'pull', 'stop']) {
    expect(await ask(command, '')).toEqual({ candidates: [], files: false });
  }
  expect(await ask('history', 'show', '')).toEqual({ candidates: [], files: false });
});

test('help offers all that it explains', async () => {
  expect(await offered('help ')).toEqual(expect.arrayContaining([...HELP_TOPICS.keys()]));
});

test('it is known of every argument of a command what can stand there', () => {
  for (const { arguments: names, name: command } of table.commands) {
    for (const { name, values } of names) {
      const known = values.length > 0 || name in ARGUMENTS || `${command} ${name}` in ARGUMENTS;
      expect(known, `${command} ${name}`).toBe(true);
    }
  }
});
