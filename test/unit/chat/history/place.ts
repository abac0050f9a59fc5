import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { onTestFinished } from 'vitest';

import { type History, openHistory } from '../../../../src/lib/chat/history/history.ts';

/** A clock that stands still until it is set on. */
export class Clock {
  #time = Date.UTC(2026, 0, 1);

  readonly now = (): Date => new Date(this.#time);

  forward(days: number): void {
    this.#time += days * 86_400_000;
  }
}

/** The path of a history in a temporary folder, which is removed after the test. */
export async function historyFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'llamero-history-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return path.join(folder, 'home', 'history.db');
}

/** An empty history, which is closed after the test. */
export async function emptyHistory(
  clock = new Clock(),
): Promise<{ file: string; history: History; clock: Clock }> {
  const file = await historyFile();
  const history = await openHistory({ file, now: clock.now });
  onTestFinished(() => history[Symbol.dispose]());
  return { file, history, clock };
}

/** Keeps a conversation of prompts and answers in turns, and answers its id. */
export function talk(history: History, model: string, ...said: readonly string[]): string {
  const writer = history.begin({ model });
  for (const [index, content] of said.entries()) {
    writer.append({ role: index % 2 === 0 ? 'user' : 'assistant', content });
  }
  return writer.id;
}
