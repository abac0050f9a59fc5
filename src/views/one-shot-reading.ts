import type { PromptProgress } from '../lib/server/client-chunk.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

const CLEAR_LINE = '\r\u001B[K';

/** Says on stderr how far a long prompt has been read: one line that goes away. */
export class ReadingLine {
  readonly #terminal: Terminal;
  #drawn = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Shows how far it has come. A prompt that is read in one go is not worth a line. */
  show({ cached, processed, total }: PromptProgress): void {
    const work = total - cached;
    if (!this.#terminal.canDraw || processed >= total || work <= 0) return;
    const percent = Math.floor((100 * (processed - cached)) / work);
    const line = `Reading the prompt … ${percent} %`;
    if (line === this.#drawn) return;
    this.#drawn = line;
    this.#terminal.streams.stderr.write(
      `${CLEAR_LINE}${line.slice(0, this.#terminal.columns - 1)}`,
    );
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawn !== '') this.#terminal.streams.stderr.write(CLEAR_LINE);
    this.#drawn = '';
  }
}
