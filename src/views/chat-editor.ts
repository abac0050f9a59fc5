import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import type { Completion } from '../lib/chat/editor/completion.ts';
import { LineEditor, type PromptHistory } from '../lib/chat/editor/editor.ts';
import { PlainReader } from '../lib/chat/editor/plain-reader.ts';
import { processHooks } from '../lib/chat/editor/process-hooks.ts';
import type { PromptReader } from '../lib/chat/editor/prompt-reader.ts';
import type { Context } from '../lib/context.ts';
import { defaultEditor, namedEditor, openEditor } from '../lib/config/editor.ts';
import { LlameroError } from '../lib/errors.ts';

/** What the prompts of a conversation are read with. */
export interface ChatEditorOptions {
  /** What was typed before. */
  readonly history: PromptHistory;
  /** What the word before the cursor may become. */
  readonly complete: (textBeforeCursor: string) => Promise<Completion | undefined>;
  /** Whether lines may be drawn over. */
  readonly draws: boolean;
}

/**
 * Takes the keyboard for a conversation, until it is disposed of: what is typed from here on is
 * kept for the next question.
 */
export function openChatEditor(
  context: Context,
  { complete, draws, history }: ChatEditorOptions,
): PromptReader {
  const { interrupts, signal, terminal } = context;
  const { stdin: input, stdout: output } = terminal.streams;
  const hooks = processHooks(process);
  if (!draws) {
    const takeOverInterrupt = (handler: () => void): (() => void) => interrupts.takeOver(handler);
    const reader = new PlainReader({ input, output, history, hooks, takeOverInterrupt, signal });
    terminal.keyboard = reader;
    return reader;
  }
  const editor = new LineEditor({
    input,
    output,
    style: terminal.outStyle,
    history,
    complete,
    openEditor: (text) => editPrompt(context, text),
    hooks,
    interrupt: () => interrupts.receive('interrupt'),
    signal,
  });
  editor.hold();
  terminal.keyboard = editor;
  return editor;
}

/**
 * Lets the user edit a prompt in the editor of VISUAL or EDITOR.
 *
 * @returns the text as it was saved; undefined, after telling why, when the editor failed
 */
async function editPrompt(context: Context, text: string): Promise<string | undefined> {
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
