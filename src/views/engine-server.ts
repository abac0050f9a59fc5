import path from 'node:path';

import type { Context } from '../lib/context.ts';
import type { InstalledBuild } from '../lib/engine/builds.ts';
import { describeEngine } from '../lib/engine/engine.ts';
import { runningServer } from './engine-install.ts';

/** How a running server stands to the build that is used now. */
export interface ServerReport {
  /** Whether it still runs another engine. */
  readonly waiting: boolean;
  readonly restarted: boolean;
}

/**
 * Tells what a running server has to do with the build that is used from now on, and starts it
 * again with it when that is wanted. Nothing runs: null.
 */
export async function settleServer(
  context: Context,
  build: InstalledBuild,
  restart: boolean,
): Promise<ServerReport | null> {
  const { signal, terminal } = context;
  const { command } = await context.findEngine();
  if (command[0] !== build.program) {
    terminal.warn(
      `${build.name} is installed, but ${command[0]} comes first: LLAMERO_LLAMA_SERVER or server.llama-server names it`,
    );
  }
  const running = await runningServer(context);
  if (running === undefined) return null;
  if (isSameFile(running.engine.command[0], command[0])) {
    return { waiting: false, restarted: false };
  }
  if (!restart) {
    terminal.note(
      `The server still runs ${describeEngine(running.engine)}; \`llamero update --restart\` starts it again with ${build.name}, as does \`llamero stop --all\` and the next run`,
    );
    return { waiting: true, restarted: false };
  }
  const server = await context.server();
  await server.stop({ signal });
  await server.start({ signal });
  terminal.note(`The server was started again with ${build.name}`);
  return { waiting: false, restarted: true };
}

function isSameFile(one: string | undefined, other: string): boolean {
  return one !== undefined && path.resolve(one) === path.resolve(other);
}
