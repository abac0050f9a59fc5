import { writeFile } from 'node:fs/promises';
import path from 'node:path';

import { folderNames } from '../engine/folder-names.ts';
import { findOnPath } from '../engine/probe.ts';
import { shellPackages } from './packages.ts';

/** The shells that are tried for real. PowerShell cannot be had from Debian. */
export const REAL_SHELLS = ['bash', 'zsh', 'fish'] as const;

export type RealShell = (typeof REAL_SHELLS)[number];

/** How a shell is started. */
export interface ShellStart {
  readonly words: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Nothing rings, lists are shown at the first Tab and not by the page. */
const SETUP: Readonly<Record<RealShell, string>> = {
  bash: `bind 'set bell-style none'
bind 'set show-all-if-ambiguous on'
bind 'set page-completions off'
bind 'set completion-query-items -1'
PS1='$ '`,
  zsh: `autoload -Uz compinit
compinit -u -D
setopt no_beep no_prompt_sp no_always_last_prompt no_list_ambiguous
LISTMAX=10000
PS1='$ '`,
  fish: `set -g fish_greeting
set -g fish_autosuggestion_enabled 0
function fish_prompt; printf '$ '; end
function fish_title; end`,
};

/**
 * Makes a shell ready, the machine's own or one out of unpacked packages, that knows no settings of
 * this machine.
 *
 * @param folder where its start file is written
 * @param lines what it runs before the first prompt
 */
export async function prepareShell(
  shell: RealShell,
  folder: string,
  lines: string,
): Promise<ShellStart> {
  const { env, program, setup } = await findShell(shell);
  const file = path.join(folder, shell === 'zsh' ? '.zshrc' : `start.${shell}`);
  await writeFile(file, `${setup}${SETUP[shell]}\n${lines}\n`);
  switch (shell) {
    case 'bash':
      return { words: [program, '--noprofile', '--rcfile', file, '-i'], env };
    case 'zsh':
      return { words: [program, '-d', '-i'], env: { ...env, ZDOTDIR: folder } };
    case 'fish':
      return { words: [program, '--no-config', '-i', '-C', `source ${file}`], env };
  }
}

interface FoundShell {
  readonly program: string;
  readonly env: Readonly<Record<string, string>>;
  /** What tells it where its own files lie. */
  readonly setup: string;
}

async function findShell(shell: RealShell): Promise<FoundShell> {
  const installed = await findOnPath(shell, process.env['PATH'] ?? '');
  if (installed !== undefined) return { program: installed, env: {}, setup: '' };
  const root = await shellPackages();
  const [machine = ''] = (await folderNames(path.join(root, 'usr', 'lib'))).filter((name) =>
    name.includes('-linux-'),
  );
  const libraries = path.join(root, 'usr', 'lib', machine);
  if (shell === 'fish') {
    const program = path.join(root, 'usr', 'bin', 'fish');
    return { program, env: { LD_LIBRARY_PATH: libraries }, setup: '' };
  }
  return {
    program: path.join(root, 'bin', 'zsh'),
    env: {},
    setup: `module_path=(${libraries}/zsh/*)\nfpath=(${root}/usr/share/zsh/functions/**/*(/))\n`,
  };
}
