import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Context } from '../lib/context.ts';
import { defaultEditor, namedEditor, openEditor } from '../lib/config/editor.ts';
import { LlameroError } from '../lib/errors.ts';

/**
 * Lets the user edit a prompt in the editor of VISUAL or EDITOR.
 *
 * @returns the text as it was saved; undefined, after telling why, when the editor failed
 */
export async function editPrompt(context: Context, text: string): Promise<string | undefined> {
  const { environment, signal, terminal } = context;
  const command = namedEditor(environment) ?? defaultEditor(process.platform);
  // Private: what is said to a model is nobody else's business.
  const folder = await mkdtemp(path.join(tmpdir(), 'llamero-prompt-'));
  const file = path.join(folder, 'prompt.md');
  try {
    await writeFile(file, text, { mode: 0o600 });
    await openEditor({ command, file, signal });
    return (await readFile(file, 'utf8')).replaceAll('\r\n', '\n').trimEnd();
  } catch (error) {
    if (!(error instanceof LlameroError) || signal.aborted) throw error;
    terminal.warn(error.message);
    return undefined;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
