import type { ChalkInstance } from 'chalk';

import { formatDiskSize, formatDuration, formatRate } from '../lib/format.ts';
import { shorten } from '../lib/ui/table.ts';

const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;

/** What a line of progress tells. Bytes, and bytes a second. */
export interface ProgressFigures {
  readonly name: string;
  readonly done: number;
  readonly size: number;
  readonly rate?: number | undefined;
  /** What is waited for, in place of the amounts. */
  readonly remark?: string | undefined;
}

/** A line of progress with a bar, as wide as the terminal at the most. */
export function drawProgress(
  figures: ProgressFigures,
  columns: number,
  style: ChalkInstance,
): string {
  const { done, name, rate, remark, size } = figures;
  const fraction = size === 0 ? 1 : Math.min(1, done / size);
  const percent = `${String(Math.floor(100 * fraction)).padStart(3)} %`;
  const amount = `${formatDiskSize(done)} / ${formatDiskSize(size)}`;
  const pace = rate === undefined || rate <= 0 ? [] : [formatRate(rate), timeLeft(figures)];
  // What gives way when the terminal is narrow: first the bar, then the pace, then the amount.
  const details =
    remark === undefined
      ? [[percent, amount, ...pace], [percent, amount], [percent]]
      : [[percent, remark]];
  for (const detail of details) {
    const text = detail.join('  ');
    const room = columns - name.length - text.length - 4;
    if (room < NARROWEST_BAR) continue;
    const width = Math.min(WIDEST_BAR, room);
    const filled = Math.round(width * fraction);
    const bar = style.cyan('━'.repeat(filled)) + style.dim('─'.repeat(width - filled));
    return `${name}  ${bar}  ${text}`;
  }
  return shorten(`${name}  ${(details.at(-1) ?? []).join('  ')}`, columns);
}

/** The same in words, for a log. */
export function describeProgress(figures: ProgressFigures): string {
  const { done, name, rate, size } = figures;
  const percent = Math.floor((100 * done) / Math.max(1, size));
  const parts = [`${name} ${percent} %`, `${formatDiskSize(done)} of ${formatDiskSize(size)}`];
  if (rate !== undefined && rate > 0) parts.push(formatRate(rate), timeLeft(figures));
  return parts.join(', ');
}

function timeLeft({ done, rate, size }: ProgressFigures): string {
  return `${formatDuration((size - done) / Math.max(1, rate ?? 1))} left`;
}
