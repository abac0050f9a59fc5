import { stripVTControlCharacters } from 'node:util';

import stringWidth from 'string-width';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EXIT_CODES } from '../../src/lib/errors.ts';
import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

let home: CliHome;

beforeAll(async () => {
  home = await CliHome.create();
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

async function document(...words: string[]) {
  const { stdout } = await home.run(['help', ...words, '--json']);
  const { entries, topic } = JSON.parse(stdout) as {
    topic: string;
    entries: { name: string; meaning: string }[];
  };
  return { topic, names: entries.map(({ name }) => name), entries };
}

describe('llamero help', () => {
  test.each([
    ['exit-codes', 'busy'],
    ['environment', 'LLAMERO_HOME'],
    ['references', 'user/repo:Q4_K_M'],
  ])('%s prints a table', async (topic, part) => {
    const { exitCode, stdout } = await home.run(['help', topic]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^NAME +MEANING\n/u);
    expect(stdout).toContain(part);
  });

  test.each(['exit-codes', 'environment', 'references'])(
    '%s breaks no word on a terminal of 60 columns',
    async (topic) => {
      await using pty = new Pty(home, ['help', topic], { columns: 60, rows: 24 });
      expect(await pty.ended).toBe(0);
      const lines = stripVTControlCharacters(pty.output).split(/\r?\n/u);
      expect(lines.length).toBeGreaterThan(10);
      for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(60);
    },
  );

  test('exit-codes is the table of the code', async () => {
    const { entries, topic } = await document('exit-codes');
    expect(topic).toBe('exit-codes');
    expect(entries.map(({ meaning, name }) => [name, meaning])).toEqual(Object.entries(EXIT_CODES));
  });

  test('of a command is what --help prints', async () => {
    const [help, flag] = await Promise.all([
      home.run(['help', 'config', 'get']),
      home.run(['config', 'get', '--help']),
    ]);
    expect(help).toEqual({ ...flag, exitCode: 0 });
    expect(help.stdout).toContain('Exit codes:');
  });

  test('of a command as JSON lists its arguments and flags', async () => {
    expect((await document('config', 'get')).names).toEqual(
      expect.arrayContaining(['key', '--json', '--quiet']),
    );
  });

  test('of a group lists its commands', async () => {
    const { names } = await document('config');
    expect(names).toContain('config get');
    expect(names.every((name) => name.startsWith('config '))).toBe(true);
  });

  test('of nothing lists all commands', async () => {
    expect((await document()).names).toEqual(
      expect.arrayContaining(['pull', 'run', 'config get', 'help']),
    );
  });

  test('help explains itself, and names its topics', async () => {
    const [help, flag] = await Promise.all([
      home.run(['help', 'help']),
      home.run(['help', '--help']),
    ]);
    expect(help.stdout).toContain('llamero help [TOPIC...]');
    expect(flag).toEqual(help);
    const { stdout: root } = await home.run([]);
    for (const topic of ['exit-codes', 'environment', 'references']) {
      expect(help.stdout).toContain(topic);
      expect(root).toContain(`llamero help ${topic}`);
    }
  });

  test('a topic that is typed as a command leads to its help', async () => {
    const { exitCode, stderr } = await home.run(['exit-codes']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Did you mean `llamero help exit-codes`?');
    expect((await home.run(['enviroment'])).stderr).toContain(
      'Did you mean `llamero help environment`?',
    );
  });

  test.each([[['-h']], [['list', '-h']], [['config', 'get', '-h']], [['config', '-h']]])(
    '%j is --help',
    async (words) => {
      const [short, long] = await Promise.all([
        home.run(words),
        home.run(words.map((word) => (word === '-h' ? '--help' : word))),
      ]);
      expect(short).toEqual({ ...long, exitCode: 0 });
      expect(short.stdout).toContain('USAGE');
    },
  );

  test('examples stand on one line, so that they can be pasted', async () => {
    const { stdout } = await home.run(['verify', '--help']);
    expect(stdout).toContain(
      `$ llamero verify --json | jq -r '.models[].files[] | select(.status != "ok").path'\n`,
    );
  });

  test.each([
    ['explain', ['llamero explain REF [', 'REF  ']],
    ['tag add', ['llamero tag add REF TAG... [', 'REF  ', 'TAG...  ']],
    ['tag rm', ['llamero tag rm REF TAG... [', 'REF  ', 'TAG...  ']],
    ['run', ['llamero run [REF] [PROMPT...] [', '[REF]  ', '[PROMPT...]  ']],
    ['verify', ['llamero verify [REF...] [', '[REF...]  ']],
  ])('dots stand behind what may be repeated alone: %s', async (name, parts) => {
    const { stdout } = await home.run([...name.split(' '), '--help']);
    for (const part of parts) expect(stdout).toContain(part);
  });

  test.each([
    [['pulll'], 'Did you mean `llamero help pull`?'],
    [['exit-code'], 'Did you mean `llamero help exit-codes`?'],
    [['config', 'gett'], 'Did you mean `llamero help config get`?'],
    [['frobnicate'], 'Run `llamero --help` to see all commands'],
  ])('of what does not exist suggests what was meant: %j', async (words, hint) => {
    const { exitCode, stderr, stdout } = await home.run(['help', ...words]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toContain(hint);
  });
});
