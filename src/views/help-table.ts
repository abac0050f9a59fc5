import { renderTable } from '../lib/ui/table.ts';
import { textWidth } from '../lib/ui/text-width.ts';
import { listLines } from './chat-list.ts';
import type { HelpEntry } from './help-references.ts';

/**
 * Names and their meanings side by side. Where that is too wide, meanings go on below themselves,
 * broken between words: nothing is cut.
 *
 * @param width columns to fit into; undefined for any
 */
export function helpTable(
  entries: readonly HelpEntry[],
  width: number | undefined,
  headerStyle: (text: string) => string = (text) => text,
): string {
  const columns = [{ header: 'NAME' }, { header: 'MEANING' }];
  const [header = '', ...lines] = renderTable({ columns, rows: entries }).split('\n');
  const fits = width === undefined || lines.every((line) => textWidth(line) <= width);
  if (fits) return [headerStyle(header), ...lines].join('\n');
  const [first = '', ...others] = listLines([['NAME', 'MEANING'], ...entries], width);
  return [headerStyle(first), ...others].join('\n');
}
