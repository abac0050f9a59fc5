import { mkdir, mkdtemp, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { type InstallOptions, installCompletion } from '../../../src/lib/completion/install.ts';
import { SCRIPTS } from '../../../src/lib/completion/scripts/scripts.ts';
import { caught } from '../../support/caught.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), "llamero-it's-"));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

function options(
  shell: InstallOptions['shell'],
  environment: Readonly<Record<string, string>> = {},
): InstallOptions {
  return { shell, home: path.join(folder, 'llamero'), userHome: folder, environment };
}

describe.each([
  ['bash', '.bashrc'],
  ['zsh', '.zshrc'],
] as const)('installed for %s', (shell, name) => {
  test('the script is a file, and one line at the end of the start file reads it', async () => {
    const startFile = path.join(folder, name);
    await writeFile(startFile, 'alias ll="ls -l"', { mode: 0o600 });
    const script = path.join(folder, 'llamero', 'completion', `llamero.${shell}`);
    expect(await installCompletion(options(shell))).toEqual({ script, startFile, changed: true });
    expect(await readFile(script, 'utf8')).toBe(SCRIPTS[shell]);
    const quoted = `'${script.replace("'", String.raw`'\''`)}'`;
    expect(await readFile(startFile, 'utf8')).toBe(
      `alias ll="ls -l"\n[ -r ${quoted} ] && . ${quoted} # llamero completion\n`,
    );
    expect((await stat(startFile)).mode & 0o777).toBe(0o600);
  });

  test('doing it again changes nothing, and mends a script that was changed', async () => {
    const { script } = await installCompletion(options(shell));
    const before = await readFile(path.join(folder, name), 'utf8');
    expect(await installCompletion(options(shell))).toMatchObject({ changed: false });
    await writeFile(script, 'old');
    expect(await installCompletion(options(shell))).toMatchObject({ changed: true });
    expect(await readFile(script, 'utf8')).toBe(SCRIPTS[shell]);
    expect(await readFile(path.join(folder, name), 'utf8')).toBe(before);
  });

  test('another home has a line of its own, and none has two', async () => {
    const other = { ...options(shell), home: path.join(folder, 'other') };
    for (const each of [options(shell), other, options(shell), other])
      await installCompletion(each);
    const lines = (await readFile(path.join(folder, name), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
  });

  test('a start file that is a link stays one', async () => {
    const kept = path.join(folder, 'dotfiles');
    await writeFile(kept, '');
    await symlink(kept, path.join(folder, name));
    await installCompletion(options(shell));
    expect(await readlink(path.join(folder, name))).toBe(kept);
    expect(await readFile(kept, 'utf8')).toContain('# llamero completion');
  });
});

test('zsh looks for its start file in ZDOTDIR', async () => {
  const moved = path.join(folder, 'zsh');
  const { startFile } = await installCompletion(options('zsh', { ZDOTDIR: moved }));
  expect(startFile).toBe(path.join(moved, '.zshrc'));
  expect(await readFile(path.join(moved, '.zshrc'), 'utf8')).toContain('# llamero completion');
});

test('fish finds the script among its completions, without a line', async () => {
  await mkdir(path.join(folder, 'settings'));
  const environment = { XDG_CONFIG_HOME: path.join(folder, 'settings') };
  const script = path.join(folder, 'settings', 'fish', 'completions', 'llamero.fish');
  expect(await installCompletion(options('fish', environment))).toEqual({ script, changed: true });
  expect(await readFile(script, 'utf8')).toBe(SCRIPTS.fish);
  expect(await installCompletion(options('fish', environment))).toEqual({ script, changed: false });
});

test('PowerShell is told to do it itself', async () => {
  const error = await caught(installCompletion(options('powershell')));
  expect(error).toMatchObject({ code: 'USAGE' });
  expect(error).toHaveProperty('hint', expect.stringContaining('Add-Content $PROFILE'));
});
