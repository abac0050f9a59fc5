import { formatAge, formatAmount, formatDiskSize, formatParameters } from '../lib/format.ts';
import type { FitVerdict } from '../lib/gguf/fit.ts';
import { type Cell, type Column, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { textWidth } from '../lib/ui/text-width.ts';
import type { FoundModel } from './search-models.ts';

const FIT_WORDS = {
  gpu: 'GPU',
  fits: 'yes',
  tight: 'tight',
  'too-large': 'no',
} as const satisfies Record<FitVerdict, string>;

const GAP = 2;
/** Other columns give way until the names have so many columns, or all that they take. */
const NAME_WIDTH = 36;

interface SearchColumn extends Column {
  /** The column with the highest number gives way first; those without stay. */
  readonly gives?: number;
  readonly cell: (found: FoundModel) => Cell;
}

/** What was found, as a table. In a terminal that is too narrow the lesser columns are left out. */
export function renderFound(
  models: readonly FoundModel[],
  terminal: Terminal,
  options: { readonly now: Date; readonly created: boolean },
): string {
  const width = terminal.stdoutIsTerminal ? terminal.columns : undefined;
  const columns = columnsFor(models, allColumns(models, terminal, options), width);
  return renderTable({
    columns,
    headerStyle: terminal.headerStyle,
    rows: models.map((found) => columns.map(({ cell }) => cell(found))),
    width,
  });
}

function allColumns(
  models: readonly FoundModel[],
  { outStyle }: Terminal,
  { created, now }: { readonly now: Date; readonly created: boolean },
): SearchColumn[] {
  const age = (moment: Date | undefined): string =>
    moment === undefined ? '' : formatAge(moment, now);
  const fitStyles = {
    gpu: outStyle.green,
    fits: outStyle.green,
    tight: outStyle.yellow,
    'too-large': outStyle.red,
  } as const;
  const columns: (SearchColumn | false)[] = [
    models.some(({ installed }) => installed.length > 0) && {
      header: '',
      cell: ({ installed }) => (installed.length === 0 ? '' : { text: '✓', style: outStyle.green }),
    },
    { header: 'MODEL', shrinks: true, cell: ({ hit }) => hit.id },
    models.some(({ hit }) => hit.gated !== false) && {
      header: '',
      cell: ({ hit }) => (hit.gated === false ? '' : { text: 'gated', style: outStyle.yellow }),
    },
    {
      header: 'PARAMS',
      align: 'right',
      gives: 1,
      cell: ({ hit }) => formatParameters(hit.parameters),
    },
    { header: 'DEFAULT', cell: ({ choice }) => choice?.quant ?? '' },
    {
      header: 'SIZE',
      align: 'right',
      cell: ({ choice }) =>
        choice?.estimatedSize === undefined ? '' : `~${formatDiskSize(choice.estimatedSize)}`,
    },
    models.some(({ choice }) => choice?.fit !== undefined) && {
      header: 'FITS',
      cell: ({ choice }) => {
        if (choice?.fit === undefined) return '';
        const { verdict } = choice.fit;
        return { text: FIT_WORDS[verdict], style: fitStyles[verdict] };
      },
    },
    {
      header: 'DOWNLOADS',
      align: 'right',
      gives: 2,
      cell: ({ hit }) => formatAmount(hit.downloads),
    },
    { header: 'LIKES', align: 'right', gives: 4, cell: ({ hit }) => formatAmount(hit.likes) },
    created
      ? { header: 'CREATED', gives: 3, cell: ({ hit }) => age(hit.createdAt) }
      : { header: 'UPDATED', gives: 3, cell: ({ hit }) => age(hit.updatedAt) },
  ];
  return columns.filter((column) => column !== false);
}

function columnsFor(
  models: readonly FoundModel[],
  all: readonly SearchColumn[],
  width: number | undefined,
): readonly SearchColumn[] {
  if (width === undefined) return all;
  const names = Math.min(NAME_WIDTH, Math.max(...models.map(({ hit }) => textWidth(hit.id))));
  const widthOf = ({ cell, header, shrinks }: SearchColumn): number => {
    if (shrinks === true) return names;
    return Math.max(textWidth(header), ...models.map((found) => textWidth(textOf(cell(found)))));
  };
  let columns = all;
  for (const lowest of [4, 3, 2, 1]) {
    const needed = columns.reduce((sum, column) => sum + widthOf(column) + GAP, -GAP);
    if (needed <= width) break;
    columns = columns.filter(({ gives }) => gives !== lowest);
  }
  return columns;
}

function textOf(cell: Cell): string {
  return typeof cell === 'string' ? cell : cell.text;
}
