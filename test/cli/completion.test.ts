import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { openHistory } from '../../src/lib/chat/history/history.ts';
import { SCRIPTS } from '../../src/lib/completion/scripts/scripts.ts';
import { SHELLS } from '../../src/lib/completion/shells.ts';
import { CliHome } from '../support/cli.ts';
import { commandLine } from '../support/pty.ts';
import { ShellSession } from '../support/shells/session.ts';
import { REAL_SHELLS, type RealShell } from '../support/shells/shells.ts';

const PROGRAM = path.resolve(import.meta.dirname, '../../bin/run.js');
const REPO = 'bartowski/Llama-3.2-1B-Instruct-GGUF';

let home: CliHome;

beforeEach(async () => {
  home = await CliHome.create();
  await store(REPO, ['Q4_K_M.gguf', 'Q8_0.gguf', 'mmproj-F16.gguf', 'metadata.json']);
  await store('unsloth/Qwen3-4B-GGUF', ['Q4_K_M.gguf.partial', 'Q4_K_M.gguf.partial.json']);
  await writeFile(
    home.path('aliases.json'),
    JSON.stringify({ version: 1, aliases: { fast: `${REPO}:Q4_K_M` } }),
  );
});

afterEach(async () => {
  await home[Symbol.asyncDispose]();
});

async function store(repo: string, files: readonly string[]): Promise<void> {
  const folder = home.path('models', ...repo.split('/'));
  await mkdir(folder, { recursive: true });
  for (const file of files) await writeFile(path.join(folder, file), '');
}

/** A shell that has the program on its PATH and has read its script. */
async function openShell(shell: RealShell): Promise<ShellSession> {
  const bin = path.join(home.folder, 'bin');
  await mkdir(bin, { recursive: true });
  const program = path.join(bin, 'llamero');
  await writeFile(program, `#!/bin/sh\nexec ${commandLine([process.execPath, PROGRAM])} "$@"\n`);
  await chmod(program, 0o755);
  const script = path.join(home.folder, `script.${shell}`);
  await writeFile(script, SCRIPTS[shell]);
  home.env['PATH'] = `${bin}:${home.env['PATH']}`;
  return ShellSession.open(shell, home, `source '${script}'`);
}

describe.each(REAL_SHELLS)('in a real %s, Tab', (shell) => {
  test('completes commands, flags, values and models', async () => {
    await using session = await openShell(shell);
    const lines = [
      ['llamero his', 'llamero history '],
      ['llamero config unse', 'llamero config unset '],
      ['llamero config get server.po', 'llamero config get server.port '],
      ['llamero config get mod', 'llamero config get models.'],
      ['llamero run fas', 'llamero run fast '],
      [`llamero run ${REPO}:Q8`, `llamero run ${REPO}:Q8_0 `],
      [`llamero run ${REPO}@Q8`, `llamero run ${REPO}@Q8_0 `],
      [`llamero run "${REPO}:Q8`, `llamero run "${REPO}:Q8_0"`],
      ['llamero run x --hide', 'llamero run x --hide-thinking '],
      ['llamero run x --think lo', 'llamero run x --think low '],
      ['llamero run x --think=lo', 'llamero run x --think=low '],
    ] as const;
    for (const [typed, completed] of lines) {
      const line = await session.tab(typed);
      // Some shells write a blank behind a quote that they close.
      expect(completed.endsWith('"') ? line.trimEnd() : line).toBe(completed);
    }
  });

  test('lists what a word can become, and no flag that a given one excludes', async () => {
    await using session = await openShell(shell);
    expect(await session.tab(`llamero run ${REPO}:`)).toBe(`llamero run ${REPO}:Q`);
    const quants = await session.list(`llamero run ${REPO}:`);
    expect(quants).toContain('Q4_K_M');
    expect(quants).toContain('Q8_0');
    expect(quants).not.toContain('mmproj');
    const flags = await session.list('llamero rm --quiet --yes --');
    expect(flags).toContain('--force');
    expect(flags).not.toMatch(/--quiet|--yes|--verbose/u);
  });

  test('completes paths where a file is wanted, and elsewhere none', async () => {
    await writeFile(path.join(home.folder, 'a picture.png'), '');
    await using session = await openShell(shell);
    expect(await session.tab('llamero run x --image a')).toMatch(
      /^llamero run x --image (?:a\\ picture\.png|'a picture\.png') $/u,
    );
    expect(await session.tab('llamero run x --image=scrip')).toBe(
      `llamero run x --image=script.${shell} `,
    );
    expect(await session.tab('llamero list a')).toBe('llamero list a');
  });

  test('hands nothing on that a hostile name could do harm with', async () => {
    const hostile = [
      '$(touch pwned).gguf',
      '`touch pwned`.gguf',
      ';touch pwned;.gguf',
      'a\u001B[31m.gguf',
    ];
    await store('evil/models', [...hostile, "'x.gguf", 'ok.gguf', 'new\nline.gguf']);
    await store('evil;touch pwned/models', ['Q8_0.gguf']);
    using history = await openHistory({ file: home.path('history.db') });
    for (const content of ['`touch pwned` $(touch pwned)', '%F{red}:\\ %n']) {
      history.begin({ model: 'ana/x:Q8_0' }).append({ role: 'user', content });
    }
    await using session = await openShell(shell);
    expect(await session.tab('llamero run evil')).toBe('llamero run evil/models:ok ');
    const names = await session.list('llamero run ');
    expect(names).toContain('evil/models:ok');
    expect(names).not.toMatch(/touch|line/u);
    // bash shows the words alone.
    if (shell !== 'bash') {
      const titles = await session.list('llamero history show ');
      expect(titles).toContain('`touch pwned` $(touch pwned)');
      expect(titles).toContain('%F{red}:\\ %n');
    }
    expect(await readdir(home.folder)).not.toContain('pwned');
  });
});

describe('completion', () => {
  test.each(SHELLS)('prints the script of %s, and in a document with --json', async (shell) => {
    const printed = await home.run(['completion', shell]);
    expect(printed).toEqual({ exitCode: 0, stderr: '', stdout: SCRIPTS[shell] });
    const { stdout } = await home.run(['completion', shell, '--json']);
    expect(JSON.parse(stdout)).toEqual({ shell, script: SCRIPTS[shell] });
  });

  test('wants to know the shell', async () => {
    expect(await home.run(['completion'])).toMatchObject({ exitCode: 2, stdout: '' });
    expect(await home.run(['completion', 'tcsh'])).toMatchObject({ exitCode: 2, stdout: '' });
  });

  test('--install makes new shells complete, says what it did, and does it once', async () => {
    const { exitCode, stderr, stdout } = await home.run(['completion', 'bash', '--install']);
    expect({
      exitCode,
      stdout: home.plain(stdout),
      stderr: home.plain(stderr),
    }).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stderr": "<home>/.bashrc reads it
      New shells complete llamero; this one after \`source <(llamero completion bash)\`
      ",
        "stdout": "<home>/llamero/completion/llamero.bash
      ",
      }
    `);
    const again = await home.run(['completion', 'bash', '--install', '--json']);
    expect(JSON.parse(home.plain(again.stdout))).toMatchInlineSnapshot(`
      {
        "installed": {
          "changed": false,
          "script": "<home>/llamero/completion/llamero.bash",
          "startFile": "<home>/.bashrc",
        },
        "shell": "bash",
      }
    `);
    const lines = (await readFile(path.join(home.folder, '.bashrc'), 'utf8')).split('\n');
    expect(lines.filter((line) => line.includes('llamero'))).toHaveLength(1);
    const shell = await execa('bash', ['-c', 'source ~/.bashrc && complete -p llamero'], {
      env: home.env,
      extendEnv: false,
    });
    expect(shell.stdout).toBe('complete -o nospace -F _llamero llamero');
  });

  test('PowerShell is told how to do it itself', async () => {
    const { exitCode, stderr } = await home.run(['completion', 'powershell', '--install']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Add-Content $PROFILE');
  });
});

describe('a question of a shell', () => {
  test.each([
    ['no shell', []],
    ['an unknown shell', ['tcsh', '1', 'run']],
    ['no index', ['zsh']],
    ['a wrong index', ['fish', 'x', 'run', 'a']],
    ['an index beyond the words', ['fish', '99', 'run', 'a']],
    ['what looks like a flag', ['fish', '1', '--json', '--help']],
  ])('%s: is answered without a failure', async (_case, words) => {
    expect(await home.run(['__complete', ...words])).toMatchObject({ exitCode: 0, stderr: '' });
  });

  test('is answered with commands where nothing of the home can be read', async () => {
    const env = { LLAMERO_HOME: PROGRAM };
    const asked = await home.run(['__complete', 'fish', '0', 'pul'], { env });
    expect(asked).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: 'words\npull\tFetch models from the Hugging Face Hub\n',
    });
    const models = await home.run(['__complete', 'fish', '1', 'run', ''], { env });
    expect(models).toEqual({ exitCode: 0, stderr: '', stdout: 'words\n' });
  });
});
