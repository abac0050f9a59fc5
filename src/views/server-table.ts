import { formatCount, formatDiskSize, formatDuration } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { ModelStatus } from '../lib/server/router.ts';
import { renderTable, shorten } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { textWidth } from '../lib/ui/text-width.ts';

/**
 * The models of a server as a table; where the terminal is too narrow for it, two lines a model.
 */
export function renderProcesses(models: readonly ModelStatus[], terminal: Terminal): string {
  // Without keep-alive nothing is ever unloaded by itself.
  const anyEnds = models.some(({ unloadsInSeconds }) => unloadsInSeconds !== undefined);
  const rows = models.map((model) => [
    model.ref,
    model.size === undefined ? '' : formatDiskSize(model.size),
    describeProcessor(model),
    model.contextSize === undefined ? '' : String(model.contextSize),
    describeState(model),
    ...(anyEnds ? [describeEnd(model)] : []),
  ]);
  const table = renderTable({
    columns: [
      { header: 'MODEL' },
      { header: 'SIZE', align: 'right' },
      { header: 'PROCESSOR' },
      { header: 'CONTEXT', align: 'right' },
      { header: 'STATUS' },
      ...(anyEnds ? [{ header: 'UNLOADS IN', align: 'right' } as const] : []),
    ],
    headerStyle: terminal.headerStyle,
    rows,
  });
  if (!terminal.stdoutIsTerminal) return table;
  const { columns } = terminal;
  const fits = table.split('\n').every((line) => textWidth(line) <= columns);
  return fits ? table : renderBlocks(models, terminal);
}

function renderBlocks(models: readonly ModelStatus[], { columns, outStyle }: Terminal): string {
  return models
    .map((model) => {
      const state = describeState(model);
      const ends = describeEnd(model);
      const details = [
        state,
        describeProcessor(model),
        model.contextSize === undefined ? '' : `context ${model.contextSize}`,
        model.size === undefined ? '' : formatDiskSize(model.size),
        ends === '' ? '' : `unloads in ${ends}`,
      ];
      const name = outStyle.bold(shorten(oneLine(model.ref), columns));
      return `${name}\n${wrap(details, columns)}`;
    })
    .join('\n');
}

/** Puts parts on lines that begin with two blanks, none of them cut in the middle. */
function wrap(parts: readonly string[], columns: number): string {
  const lines: string[] = [];
  for (const part of parts) {
    if (part === '') continue;
    const last = lines.at(-1);
    const joined = last === undefined ? '' : `${last} · ${part}`;
    if (last !== undefined && textWidth(joined) <= columns) lines[lines.length - 1] = joined;
    else lines.push(shorten(`  ${part}`, columns));
  }
  return lines.join('\n');
}

/** Where weights and cache lie: `100 % GPU`, `48 % CPU, 52 % GPU`; blank where nothing tells. */
export function describeProcessor({ deviceShare }: ModelStatus): string {
  if (deviceShare === undefined) return '';
  const device = Math.round(deviceShare * 100);
  if (device === 0) return '100 % CPU';
  return device === 100 ? '100 % GPU' : `${100 - device} % CPU, ${device} % GPU`;
}

/** What a model does: `loading 40 %`, `ready, idle 3 min`, `ready, 2 requests`, `sleeping`. */
export function describeState({ idleSeconds, progress, requests, state }: ModelStatus): string {
  switch (state) {
    case 'loading':
      return progress === undefined ? 'loading' : `loading ${Math.floor(progress * 100)} %`;
    case 'loaded':
      if (requests !== undefined && requests > 0)
        return `ready, ${formatCount(requests, 'request')}`;
      return idleSeconds === undefined ? 'ready' : `ready, idle ${formatDuration(idleSeconds)}`;
    default:
      return state;
  }
}

function describeEnd({ unloadsInSeconds }: ModelStatus): string {
  return unloadsInSeconds === undefined ? '' : formatDuration(unloadsInSeconds);
}
