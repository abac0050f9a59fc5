import { plainWords } from '../lib/server/log-words.ts';
import type { DatedEntry } from '../lib/server/log-reader.ts';
import { oneLine, redact } from '../lib/plain-text.ts';

/** Colours for a line; those of the stream it goes to. */
export interface LogStyle {
  dim(text: string): string;
  yellow(text: string): string;
  red(text: string): string;
}

const LONGEST = 2000;

/**
 * A line of the server's log for people: the time, the model, the message; dim, yellow or red by
 * its weight. Nothing in it reaches the terminal as a control character.
 *
 * @param whole the message in llama-server's own words
 */
export function renderLogEntry(entry: DatedEntry, style: LogStyle, whole = false): string {
  const message = whole ? entry.text : plainWords(entry.text);
  const text = redact(oneLine(message)).slice(0, LONGEST);
  const ref = entry.ref === undefined ? '' : `${oneLine(entry.ref)}  `;
  const line = `${timeOf(entry)}  ${ref}${text}`;
  switch (entry.level) {
    case 'error':
      return style.red(line);
    case 'warning':
      return style.yellow(line);
    default:
      return style.dim(line);
  }
}

/** Hours, minutes and seconds on the user's clock. Blank where the line does not tell. */
function timeOf({ at }: DatedEntry): string {
  if (at === undefined) return '        ';
  return [at.getHours(), at.getMinutes(), at.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}
