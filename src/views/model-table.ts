import { formatAge, formatCount, formatDiskSize } from '../lib/format.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** The models of this machine as a table. */
export function renderModels(
  models: readonly StoredModel[],
  terminal: Terminal,
  now: Date,
): string {
  const { outStyle } = terminal;
  return renderTable({
    columns: [
      { header: 'MODEL', shrinks: true },
      { header: 'QUANT' },
      { header: 'SIZE', align: 'right' },
      { header: 'MODIFIED' },
    ],
    headerStyle: outStyle.bold,
    rows: models.map((model) => [
      model.repo,
      model.quant,
      formatDiskSize(model.size),
      model.state === 'complete'
        ? formatAge(model.modifiedAt, now)
        : { text: describePartial(model), style: outStyle.yellow },
    ]),
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
}

/** How far an unfinished model is: `unfinished, 43 %`. */
function describePartial({ percent }: StoredModel): string {
  return percent === undefined ? 'unfinished' : `unfinished, ${percent} %`;
}

/** The line under the table: `3 models, 12.4 GB`. */
export function renderTotal(models: readonly StoredModel[], bytes: number, free: number): string {
  return `${formatCount(models.length, 'model')}, ${formatDiskSize(bytes)}; ${formatDiskSize(free)} free`;
}
