import { appendFile } from 'node:fs/promises';
import path from 'node:path';

import { type Environment, readVariable } from '../config/environment.ts';
import { LlameroError } from '../errors.ts';
import { makeFolder, onDisk, readTextIfExists, writeFileAtomic } from '../files.ts';
import { SCRIPTS } from './scripts/scripts.ts';
import type { Shell } from './shells.ts';

/** What an installation of the completion did. */
export interface Installation {
  /** Where the script lies. */
  readonly script: string;
  /** The file in which the shell is told to read it, for shells that have to be told. */
  readonly startFile?: string;
  /** Whether anything had to be changed. */
  readonly changed: boolean;
}

/** Where a completion is installed. */
export interface InstallOptions {
  readonly shell: Shell;
  /** LLAMERO_HOME. */
  readonly home: string;
  readonly userHome: string;
  readonly environment: Environment;
}

const MARK = '# llamero completion';

/** How a shell that runs reads its script at once. */
export const LOADING: Readonly<Record<Shell, string>> = {
  bash: 'source <(llamero completion bash)',
  zsh: 'source <(llamero completion zsh)',
  fish: 'llamero completion fish | source',
  powershell: 'llamero completion powershell | Out-String | Invoke-Expression',
};

/**
 * Lets a shell complete llamero from its next start on. The script becomes a file, so that starting a
 * shell does not start llamero; fish reads it from where it lies, bash and zsh are told to by one
 * line at the end of their own start file, which does nothing once the script is gone. Doing it
 * again changes nothing; another home has a script and a line of its own.
 *
 * @throws LlameroError USAGE for PowerShell, DISK_FULL, DISK_NOT_WRITABLE
 */
export async function installCompletion(options: InstallOptions): Promise<Installation> {
  const { environment, home, shell, userHome } = options;
  switch (shell) {
    case 'bash':
      return installWithLine(
        shell,
        path.join(home, 'completion', 'llamero.bash'),
        path.join(userHome, '.bashrc'),
      );
    case 'zsh':
      return installWithLine(
        shell,
        path.join(home, 'completion', 'llamero.zsh'),
        path.join(readVariable(environment, 'ZDOTDIR') ?? userHome, '.zshrc'),
      );
    case 'fish': {
      const settings =
        readVariable(environment, 'XDG_CONFIG_HOME') ?? path.join(userHome, '.config');
      const script = path.join(settings, 'fish', 'completions', 'llamero.fish');
      return { script, changed: await writeScript(shell, script) };
    }
    case 'powershell':
      throw new LlameroError('USAGE', 'PowerShell alone knows where its profile is', {
        hint: `Add one line to it yourself: \`Add-Content $PROFILE '${LOADING.powershell}'\``,
      });
  }
}

async function installWithLine(
  shell: Shell,
  script: string,
  startFile: string,
): Promise<Installation> {
  const written = await writeScript(shell, script);
  const line = `[ -r ${quote(script)} ] && . ${quote(script)} ${MARK}`;
  const text = (await onDisk(startFile, () => readTextIfExists(startFile))) ?? '';
  if (text.split('\n').includes(line)) return { script, startFile, changed: written };
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  await onDisk(startFile, async () => {
    await makeFolder(path.dirname(startFile));
    // Not written anew: it may be a link to a file that is kept elsewhere, and it is not ours.
    await appendFile(startFile, `${gap}${line}\n`);
  });
  return { script, startFile, changed: true };
}

async function writeScript(shell: Shell, file: string): Promise<boolean> {
  if ((await onDisk(file, () => readTextIfExists(file))) === SCRIPTS[shell]) return false;
  await writeFileAtomic(file, SCRIPTS[shell]);
  return true;
}

/** A path as a word of a shell, which makes nothing of what stands in it. */
function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
