import { readFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { CliHome } from '../support/cli.ts';
import { Pty } from '../support/pty.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create({ HF_ENDPOINT: 'http://127.0.0.1:9' });
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly hiddenAliases: readonly string[];
        readonly args: Readonly<Record<string, { readonly required?: boolean }>>;
        readonly flags: Readonly<
          Record<
            string,
            {
              readonly char?: string;
              readonly aliases?: readonly string[];
              readonly options?: readonly string[];
            }
          >
        >;
      }
    >
  >;
}

/** One line a command: what a script may rely on. */
function describeCommands({ commands }: Manifest): string[] {
  return Object.entries(commands).map(([id, { args, flags, hiddenAliases }]) => {
    const words = Object.entries(args).map(([name, { required }]) =>
      required === true ? `<${name}>` : `[${name}]`,
    );
    const options = Object.entries(flags).map(([name, { aliases = [], char, options: values }]) => {
      const names = [
        `--${name}`,
        ...(char === undefined ? [] : [`-${char}`]),
        ...aliases.map((alias) => `--${alias}`),
      ];
      return names.join('/') + (values === undefined ? '' : `=${values.join('|')}`);
    });
    const also = hiddenAliases.length === 0 ? [] : [`(also ${hiddenAliases.join(', ')})`];
    return [id.replaceAll(':', ' '), ...words, ...options.sort(), ...also].join(' ');
  });
}

describe('the contract with scripts', () => {
  test('commands, arguments, flags and aliases', async () => {
    const text = await readFile(path.join(ROOT, 'oclif.manifest.json'), 'utf8');
    expect(describeCommands(JSON.parse(text) as Manifest)).toMatchSnapshot();
  });

  test('exit codes', async () => {
    const { stdout } = await home.run(['help', 'exit-codes', '--json']);
    expect(JSON.parse(stdout)).toMatchSnapshot();
  });

  test('environment variables', async () => {
    const { stdout } = await home.run(['help', 'environment', '--json']);
    const { entries } = JSON.parse(stdout) as { entries: { name: string }[] };
    expect(entries.map(({ name }) => name)).toMatchSnapshot();
  });

  test('--json of an empty home', async () => {
    const documents: Record<string, unknown> = {};
    for (const command of ['list', 'ps']) {
      const { exitCode, stderr, stdout } = await home.run([command, '--json']);
      expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
      documents[command] = JSON.parse(stdout);
    }
    expect(documents).toEqual({
      list: { models: [], total: { count: 0, size: 0 } },
      ps: { server: null, answers: false, models: [] },
    });
  });
});

describe('usage', () => {
  test.each([
    ['an unknown command', ['pulll', 'a/b']],
    ['an unknown command far from any', ['frobnicate']],
    ['an empty word', ['']],
    ['an unknown flag', ['list', '--frob']],
    ['a missing value', ['run', 'a/b', '--temp']],
    ['flags that exclude each other', ['list', '--quiet', '--verbose']],
    ['too many words', ['config', 'path', 'surplus']],
  ])('%s exits 2 and says what to type', async (_name, words) => {
    const { exitCode, stderr, stdout } = await home.run(words);
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatchSnapshot();
  });

  test('a JSON error holds no more than the contract says', async () => {
    const { exitCode, stdout } = await home.run(['list', '--json', '--frob']);
    expect(exitCode).toBe(2);
    const document = JSON.parse(stdout) as { error: object };
    expect(Object.keys(document)).toEqual(['error']);
    expect(Object.keys(document.error)).toEqual(['code', 'exitCode', 'message', 'hint']);
  });

  test('what is piped in is never taken for an argument', async () => {
    const { exitCode, stderr } = await home.run(['rm', '--yes'], { input: 'user/repo\n' });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Name the models to remove');
  });

  test('the stack of an error is shown on request alone', async () => {
    const plain = await home.run(['pull', 'nonsense']);
    expect(plain.stderr).not.toContain('    at ');
    const debug = await home.run(['pull', 'nonsense'], { env: { LLAMERO_DEBUG: '1' } });
    expect(debug.stderr).toContain('    at ');
  });
});

describe('streams', () => {
  test('no colour in a pipe, none with NO_COLOR, colour on a terminal', async () => {
    const escape = '\u001B[';
    const piped = await home.run(['rm', 'a/b', '--yes']);
    expect(piped.stderr).not.toContain(escape);
    const forced = await home.run(['rm', 'a/b', '--yes'], { env: { FORCE_COLOR: '1' } });
    expect(forced.stderr).toContain(`${escape}31merror:`);
    await using pty = new Pty(home, ['rm', 'a/b', '--yes']);
    expect(await pty.ended).toBe(3);
    expect(pty.output).toContain(`${escape}31merror:`);
    home.env['NO_COLOR'] = '1';
    await using bare = new Pty(home, ['rm', 'a/b', '--yes']);
    expect(await bare.ended).toBe(3);
    expect(bare.output).not.toContain(escape);
  });

  test('a reader that leaves early ends the program in silence', async () => {
    const command = `"${process.execPath}" "${path.join(ROOT, 'bin/run.js')}" help exit-codes | true; echo "\${PIPESTATUS[0]}"`;
    const { stderr, stdout } = await execa('bash', ['-c', command], {
      env: home.env,
      extendEnv: false,
    });
    expect(stderr).toBe('');
    expect(stdout).toBe('0');
  });
});

describe('the runtime', () => {
  test('too old a Node gets one line, not a stack', async () => {
    const script = `Object.defineProperty(process.versions, 'node', { value: '20.20.2' });
      Object.defineProperty(process, 'version', { value: 'v20.20.2' });
      await import(${JSON.stringify(path.join(ROOT, 'bin/run.js'))});`;
    const { exitCode, stderr, stdout } = await execa(
      process.execPath,
      ['--input-type=module', '-e', script],
      { reject: false },
    );
    expect(exitCode).toBe(9);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      'llamero needs Node.js 22.22.2+, 24.15+ or 26+; this is v20.20.2. Install a current Node.js and run it again.',
    );
  });

  test('the sources run without a build', async () => {
    const { stdout } = await execa(
      process.execPath,
      [path.join(ROOT, 'bin/dev.js'), 'list', '--json'],
      {
        env: home.env,
        extendEnv: false,
      },
    );
    expect(JSON.parse(stdout)).toEqual({ models: [], total: { count: 0, size: 0 } });
  });

  test('--version is one line', async () => {
    const { stdout } = await home.run(['--version']);
    expect(stdout).toMatch(/^llamero\/\d+\.\d+\.\d+ \S+ node-v\d+\.\d+\.\d+\n$/u);
  });
});
