import type { EngineEntry, EngineOverview } from '../lib/engine/overview.ts';
import { formatAge } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { nameOfBackend } from './engine-plan.ts';

const ORIGINS: Readonly<Record<EngineEntry['origin'], string>> = {
  environment: 'LLAMERO_LLAMA_SERVER',
  config: 'server.llama-server',
  installed: 'installed',
  path: 'PATH',
};

/** Shows the engines of this machine. */
export function renderEngines(
  terminal: Terminal,
  { engines, pinned }: EngineOverview,
  now: Date,
): void {
  if (engines.length === 0) {
    terminal.note('No llama.cpp is on this machine. `llamero update` installs one.');
    return;
  }
  const table = renderTable({
    columns: [
      { header: '' },
      { header: 'BUILD' },
      { header: 'BACKEND' },
      { header: 'ORIGIN' },
      { header: 'INSTALLED' },
      { header: 'PATH', shrinks: true },
    ],
    headerStyle: terminal.headerStyle,
    rows: engines.map((engine) => [
      engine.used ? '*' : '',
      describeBuild(engine),
      engine.backend === undefined ? '' : nameOfBackend(engine.backend),
      ORIGINS[engine.origin],
      engine.installedAt === undefined ? '' : formatAge(new Date(engine.installedAt), now),
      engine.path,
    ]),
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
  terminal.print(table);
  for (const { problem } of engines) {
    if (problem !== undefined) terminal.warn(oneLine(problem));
  }
  if (pinned !== undefined) {
    terminal.note(`Updates stay at b${pinned} until \`llamero update --version latest\``);
  }
}

function describeBuild({ build, problem, version }: EngineEntry): string {
  if (problem !== undefined) return 'unusable';
  const number = build === undefined ? '?' : `b${build}`;
  return version === undefined ? number : `${number} (${version})`;
}
