import { stripControls } from '../plain-text.ts';

/**
 * The text of an answer on its way to a terminal or a pipe: without control characters, without the
 * white space that many models begin with, and with one line break at its end. Control characters
 * are told by themselves and not in sequences, so however the text is cut into pieces, the same
 * comes out.
 */
export class AnswerText {
  readonly #write: (text: string) => void;
  readonly #keepStart: boolean;
  #text = '';
  #ended = false;

  /** @param options `keepStart`: white space at the beginning belongs to the text */
  constructor(
    write: (text: string) => void,
    { keepStart = false }: { readonly keepStart?: boolean } = {},
  ) {
    this.#write = write;
    this.#keepStart = keepStart;
  }

  /** What has been shown so far. */
  get text(): string {
    return this.#text;
  }

  /** Shows a piece as the model wrote it. */
  add(piece: string): void {
    const safe = stripControls(piece);
    const shown = this.#text === '' && !this.#keepStart ? safe.trimStart() : safe;
    if (shown === '') return;
    this.#text += shown;
    this.#write(shown);
  }

  /** Ends the last line, once. Of an answer without any text nothing is shown. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#text !== '' && !this.#text.endsWith('\n')) this.#write('\n');
  }
}
