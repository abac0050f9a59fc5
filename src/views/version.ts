import type { Context } from '../lib/context.ts';
import { readBuilds } from '../lib/engine/builds.ts';
import type { Engine } from '../lib/engine/engine.ts';
import { LlameroError } from '../lib/errors.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { nameOfBackend } from './engine-plan.ts';

/** The engine as `version` shows it. What it does not tell is null. */
export interface EngineSummary {
  readonly build: number | null;
  readonly version: string | null;
  readonly backend: string | null;
  readonly path: string;
  readonly origin: Engine['origin'];
}

/** What `version` shows. */
interface VersionFacts {
  readonly llamero: string;
  readonly node: string;
  readonly engine: EngineSummary | null;
  readonly paths: Readonly<Record<string, string>>;
  readonly llamaConfigFiles: readonly string[];
}

/** The engine that is used; null, with a warning that says why, when none can be. */
export async function describeUsedEngine(context: Context): Promise<EngineSummary | null> {
  try {
    const { build, command, origin, version } = await context.engine();
    const { installed } = await readBuilds(context.paths.bin);
    const own = installed.find(({ program }) => program === command[0]);
    return {
      build: build ?? null,
      version: version ?? null,
      backend: own?.backend ?? null,
      path: command[0],
      origin,
    };
  } catch (error) {
    if (!(error instanceof LlameroError) || error.exitCode !== 9) throw error;
    context.terminal.warn(error.message);
    return null;
  }
}

/** Paths that are called otherwise in words than in the document. */
const PATH_NAMES: Readonly<Record<string, string>> = { configFile: 'settings' };

/** Shows versions and paths. */
export function renderVersion(terminal: Terminal, facts: VersionFacts): void {
  const { engine, llamaConfigFiles, llamero, node, paths } = facts;
  const rows: [string, string][] = [
    ['llamero', llamero],
    ['Node.js', node],
    ['llama.cpp', engine === null ? 'none' : describe(engine)],
    ...(engine === null ? [] : [['llama-server', engine.path] as [string, string]]),
    ...Object.entries(paths).map(([name, path]): [string, string] => [
      PATH_NAMES[name] ?? name,
      path,
    ]),
  ];
  terminal.print(renderTable({ columns: [{ header: '' }, { header: '' }], rows }).trimStart());
  for (const file of llamaConfigFiles) {
    terminal.warn(`llama.cpp reads ${file} as well, which can change what the server does`);
  }
}

function describe({ backend, build, origin, version }: EngineSummary): string {
  const words = [
    build === null ? 'unknown build' : `b${build}`,
    ...(version === null ? [] : [`(${version})`]),
    ...(backend === null ? [] : [nameOfBackend(backend)]),
  ];
  return `${words.join(' ')}, ${origin === 'path' ? 'on PATH' : origin}`;
}
