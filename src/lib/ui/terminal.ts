import { Chalk, type ChalkInstance } from 'chalk';

/** The environment variables that decide about colour. */
export interface ColourEnvironment {
  readonly NO_COLOR?: string | undefined;
  readonly FORCE_COLOR?: string | undefined;
  readonly TERM?: string | undefined;
}

/** A stream to write to, as far as the terminal needs one. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** The three standard streams. */
export interface StandardStreams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
}

/** Where lines go: a stream, or what stands in for one. */
export interface Outlet {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Where lines go that are data, and where those for people. */
export interface Outlets {
  readonly stdout: Outlet;
  readonly stderr: Outlet;
}

/** Something that is drawn in place and has to be told of lines that come in between. */
export interface Overlay {
  /** Shows a line above what is drawn. */
  readonly say: (line: string) => void;
}

/** Whoever holds the keyboard, and lends it to who asks a question in between. */
export interface KeyboardHolder {
  lend<T>(work: () => Promise<T>): Promise<T>;
}

/** How much is said. */
export type Verbosity = 'quiet' | 'normal' | 'verbose';

const COLUMNS_WITHOUT_TERMINAL = 80;
/** What TERM says of a terminal that can only write one line after another. */
const PLAIN_TERMS: ReadonlySet<string | undefined> = new Set([undefined, '', 'dumb', 'unknown']);

/**
 * The one owner of the standard streams. Data goes to stdout by {@link print}; everything else goes
 * to stderr by {@link note}, {@link warn} and {@link trace}.
 */
export class Terminal {
  readonly #environment: ColourEnvironment;
  readonly #outlets: Outlets;
  #outStyle: ChalkInstance | undefined;
  #style: ChalkInstance | undefined;
  readonly streams: StandardStreams;
  readonly verbosity: Verbosity;
  /** What is being drawn on stderr right now. */
  overlay: Overlay | undefined;
  /** Who reads the keyboard right now. */
  keyboard: KeyboardHolder | undefined;
  /** Whether the terminal knows no cursor movement, so that nothing may be drawn over. */
  readonly isPlain: boolean;

  /** @param outlets where lines go; to the streams themselves unless told */
  constructor(
    streams: StandardStreams,
    verbosity: Verbosity,
    environment: ColourEnvironment,
    outlets: Outlets = streams,
  ) {
    this.streams = streams;
    this.#outlets = outlets;
    this.verbosity = verbosity;
    // Terminals of Windows set no TERM, and move the cursor.
    this.isPlain =
      PLAIN_TERMS.has(environment.TERM) &&
      (process.platform !== 'win32' || environment.TERM === 'dumb');
    this.#environment = environment;
  }

  /** Colours for what goes to stdout. */
  get outStyle(): ChalkInstance {
    return (this.#outStyle ??= new Chalk({ level: this.#outLevel }));
  }

  /** Colours for what goes to stderr. */
  get style(): ChalkInstance {
    const level = colourLevel(this.#outlets.stderr, this.#environment);
    return (this.#style ??= new Chalk({ level }));
  }

  /** How headers of tables on stdout are shown; undefined for as they are. */
  get headerStyle(): ((text: string) => string) | undefined {
    // What makes colours need not be loaded where there are none.
    return this.#outLevel === 0 ? undefined : this.outStyle.bold;
  }

  get #outLevel(): ColourLevel {
    return colourLevel(this.#outlets.stdout, this.#environment);
  }

  /** Whether stdout is a terminal, so that a table may be fitted to its width. */
  get stdoutIsTerminal(): boolean {
    return this.#outlets.stdout.isTTY === true;
  }

  /** Whether progress can be drawn, in place, on stderr. */
  get canDraw(): boolean {
    return this.#outlets.stderr.isTTY === true && this.verbosity === 'normal' && !this.isPlain;
  }

  /** Whether somebody is there to answer a question. */
  get canPrompt(): boolean {
    return this.streams.stdin.isTTY && this.#outlets.stderr.isTTY === true;
  }

  /** Whether stdin is a terminal. */
  get stdinIsTerminal(): boolean {
    return this.streams.stdin.isTTY;
  }

  /** The width of stdout in columns. */
  get columns(): number {
    return this.#outlets.stdout.columns ?? COLUMNS_WITHOUT_TERMINAL;
  }

  /** Does work that reads the keyboard, while nobody else reads it. */
  async withKeyboard<T>(work: () => Promise<T>): Promise<T> {
    return this.keyboard === undefined ? work() : this.keyboard.lend(work);
  }

  /** A line of data, to stdout. */
  print(line: string): void {
    this.#outlets.stdout.write(`${line}\n`);
  }

  /** Data as it is, to stdout: the pieces of a streamed answer. */
  write(text: string): void {
    this.#outlets.stdout.write(text);
  }

  /** A line for people, to stderr; not with --quiet. */
  note(line: string): void {
    if (this.verbosity !== 'quiet') this.#say(line);
  }

  /** A line that matters even with --quiet, to stderr. */
  warn(line: string): void {
    this.#say(`${this.style.yellow('warning:')} ${line}`);
  }

  /** A line for those who look closer, to stderr; only with --verbose. */
  trace(line: string): void {
    if (this.verbosity === 'verbose') this.#say(this.style.dim(line));
  }

  #say(line: string): void {
    if (this.overlay === undefined) this.#outlets.stderr.write(`${line}\n`);
    else this.overlay.say(line);
  }
}

type ColourLevel = 0 | 1 | 2 | 3;

/** 0 or 1 to 3 as chalk counts them. NO_COLOR: https://no-color.org; FORCE_COLOR as Node reads it. */
function colourLevel(outlet: Outlet, environment: ColourEnvironment): ColourLevel {
  const forced = environment.FORCE_COLOR;
  if (forced !== undefined) {
    if (forced === '0' || forced === 'false') return 0;
    return forced === '2' ? 2 : forced === '3' ? 3 : 1;
  }
  if (environment.NO_COLOR !== undefined && environment.NO_COLOR !== '') return 0;
  return outlet.isTTY === true && environment.TERM !== 'dumb' ? 1 : 0;
}
