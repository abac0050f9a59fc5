import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { startHub } from './hub.ts';

// A hub to try things by hand: `node test/support/hub/serve.ts --repo user/repo=folder …` prints
// {"endpoint":…} and serves the files of the folders until it is ended.
const { values } = parseArgs({ options: { repo: { type: 'string', multiple: true } } });
const hub = await startHub();
for (const word of values.repo ?? []) {
  const [, id, folder] = /^([^=]+)=(.+)$/u.exec(word) ?? [];
  if (id === undefined || folder === undefined) {
    throw new Error(`--repo wants user/repo=folder, not ${word}`);
  }
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const name = (file: string): string => path.relative(folder, file).split(path.sep).join('/');
  await hub.addRepo(id, Object.fromEntries(files.map((file) => [name(file), { file }])));
}
process.stdout.write(`${JSON.stringify({ endpoint: hub.endpoint })}\n`);
process.once('SIGTERM', () => void hub.close());
process.once('SIGINT', () => void hub.close());
