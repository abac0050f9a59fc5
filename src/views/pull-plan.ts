import { formatDiskSize } from '../lib/format.ts';
import {
  bytesToFetch,
  bytesToWrite,
  type PendingFile,
  type PendingModel,
} from '../lib/pull/events.ts';
import { type Cell, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** What a pull would move. Bytes. */
export interface PlanTotals {
  readonly size: number;
  readonly toFetch: number;
  readonly toWrite: number;
}

/** The sums over all files; a file that two quants share counts once. */
export function totalsOf(models: readonly PendingModel[]): PlanTotals {
  const files = new Map(models.flatMap((model) => model.files).map((file) => [file.target, file]));
  const all = [...files.values()];
  return {
    size: all.reduce((sum, { hubFile }) => sum + hubFile.size, 0),
    toFetch: all.reduce((sum, file) => sum + bytesToFetch(file), 0),
    toWrite: all.reduce((sum, file) => sum + bytesToWrite(file), 0),
  };
}

/** The plan of a pull as a table, a line a file. */
export function renderPlan(models: readonly PendingModel[], terminal: Terminal): string {
  return renderTable({
    columns: [
      { header: 'MODEL', shrinks: true },
      { header: 'FILE', shrinks: true },
      { header: 'SIZE', align: 'right' },
      { header: 'TO FETCH', align: 'right' },
      { header: 'STATE', shrinks: true },
    ],
    headerStyle: terminal.headerStyle,
    rows: models.flatMap(({ files, plan }) =>
      files.map((file): Cell[] => [
        plan.ref,
        file.hubFile.path,
        formatDiskSize(file.hubFile.size),
        formatDiskSize(bytesToFetch(file)),
        describeState(file),
      ]),
    ),
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
}

/** The line under the plan: what it needs of the disk, and whether that is there. */
export function renderDisk(totals: PlanTotals, free: number, reserve: number): string {
  const fits = free - reserve >= totals.toWrite;
  return `${formatDiskSize(totals.toFetch)} to fetch, ${formatDiskSize(totals.toWrite)} to write; ${formatDiskSize(free)} free, ${formatDiskSize(reserve)} of it in reserve: ${fits ? 'it fits' : 'it does not fit'}`;
}

function describeState({ hubFile, state }: PendingFile): string {
  switch (state.kind) {
    case 'there':
      return 'here';
    case 'elsewhere':
      return `${state.linkable ? 'linked' : 'copied'} from ${state.copy.place}`;
    case 'fetch':
      return state.received === 0
        ? 'missing'
        : `${Math.floor((100 * state.received) / Math.max(1, hubFile.size))} % here`;
  }
}
