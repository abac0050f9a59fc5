import type { ChalkInstance } from 'chalk';

import type { Completion } from './completion.ts';
import type { KeyboardOptions } from './keyboard.ts';

/** Prompts typed before. */
export interface PromptHistory {
  /** Newest last. */
  entries(): readonly string[];
  /** Keeps a prompt that was sent. */
  add(text: string): void;
}

/** What an editor works with. */
export interface EditorOptions extends KeyboardOptions {
  readonly style: ChalkInstance;
  readonly history: PromptHistory;
  /**
   * What the word before the cursor may become. A folded paste is one U+FFFC in the text it is
   * given.
   */
  readonly complete: (textBeforeCursor: string) => Promise<Completion | undefined>;
  /**
   * Lets the user edit the text elsewhere, with the terminal in its ordinary mode; undefined leaves
   * the text as it is.
   */
  readonly openEditor?: (text: string) => Promise<string | undefined>;
  /** Ends a question that waits when the program is asked to end. */
  readonly signal: AbortSignal;
}
