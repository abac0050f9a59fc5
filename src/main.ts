import path from 'node:path';

import { type Interfaces, run } from '@oclif/core';

import { Interrupts } from './lib/interrupts.ts';
import { asksForJson, endInFailure, tellFailure } from './outcome.ts';
import { finishOutput, watchOutput } from './output.ts';
import { readPlainCommand, runPlainCommand } from './plain-command.ts';
import { program } from './program.ts';
import { type Build, asksForHelp, namingHelp, rootPlugin } from './root-plugin.ts';
import { explainUnknownCommand } from './unknown-command.ts';

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
  watchOutput();
  const words = process.argv.slice(2);
  const plain = readPlainCommand(words);
  if (plain !== undefined && typeof start !== 'string') await runPlainCommand(plain, start);
  else await runByOclif(words, start);
  const failure = await finishOutput();
  if (failure !== undefined) {
    process.exitCode = failure.exitCode;
    tellFailure(failure);
  }
  process.exit();
}

async function runByOclif(typed: readonly string[], start: Build | string): Promise<void> {
  const json = asksForJson(typed);
  const words = json && typeof start !== 'string' ? namingHelp(typed, start.commands) : [...typed];
  const load = typeof start === 'string' ? await fromSource(start) : fromBuild(start, words);
  try {
    await run(words, load);
  } catch (error) {
    // An unknown command, or a broken installation: the errors of commands do not get here.
    endInFailure(await explainUnknownCommand(error, load), { json });
  }
}

function listen(interrupts: Interrupts): void {
  process.on('SIGINT', () => interrupts.receive('interrupt'));
  process.on('SIGTERM', () => interrupts.receive('terminate'));
  process.on('SIGHUP', () => interrupts.receive('hangup'));
}

/** What oclif logs about itself goes nowhere: its own logger takes longer to load than most commands. */
function silence(namespace = 'oclif'): Interfaces.Logger {
  const log = { debug: ignore, error: ignore, info: ignore, trace: ignore, warn: ignore };
  return { ...log, namespace, child: silence };
}

function ignore(): void {
  // Nobody reads it.
}

function fromBuild(build: Build, words: readonly string[]): Interfaces.LoadOptions {
  const plugin = rootPlugin(build, asksForHelp(words, build.commands));
  const { pjson, root } = plugin;
  return { root, pjson, plugins: new Map([[plugin.name, plugin]]), logger: silence() };
}

async function fromSource(root: string): Promise<Interfaces.LoadOptions> {
  const { readFile } = await import('node:fs/promises');
  const text = await readFile(path.join(root, 'package.json'), 'utf8');
  const pjson = JSON.parse(text) as Interfaces.PJSON;
  const oclif = { ...pjson.oclif, enableAutoTranspile: false };
  return { root, pjson: { ...pjson, oclif }, ignoreManifest: true };
}
