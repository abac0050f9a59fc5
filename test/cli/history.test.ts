import { mkdir, readFile, readdir, stat, writeFile } from 'node:fs/promises';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openHistory } from '../../src/lib/chat/history/history.ts';
import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

let home: CliHome;
/** The ids of two conversations, the older one first. */
let bread: string;
let sky: string;

beforeEach(async () => {
  home = await CliHome.create();
  let time = Date.UTC(2026, 0, 1);
  const now = (): Date => new Date((time += 1_000));
  using history = await openHistory({ file: home.path('history.db'), now });
  const baker = history.begin({ model: 'ana/tiny-GGUF:Q4_K_M', system: 'Be brief.' });
  baker.append({ role: 'user', content: 'How do I keep a sourdough starter?' });
  const answer = 'Feed it:\n\n- **flour** and water\u001B[31m\u009B1m';
  baker.append({ role: 'assistant', content: answer, stopped: true });
  const poet = history.begin({ model: 'ben/qwen-GGUF:Q8_0' });
  poet.append({ role: 'user', content: 'Why is the sky blue?' });
  poet.append({ role: 'assistant', content: 'Light, not flour.' });
  for (const text of ['How do I keep a sourdough starter?', '/bye']) history.prompts.add(text);
  bread = baker.id;
  sky = poet.id;
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

/** A text in which ids and ages are the same in every run. */
function plain(text: string): string {
  return home
    .plain(text)
    .replaceAll(bread, '<bread>')
    .replaceAll(sky, '<sky>')
    .replaceAll(/(?:just now|\d+ \w+ ago)/gu, '<age>');
}

async function titles(): Promise<string[]> {
  const { stdout } = await home.run(['history', 'list', '--json']);
  const document = JSON.parse(stdout) as { conversations: { title: string }[] };
  return document.conversations.map(({ title }) => title);
}

describe('history list', () => {
  test('is a table, the newest first, also as `history` alone', async () => {
    const { exitCode, stderr, stdout } = await home.run(['history', 'list']);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "ID        TITLE                               MODEL                 MESSAGES  LAST
      <sky>  Why is the sky blue?                ben/qwen-GGUF:Q8_0           2  <age>
      <bread>  How do I keep a sourdough starter?  ana/tiny-GGUF:Q4_K_M         2  <age>
      "
    `);
    expect((await home.run(['history'])).stdout).toBe(stdout);
  });

  test('can be cut short and kept to one model', async () => {
    const cut = await home.run(['history', 'list', '--limit', '1']);
    expect(cut.stdout).toContain(sky);
    expect(cut.stdout).not.toContain(bread);
    expect(cut.stderr).toBe('1 of 2; --limit 0 shows all\n');
    const model = await home.run(['history', 'list', '--model', 'TINY']);
    expect(model.stdout).toContain(bread);
    expect(model.stdout).not.toContain(sky);
  });

  test('--json keeps its keys', async () => {
    const { stdout } = await home.run(['history', 'list', '--json', '--model', 'tiny']);
    expect(JSON.parse(stdout)).toEqual({
      conversations: [
        {
          id: bread,
          title: 'How do I keep a sourdough starter?',
          model: 'ana/tiny-GGUF:Q4_K_M',
          system: 'Be brief.',
          createdAt: '2026-01-01T00:00:01.000Z',
          updatedAt: '2026-01-01T00:00:02.000Z',
          messageCount: 2,
        },
      ],
      total: 1,
    });
  });

  test('of an empty home makes nothing', async () => {
    await using other = await CliHome.create();
    const { exitCode, stderr, stdout } = await other.run(['history', 'list']);
    expect({ exitCode, stderr, stdout }).toEqual({
      exitCode: 0,
      stderr: 'No conversation is kept\n',
      stdout: '',
    });
    await expect(stat(other.path())).rejects.toThrow('ENOENT');
  });
});

describe('history show', () => {
  test('of the latest, in a pipe, is Markdown', async () => {
    const { stdout } = await home.run(['history', 'show']);
    expect(plain(stdout)).toMatchInlineSnapshot(`
      "# Why is the sky blue?

      - Model: ben/qwen-GGUF:Q8_0
      - Begun: 2026-01-01T00:00:03.000Z
      - Conversation: <sky>

      ## User

      Why is the sky blue?

      ## Assistant

      Light, not flour.
      "
    `);
  });

  test('finds by the beginning of an id', async () => {
    const { stdout } = await home.run(['history', 'show', bread.slice(0, 6), '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      conversation: {
        id: bread,
        messages: [{ role: 'system' }, { role: 'user' }, { role: 'assistant', stopped: true }],
      },
    });
  });

  test('on a terminal looks as the chat did, and obeys nothing that was said', async () => {
    await using pty = new Pty(home, ['history', 'show', bread]);
    expect(await pty.ended).toBe(0);
    expect(pty.output).toContain('sourdough starter');
    expect(pty.output).not.toContain('**flour**');
    expect(pty.output).toContain('(stopped)');
    expect(pty.output).not.toMatch(/\u001B\[31m|\u009B/u);
    await using raw = new Pty(home, ['history', 'show', '--raw', bread]);
    expect(await raw.ended).toBe(0);
    expect(raw.output).toContain('- **flour** and water');
    expect(raw.output).not.toMatch(/\u001B\[31m|\u009B/u);
  });

  test('of what is not there is exit 3', async () => {
    const { exitCode, stderr } = await home.run(['history', 'show', 'nothing']);
    expect(exitCode).toBe(3);
    expect(stderr).toMatchInlineSnapshot(`
      "error: No conversation nothing is kept
      hint: \`llamero history list\` shows those that are
      "
    `);
    await using other = await CliHome.create();
    expect((await other.run(['history', 'show'])).exitCode).toBe(3);
  });
});

describe('history search', () => {
  test('shows what was found and where, prompts before answers', async () => {
    const { stdout } = await home.run(['history', 'search', 'flo']);
    expect(plain(stdout).split('\n').sort().join('\n')).toMatchInlineSnapshot(`
      "
          Feed it: - **flour** and water[31m1m
          Light, not flour.
      <bread>  How do I keep a sourdough starter? (<age>)
      <sky>  Why is the sky blue? (<age>)"
    `);
    const nothing = await home.run(['history', 'search', 'croissant']);
    expect(nothing).toEqual({ exitCode: 0, stdout: '', stderr: 'Nothing was found\n' });
  });

  test.each([[['"']], [['sky', 'AND']], [['NOT', '(', '*']], [['--', '-sky']]])(
    'takes %j for words',
    async (words) => {
      const { exitCode, stdout } = await home.run(['history', 'search', '--json', ...words]);
      expect(exitCode).toBe(0);
      expect(JSON.parse(stdout)).toHaveProperty('results');
    },
  );
});

describe('history export', () => {
  test('of everything as JSON Lines is a conversation a line', async () => {
    const { stdout } = await home.run(['history', 'export', '--all', '--format', 'jsonl']);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual([sky, bread]);
    expect(stdout).not.toMatch(/[\u001B\u009B]/u);
  });

  test('--json and --format json are the same document', async () => {
    const flag = await home.run(['history', 'export', '--json', bread, sky]);
    const format = await home.run(['history', 'export', '--format', 'json', bread, sky]);
    expect(JSON.parse(flag.stdout)).toEqual(JSON.parse(format.stdout));
  });

  test('into a file says what it wrote, and replaces none unless told', async () => {
    const file = `${home.folder}/chats/bread.json`;
    const { stderr, stdout } = await home.run(['history', 'export', bread, '-o', file]);
    expect({ stderr: plain(stderr), stdout }).toEqual({
      stderr: 'Wrote 1 conversation to <home>/chats/bread.json\n',
      stdout: '',
    });
    const first = await readFile(file, 'utf8');
    expect(JSON.parse(first)).toMatchObject({ conversations: [{ id: bread }] });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const again = await home.run(['history', 'export', sky, '-o', file]);
    expect(again.exitCode).toBe(2);
    expect(plain(again.stderr)).toMatchInlineSnapshot(`
      "error: <home>/chats/bread.json is there already
      hint: Name another file, or replace it with --force
      "
    `);
    expect(await readFile(file, 'utf8')).toBe(first);
    const forced = await home.run(['history', 'export', sky, '-o', file, '--force', '--json']);
    expect(JSON.parse(forced.stdout)).toEqual({ path: file, format: 'json', count: 1 });
    expect(await readFile(file, 'utf8')).toContain(sky);
    expect(await readdir(`${home.folder}/chats`)).toEqual(['bread.json']);
  });
});

describe('history rm', () => {
  test('asks for consent where nobody can answer', async () => {
    const { exitCode, stderr } = await home.run(['history', 'rm', bread]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Add --yes');
    expect(await titles()).toHaveLength(2);
  });

  test('of an id takes the conversation alone, and what was typed in it', async () => {
    const { stdout } = await home.run(['history', 'rm', '-y', '--json', bread.slice(0, 6)]);
    expect(JSON.parse(stdout)).toEqual({
      removed: [{ id: bread, title: 'How do I keep a sourdough starter?' }],
    });
    expect(await titles()).toEqual(['Why is the sky blue?']);
    using history = await openHistory({ file: home.path('history.db'), readOnly: true });
    expect(history.prompts.entries()).toEqual(['/bye']);
  });

  test('of what rests takes that', async () => {
    using history = await openHistory({ file: home.path('history.db') });
    history.reopen(sky).writer.append({ role: 'user', content: 'And at night?' });
    const { stderr } = await home.run(['history', 'rm', '-y', '--older-than', '1d']);
    expect(stderr).toBe('Removed 1 conversation\n');
    expect(await titles()).toEqual(['Why is the sky blue?']);
  });

  test('of all leaves nothing', async () => {
    expect((await home.run(['history', 'rm', '--all', '-y'])).stderr).toBe(
      'Removed 2 conversations\n',
    );
    expect(await titles()).toEqual([]);
    const bytes = await readFile(home.path('history.db'));
    expect(bytes.includes('sourdough')).toBe(false);
  });

  test.each([
    ['a misspelled id among right ones', 3, () => [bread, 'missing0']],
    ['too short an id', 2, () => [bread.slice(0, 3)]],
    ['nothing', 2, () => []],
    ['an id and all', 2, () => [bread, '--all']],
    ['an age that is none', 2, () => ['--older-than', 'soon']],
  ])('of %s removes nothing', async (_name, code, words) => {
    expect((await home.run(['history', 'rm', '-y', ...words()])).exitCode).toBe(code);
    expect(await titles()).toHaveLength(2);
  });

  test('on a terminal asks, and no is the answer unless yes is given', async () => {
    await using no = new Pty(home, ['history', 'rm', bread]);
    await no.waitFor('Remove 1 conversation?');
    no.type('\r');
    expect(await no.ended).toBe(130);
    expect(await titles()).toHaveLength(2);
    await using yes = new Pty(home, ['history', 'rm', bread]);
    await yes.waitFor('Remove 1 conversation?');
    yes.type('y\r');
    expect(await yes.ended).toBe(0);
    expect(await titles()).toEqual(['Why is the sky blue?']);
  });
});

test('a history that is damaged is exit 8 with the way out', async () => {
  await using other = await CliHome.create();
  await mkdir(other.path());
  await writeFile(other.path('history.db'), 'no database '.repeat(100));
  const { exitCode, stderr } = await other.run(['history', 'list']);
  expect(exitCode).toBe(8);
  expect(other.plain(stderr)).toMatchInlineSnapshot(`
    "error: The history of conversations is damaged: <home>/llamero/history.db cannot be read
    hint: Move it away (\`mv <home>/llamero/history.db <home>/llamero/history.db.damaged\`) and a new one is begun; \`sqlite3 <home>/llamero/history.db.damaged .recover\` shows what can be saved of it
    "
  `);
});
