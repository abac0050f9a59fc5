/** Where an answer is drawn: a terminal that knows its size. */
export interface Screen {
  write(text: string): void;
  readonly columns: number;
  readonly rows: number;
}
