import path from 'node:path';

import { type Plugin, RolldownMagicString, build } from 'rolldown';

const WORKER = /new URL\('(\.[^']+\.ts)', import\.meta\.url\)/gu;

/**
 * Puts the source of a worker thread into the file that starts it, as a `data:` URL: a bundle has no
 * file of its own for it, and a single executable has no files at all.
 */
export function inlineWorkers(target: string): Plugin {
  return {
    name: 'inline-workers',
    transform: {
      filter: { id: /\.ts$/u, code: WORKER },
      async handler(code, id) {
        const output = new RolldownMagicString(code);
        for (const found of code.matchAll(WORKER)) {
          const [text, file] = found;
          if (file === undefined) continue;
          const url = await compile(path.resolve(path.dirname(id), file), target);
          output.overwrite(
            found.index,
            found.index + text.length,
            `new URL(${JSON.stringify(url)})`,
          );
        }
        return { code: output };
      },
    },
  };
}

/** A module with all it imports as a `data:` URL. */
async function compile(input: string, target: string): Promise<string> {
  const { output } = await build({
    input,
    platform: 'node',
    transform: { target },
    write: false,
    output: { format: 'esm', minify: true },
  });
  return `data:text/javascript,${encodeURIComponent(output[0].code)}`;
}
