import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { describe, expect, test } from 'vitest';

import { defaultEditor, namedEditor, openEditor } from '../../../src/lib/config/editor.ts';
import { LlameroError } from '../../../src/lib/errors.ts';
import { temporaryPaths } from './temporary-paths.ts';

const NODE = JSON.stringify(process.execPath);
const { signal } = new AbortController();

/** A command line that runs a script with the file as its last argument, as an editor would be. */
async function scriptedEditor(folder: string, source: string): Promise<string> {
  const script = path.join(folder, 'an editor.mjs');
  await writeFile(script, source);
  return `${NODE} ${JSON.stringify(script)} --wait`;
}

describe('which editor', () => {
  test.each([
    [{ VISUAL: 'code --wait', EDITOR: 'ed' }, 'code --wait'],
    [{ VISUAL: ' ', EDITOR: 'ed' }, 'ed'],
    [{}, undefined],
  ])('%j names %j', (environment, expected) => {
    expect(namedEditor(environment)).toBe(expected);
  });

  test('vi, or notepad on Windows, when none is named', () => {
    expect(defaultEditor('linux')).toBe('vi');
    expect(defaultEditor('win32')).toBe('notepad');
  });
});

describe('openEditor', () => {
  test('hands the path over whole, whatever is in it, and waits', async () => {
    const { home } = await temporaryPaths();
    const file = path.join(home, 'a $HOME `b` (c).yaml');
    const command = await scriptedEditor(
      home,
      `import { writeFileSync } from 'node:fs';
       await new Promise((resolve) => setTimeout(resolve, 50));
       writeFileSync(process.argv[3], process.argv[2]);`,
    );
    await openEditor({ command, file, signal });
    expect(await readFile(file, 'utf8')).toBe('--wait');
  });

  test('an editor that fails is an error that says how', async () => {
    const { configFile, home } = await temporaryPaths();
    const command = await scriptedEditor(home, 'process.exit(3);');
    await expect(openEditor({ command, file: configFile, signal })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('ended with exit code 3') as string,
    });
  });

  test('an editor that is open may save before the program ends', async () => {
    const { configFile, home } = await temporaryPaths();
    const command = await scriptedEditor(
      home,
      `import { writeFileSync } from 'node:fs';
       await new Promise((resolve) => setTimeout(resolve, 200));
       writeFileSync(process.argv[3], 'saved');`,
    );
    const reason = new LlameroError('TERMINATED', 'Terminated');
    const opened = openEditor({ command, file: configFile, signal: AbortSignal.abort(reason) });
    await expect(opened).rejects.toBe(reason);
    expect(await readFile(configFile, 'utf8')).toBe('saved');
  });
});
