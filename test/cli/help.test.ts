import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { EXIT_CODES } from '../../src/lib/errors.ts';
import { CliHome } from '../support/cli.ts';

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
