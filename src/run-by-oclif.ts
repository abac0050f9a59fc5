import path from 'node:path';

import { type Interfaces, run } from '@oclif/core';

import { asksForJson, endInFailure } from './outcome.ts';
import { type Build, asksForHelp, namingHelp, rootPlugin } from './root-plugin.ts';
import { explainUnknownCommand } from './unknown-command.ts';

/**
 * Runs the command that a command line names, or ends in what is wrong with the line.
 *
 * @param start the build to run, or the folder of the sources
 */
export async function runByOclif(typed: readonly string[], start: Build | string): Promise<void> {
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
