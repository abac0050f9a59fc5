import type { EngineEntry, EngineOverview } from '../lib/engine/overview.ts';
import { formatAge } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { type Column, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { textWidth } from '../lib/ui/text-width.ts';
import { nameOfBackend } from './engine-plan.ts';

const ORIGINS: Readonly<Record<EngineEntry['origin'], string>> = {
  environment: 'LLAMERO_LLAMA_SERVER',
  config: 'server.llama-server',
  installed: 'installed',
  path: 'PATH',
};

const COLUMNS: readonly Column[] = [
  { header: '' },
  { header: 'BUILD' },
  { header: 'BACKEND', shrinks: true },
  { header: 'ORIGIN', shrinks: true },
  { header: 'INSTALLED' },
];
/** Below the builds. */
const INDENT = ' '.repeat(3);

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
  const width = terminal.stdoutIsTerminal ? terminal.columns : undefined;
  const beside = renderTable({
    columns: [...COLUMNS, { header: 'PATH' }],
    headerStyle: terminal.headerStyle,
    rows: engines.map((engine) => [...cellsOf(engine, now), engine.path]),
  });
  const fits = width === undefined || beside.split('\n').every((line) => textWidth(line) <= width);
  terminal.print(fits ? beside : withPathsBelow(terminal, engines, now));
  for (const { problem } of engines) {
    if (problem !== undefined) terminal.warn(oneLine(problem));
  }
  if (pinned !== undefined) {
    terminal.note(`Updates stay at b${pinned} until \`llamero update --version latest\``);
  }
}

/** A path that is cut leads nowhere: each stands whole on a line of its own. */
function withPathsBelow(terminal: Terminal, engines: readonly EngineEntry[], now: Date): string {
  const [header = '', ...lines] = renderTable({
    columns: COLUMNS,
    headerStyle: terminal.headerStyle,
    rows: engines.map((engine) => cellsOf(engine, now)),
    width: terminal.columns,
  }).split('\n');
  const entries = engines.flatMap(({ path }, index) => [
    lines[index] ?? '',
    `${INDENT}${oneLine(path)}`,
  ]);
  return [header, ...entries].join('\n');
}

function cellsOf(engine: EngineEntry, now: Date): string[] {
  return [
    engine.used ? '*' : '',
    describeBuild(engine),
    engine.backend === undefined ? '' : nameOfBackend(engine.backend),
    ORIGINS[engine.origin],
    engine.installedAt === undefined ? '' : formatAge(new Date(engine.installedAt), now),
  ];
}

function describeBuild({ build, problem, version }: EngineEntry): string {
  if (problem !== undefined) return 'unusable';
  const number = build === undefined ? '?' : `b${build}`;
  return version === undefined ? number : `${number} (${version})`;
}
