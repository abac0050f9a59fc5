import type { Context } from '../lib/context.ts';
import type { InstalledBuild } from '../lib/engine/builds.ts';
import { nameOfBackend } from './engine-plan.ts';
import { type ServerReport, settleServer } from './engine-server.ts';

/** The `--json` document of a change of the build in use. */
export interface SwitchDocument {
  readonly build: number;
  readonly backend: string;
  readonly path: string;
  readonly server: ServerReport | null;
}

/** Says which build is used from now on. */
export async function reportSwitch(
  context: Context,
  build: InstalledBuild,
  json: boolean,
): Promise<SwitchDocument> {
  if (!json) {
    context.terminal.print(`Using b${build.build} (${nameOfBackend(build.backend)})`);
  }
  const server = await settleServer(context, build, false);
  return { build: build.build, backend: build.backend, path: build.program, server };
}
