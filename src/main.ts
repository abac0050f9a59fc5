import { Interrupts, SIGNALS } from './lib/interrupts.ts';
import { tellFailure } from './outcome.ts';
import { finishOutput, watchOutput } from './output.ts';
import { readPlainCommand, runPlainCommand } from './plain-command.ts';
import { program } from './program.ts';
import type { Build } from './root-plugin.ts';

/**
 * The program: signals, the command, the exit code. Ends the process when all output is written,
 * so that a handle somebody forgot cannot keep it alive.
 *
 * @param start the build to run, or the folder of the sources
 */
export async function main(start: Build | string): Promise<void> {
  program.interrupts = new Interrupts((exitCode) => {
    // Who draws has no time left to give the cursor and the line wrapping back.
    if (process.stderr.isTTY) process.stderr.write('\u001B[?25h\u001B[?7h');
    process.exit(exitCode);
  });
  listen(program.interrupts);
  const words = process.argv.slice(2);
  const plain = readPlainCommand(words);
  if (plain !== undefined && typeof start !== 'string') {
    await runPlainCommand(plain, start);
  } else {
    watchOutput();
    const { runByOclif } = await import('./run-by-oclif.ts');
    await runByOclif(words, start);
  }
  const failure = await finishOutput();
  if (failure !== undefined) {
    process.exitCode = failure.exitCode;
    tellFailure(failure);
  }
  process.exit();
}

function listen(interrupts: Interrupts): void {
  for (const [signal, kind] of Object.entries(SIGNALS)) {
    process.on(signal, () => interrupts.receive(kind));
  }
}
