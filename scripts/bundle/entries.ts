import path from 'node:path';

import type { Command, Interfaces } from '@oclif/core';
import type { Plugin } from 'rolldown';

/** The module that bin/run.js starts. */
export const PROGRAM = 'llamero:program';
/** The module that a single executable starts. */
export const EXECUTABLE = 'llamero:executable';

const ANY = /^llamero:(?:program|executable)$/u;

/**
 * The modules that bundles start with: the program with the table of all its commands, each of which
 * is loaded when it is run, and the answers to the shell that completes one.
 */
export function entries(manifest: Interfaces.Manifest): Plugin {
  return {
    name: 'entries',
    resolveId: { filter: { id: ANY }, handler: (id) => id },
    load: {
      filter: { id: ANY },
      handler: (id) => (id === PROGRAM ? programOf(manifest) : EXECUTABLE_SOURCE),
    },
  };
}

function programOf({ commands, version }: Interfaces.Manifest): string {
  const table = Object.values(commands).map(commandOf);
  return `
    import { main } from ${pathOf('src/main.ts')};
    export const start = (files) =>
      main({ ...files, version: ${JSON.stringify(version)}, commands: [${table.join()}] });
    export const complete = async (files, words) =>
      (await import(${pathOf('src/complete.ts')})).complete(files, words);
  `;
}

// Such an executable has Node with it and its files within.
const EXECUTABLE_SOURCE = `
  import path from 'node:path';
  import { getAsset } from 'node:sea';
  import { complete, start } from '${PROGRAM}';
  const files = { root: path.dirname(process.execPath), read: (file) => getAsset(file, 'utf8') };
  void (process.argv[2] === '__complete'
    ? complete(files, process.argv.slice(3))
    : start(files));
`;

/** An entry of the table: what tells the command from others, and how it is loaded. */
function commandOf(command: Command.Cached): string {
  const { aliases, hidden, hiddenAliases, id, relativePath, strict } = command;
  const args = Object.fromEntries(Object.keys(command.args).map((name) => [name, {}]));
  const name = JSON.stringify({ id, aliases, args, hidden, hiddenAliases, strict });
  return `{ ...${name}, load: () => import(${pathOf(...(relativePath ?? []))}) }`;
}

/** A file of this folder as a string of JavaScript. */
function pathOf(...parts: readonly string[]): string {
  return JSON.stringify(path.resolve(...parts));
}
