import { formatAge, formatCount, formatDiskSize, formatParameters } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { StoredModel } from '../lib/store/model.ts';
import type { FactsByRef } from '../lib/store/sort.ts';
import { type Cell, type Column, renderColumns, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** What is shown of stored models besides themselves. */
export interface ModelRemarks {
  readonly now: Date;
  /** Their short names, by reference. */
  readonly aliases: ReadonlyMap<string, readonly string[]>;
  /** What their headers tell; its columns are shown where this is asked for. */
  readonly facts?: FactsByRef | undefined;
  /** Whether the order or a filter is about their use. */
  readonly showsUse: boolean;
}

interface ModelColumn extends Column {
  readonly cell: (model: StoredModel) => Cell;
}

/** The models of this machine as a table. What none of them has, takes no column. */
export function renderModels(
  models: readonly StoredModel[],
  terminal: Terminal,
  remarks: ModelRemarks,
): string {
  const columns = columnsFor(models, terminal, remarks).map(({ cell, ...column }) => ({
    ...column,
    cells: models.map(cell),
  }));
  return renderColumns(columns, {
    headerStyle: terminal.headerStyle,
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
}

function columnsFor(
  models: readonly StoredModel[],
  terminal: Terminal,
  { aliases, facts, now, showsUse }: ModelRemarks,
): ModelColumn[] {
  const hasAlias = aliases.size > 0 && models.some(({ ref }) => aliases.has(ref));
  const hasTags = models.some(({ tags }) => tags !== undefined);
  const ifAny = (any: boolean, ...columns: ModelColumn[]): ModelColumn[] => (any ? columns : []);
  return [
    { header: 'MODEL', shrinks: true, cell: ({ repo }) => repo },
    { header: 'QUANT', cell: ({ quant }) => quant },
    ...ifAny(hasAlias, {
      header: 'ALIAS',
      cell: ({ ref }) => aliases.get(ref)?.join(', ') ?? '',
    }),
    ...ifAny(hasTags, { header: 'TAGS', shrinks: true, cell: ({ tags = [] }) => tags.join(', ') }),
    ...ifAny(
      facts !== undefined,
      { header: 'ARCH', cell: ({ ref }) => facts?.get(ref)?.architecture ?? '' },
      {
        header: 'PARAMS',
        align: 'right',
        cell: ({ ref }) => formatParameters(facts?.get(ref)?.parameters),
      },
      {
        header: 'CAN',
        shrinks: true,
        cell: ({ ref }) => facts?.get(ref)?.capabilities.join(', ') ?? '',
      },
    ),
    { header: 'SIZE', align: 'right', cell: ({ size }) => formatDiskSize(size) },
    {
      header: 'MODIFIED',
      cell: (model) =>
        model.state === 'complete'
          ? formatAge(model.modifiedAt, now)
          : { text: describePartial(model), style: terminal.outStyle.yellow },
    },
    ...ifAny(
      showsUse,
      {
        header: 'LAST USED',
        cell: ({ lastUsedAt }) => (lastUsedAt === undefined ? 'never' : formatAge(lastUsedAt, now)),
      },
      {
        header: 'TIMES',
        align: 'right',
        cell: ({ timesUsed }) => (timesUsed === undefined ? '' : String(timesUsed)),
      },
    ),
  ];
}

/** The models by user, repository and quant. */
export function renderTree(
  models: readonly StoredModel[],
  { outStyle }: Terminal,
  { aliases, now }: ModelRemarks,
): string {
  const lines: string[] = [];
  const users = Map.groupBy(models, ({ repo }) => repo.slice(0, repo.indexOf('/')));
  for (const [user, ofUser] of users) {
    lines.push(outStyle.bold(oneLine(user)));
    for (const [repo, quants] of Map.groupBy(ofUser, (model) => model.repo)) {
      lines.push(`  ${oneLine(repo.slice(user.length + 1))}`);
      const table = renderTable({
        columns: [{ header: '' }, { header: '', align: 'right' }, { header: '' }],
        rows: quants.map((model) => [
          model.quant,
          formatDiskSize(model.size),
          model.state === 'complete'
            ? remarksOn(model, aliases, now)
            : { text: describePartial(model), style: outStyle.yellow },
        ]),
      });
      // The first line would be that of the headers.
      lines.push(
        ...table
          .split('\n')
          .slice(1)
          .map((line) => `    ${line}`),
      );
    }
  }
  return lines.join('\n');
}

function remarksOn(
  { modifiedAt, ref, tags }: StoredModel,
  aliases: ModelRemarks['aliases'],
  now: Date,
): string {
  return [formatAge(modifiedAt, now), ...(aliases.get(ref) ?? []), ...(tags ?? [])].join(', ');
}

/** How far an unfinished model is: `unfinished, 43 %`. */
export function describePartial({ percent }: StoredModel): string {
  return percent === undefined ? 'unfinished' : `unfinished, ${percent} %`;
}

/** The line under the table: `3 models, 12.4 GB`. */
export function renderTotal(models: readonly StoredModel[], bytes: number, free: number): string {
  return `${formatCount(models.length, 'model')}, ${formatDiskSize(bytes)}; ${formatDiskSize(free)} free`;
}
