import path from 'node:path';

import { type Interfaces, run } from '@oclif/core';

import { Interrupts } from './lib/interrupts.ts';
import { endInFailure } from './outcome.ts';
import { readPlainCommand, runPlainCommand } from './plain-command.ts';
import { program } from './program.ts';
import { type Build, asksForHelp, rootPlugin } from './root-plugin.ts';
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
  const words = process.argv.slice(2);
  const plain = readPlainCommand(words);
  if (plain !== undefined && typeof start !== 'string') await runPlainCommand(plain, start);
  else await runByOclif(words, start);
  await Promise.all([process.stdout, process.stderr].map(drain));
  process.exit();
}

async function runByOclif(words: string[], start: Build | string): Promise<void> {
  const load = typeof start === 'string' ? await fromSource(start) : fromBuild(start, words);
  try {
    await run(words, load);
  } catch (error) {
    // An unknown command, or a broken installation: the errors of commands do not get here.
    endInFailure(await explainUnknownCommand(error, load), { json: false });
  }
}

/** Waits until a stream has handed on all it was given, or has nobody left to hand it to. */
async function drain(stream: NodeJS.WriteStream): Promise<void> {
  if (stream.destroyed || stream.writableLength === 0) return;
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}

function listen(interrupts: Interrupts): void {
  process.on('SIGINT', () => interrupts.receive('interrupt'));
  process.on('SIGTERM', () => interrupts.receive('terminate'));
  process.on('SIGHUP', () => interrupts.receive('hangup'));
  for (const stream of [process.stdout, process.stderr]) {
    // One of oclif throws all but EPIPE, before a partial answer could be kept.
    stream.removeAllListeners('error');
    stream.on('error', (error: NodeJS.ErrnoException) => {
      // What is written to a terminal that was closed fails, maybe before its signal arrives.
      if (error.code === 'EIO' && stream.isTTY) interrupts.receive('hangup');
      else if (error.code === 'EPIPE') interrupts.receive('output closed');
      else throw error;
    });
  }
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
