import type { Context } from '../lib/context.ts';
import { pause } from '../lib/pause.ts';
import type { ServerStatus } from '../lib/server/router.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { textWidth } from '../lib/ui/text-width.ts';
import { showStatus, statusLines } from './server-status.ts';

const EVERY_MS = 1000;
const DEFAULT_ROWS = 24;
const HIDE_CURSOR = '\u001B[?25l';
const SHOW_CURSOR = '\u001B[?25h';
const ERASE_BELOW = '\u001B[0J';

/**
 * Shows the server again every second until the program is asked to end: in place on a terminal,
 * one after the other where the output goes elsewhere.
 *
 * @throws LlameroError the reason of the signal
 */
export async function watchStatus(context: Context): Promise<void> {
  const { signal, terminal } = context;
  const server = await context.server();
  const display = terminal.stdoutIsTerminal ? new Redrawn(terminal) : undefined;
  try {
    for (;;) {
      const status = await server.status({ signal });
      if (display === undefined) showStatus(terminal, status);
      else display.draw(status);
      await pause(EVERY_MS, signal);
    }
  } finally {
    display?.end();
  }
}

/** Lines that are drawn over themselves, in the terminal's own scrollback. */
class Redrawn {
  readonly #terminal: Terminal;
  #rows = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  draw(status: ServerStatus): void {
    const { columns, streams } = this.#terminal;
    const { rows = DEFAULT_ROWS } = streams.stdout as { readonly rows?: number };
    // A display that is taller than the terminal could not be drawn over: its top has scrolled away.
    const lines = statusLines(this.#terminal, status)
      .flatMap((line) => wrapWords(line, columns))
      .slice(0, Math.max(1, rows - 1));
    const up = this.#rows === 0 ? HIDE_CURSOR : `\u001B[${this.#rows}A\r`;
    this.#terminal.write(`${up}${ERASE_BELOW}${lines.join('\n')}\n`);
    this.#rows = lines.length;
  }

  end(): void {
    if (this.#rows > 0) this.#terminal.write(SHOW_CURSOR);
  }
}

/** Breaks a line between words where it would be wider than the terminal. */
export function wrapWords(line: string, columns: number): string[] {
  if (textWidth(line) <= columns) return [line];
  const rows: string[] = [];
  for (const word of line.split(' ')) {
    const last = rows.at(-1);
    const joined = last === undefined ? word : `${last} ${word}`;
    if (last !== undefined && textWidth(joined) <= columns) rows[rows.length - 1] = joined;
    else rows.push(word);
  }
  return rows;
}
