import path from 'node:path';

import type { Context } from '../lib/context.ts';
import { describeEngine } from '../lib/engine/engine.ts';
import { LlameroError } from '../lib/errors.ts';
import { runningServer } from './engine-install.ts';

/** Tells that the server runs another build than the one that is used from its next start on. */
export async function tellWaitingEngine(context: Context): Promise<void> {
  const running = await runningServer(context);
  if (running === undefined) return;
  const next = await nextProgram(context);
  if (next === undefined || next === path.resolve(running.engine.command[0] ?? '')) return;
  context.terminal.note(
    `The server still runs ${describeEngine(running.engine)}; ${next} waits for its next start: \`llamero stop --server\``,
  );
}

async function nextProgram(context: Context): Promise<string | undefined> {
  try {
    return path.resolve((await context.findEngine()).command[0]);
  } catch (error) {
    if (error instanceof LlameroError && error.code === 'ENGINE_MISSING') return undefined;
    throw error;
  }
}
