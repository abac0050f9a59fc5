import { homedir } from 'node:os';

import { readCommandTable } from './lib/completion/command-table.ts';
import { complete as completeLine } from './lib/completion/complete.ts';
import { isShell, readQuestion, replacementOf, writeAnswer } from './lib/completion/shells.ts';
import { readVariable } from './lib/config/environment.ts';
import { resolvePaths } from './lib/config/paths.ts';
import { program } from './program.ts';
import type { Build } from './root-plugin.ts';

/**
 * Answers the script of a shell, `llamero __complete <shell> …`, beside the commands and without
 * oclif: whoever presses Tab waits for it, and loading oclif alone would take longer than all that is
 * done here. For the same reason this is no use of @oclif/plugin-autocomplete: what it writes knows
 * the flags of the day it was made, and no name of a model.
 *
 * A failure is an empty answer. Somebody is typing, and any word of ours would land in their line.
 *
 * @param words what stands behind `__complete`
 */
export async function complete(
  build: Pick<Build, 'read'>,
  words: readonly string[],
): Promise<void> {
  // The shell stops reading when the user goes on typing.
  process.stdout.on('error', () => undefined);
  try {
    process.stdout.write(await answer(build, words));
  } catch (error) {
    if ((readVariable(program.environment, 'LLAMERO_DEBUG') ?? '0') !== '0') throw error;
  }
}

async function answer(
  { read }: Pick<Build, 'read'>,
  [shell, ...words]: readonly string[],
): Promise<string> {
  if (!isShell(shell)) return '';
  const question = readQuestion(shell, words);
  const found = await completeLine({
    table: readCommandTable(read('oclif.manifest.json'), read('package.json')),
    paths: resolvePaths(program.environment, homedir()),
    line: question.line,
    replacement: replacementOf(shell),
  });
  return writeAnswer(shell, found, question);
}
