import type { EditorInput } from './question.ts';

/** How one question is asked. */
export interface AskOptions {
  /** What stands in the line to begin with. */
  readonly initial?: string;
  /** What is shown, dimmed, while nothing stands in the line. */
  readonly placeholder?: string;
  /** Whether what is sent is a prompt to be found again; it is unless this is false. */
  readonly remember?: boolean;
}

/** Reads what is typed at a prompt, for as long as a conversation lives. */
export interface PromptReader extends Disposable {
  /**
   * Asks once, at the beginning of a line, and leaves the cursor at the beginning of another.
   *
   * @param prompt one line; may be coloured
   */
  ask(prompt: string, options?: AskOptions): Promise<EditorInput>;
  /** Gives somebody else the keyboard, in the terminal's ordinary mode, while some work is done. */
  lend<T>(work: () => Promise<T>): Promise<T>;
}
