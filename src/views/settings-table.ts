import { formatValue } from '../lib/config/key.ts';
import { renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** A setting with its value and where that comes from. */
interface ShownSetting {
  readonly key: string;
  readonly value: unknown;
  readonly source: string;
  readonly origin?: string;
}

/** Shows settings, each with its source. */
export function renderSettings(terminal: Terminal, settings: readonly ShownSetting[]): void {
  const rows = settings.map(({ key, origin, source, value }) => [
    key,
    { text: formatValue(key, value) || '-', style: terminal.outStyle.cyan },
    source === 'default' ? 'default' : `${source} (${origin ?? ''})`,
  ]);
  terminal.print(
    renderTable({
      columns: [
        { header: 'KEY' },
        { header: 'VALUE', shrinks: true },
        { header: 'SOURCE', shrinks: true },
      ],
      rows,
      width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
      headerStyle: terminal.outStyle.dim,
    }),
  );
}
