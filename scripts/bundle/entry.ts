import path from 'node:path';

import type { Command, Interfaces } from '@oclif/core';
import type { Plugin } from 'rolldown';

/** The name of the module that {@link entry} makes. */
export const ENTRY = 'llamero:entry';

/**
 * The module that a bundle starts with: `main` with the table of all commands, each of which is
 * loaded when it is run; and beside it what answers a shell that completes a command line.
 */
export function entry({ commands }: Interfaces.Manifest): Plugin {
  return {
    name: 'entry',
    resolveId: { filter: { id: /^llamero:entry$/u }, handler: () => ENTRY },
    load: {
      filter: { id: /^llamero:entry$/u },
      handler: () => {
        const table = Object.values(commands).map(sourceOf);
        return `
          import { main } from ${pathOf('src/main.ts')};
          export const start = (files) => main({ ...files, commands: [${table.join()}] });
          export const complete = async (files, words) =>
            (await import(${pathOf('src/complete.ts')})).complete(files, words);
        `;
      },
    },
  };
}

/** An entry of the table: what tells the command from others, and how it is loaded. */
function sourceOf(command: Command.Cached): string {
  const { aliases, hidden, hiddenAliases, id, relativePath, strict } = command;
  const args = Object.fromEntries(Object.keys(command.args).map((name) => [name, {}]));
  const name = JSON.stringify({ id, aliases, args, hidden, hiddenAliases, strict });
  return `{ ...${name}, load: () => import(${pathOf(...(relativePath ?? []))}) }`;
}

/** A file of this folder as a string of JavaScript. */
function pathOf(...parts: readonly string[]): string {
  return JSON.stringify(path.resolve(...parts));
}
