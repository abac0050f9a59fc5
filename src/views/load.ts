import type { Context } from '../lib/context.ts';
import { describeLoadSettings } from '../lib/server/load-settings.ts';
import type { LoadSettings } from '../lib/server/presets.ts';
import type { ReadyModel, ServerEvent } from '../lib/server/router.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

const CLEAR_LINE = '\r\u001B[K';

/** What may be said about the loading besides the model and its settings. */
export interface LoadChoices {
  /** Try it even if there is not enough memory. */
  readonly force?: boolean;
}

/** Makes a stored model ready for requests and says what takes time, on stderr. */
export async function load(
  context: Context,
  ref: string,
  settings: LoadSettings,
  signal: AbortSignal,
  choices: LoadChoices = {},
): Promise<ReadyModel> {
  const server = await context.server();
  if (context.terminal.verbosity === 'verbose') await traceForeignSettings(context);
  const progress = new LoadProgress(context.terminal);
  try {
    return await server.load(ref, settings, {
      signal,
      force: choices.force,
      onEvent: (event) => progress.handle(event),
    });
  } finally {
    progress.stop();
  }
}

/** Settings of llama.cpp's own change what the server does behind our back. */
async function traceForeignSettings({ environment, paths, terminal }: Context): Promise<void> {
  const { llamaConfigFiles } = await import('../lib/engine/user-config.ts');
  const homeDirectory = paths.userHome;
  const { platform } = process;
  for (const file of await llamaConfigFiles({ environment, homeDirectory, platform })) {
    terminal.trace(`llama.cpp reads ${file} as well`);
  }
}

/** Draws the start of the server and the loading of a model: one line that goes away at the end. */
export class LoadProgress {
  readonly #terminal: Terminal;
  #drawn = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  handle(event: ServerEvent): void {
    switch (event.type) {
      case 'found dead':
        this.#say(
          `The server had ended without being asked to (${event.reason}); it is started again`,
        );
        break;
      case 'memory':
        this.#tellMemory(`${event.ref}: ${event.line}`);
        break;
      case 'adjusted':
        this.#say(
          `${event.ref} is loaded with ${describeLoadSettings(event.settings)}: more does not fit into memory`,
        );
        break;
      case 'unloading':
        this.#say(`Unloaded ${event.ref}, which nobody uses now, to make room for ${event.for}`);
        break;
      case 'waiting':
        this.#draw(`Waiting for another llamero, which is ${event.purpose} …`);
        break;
      case 'starting':
        this.#trace(`Starting ${event.engine}`);
        this.#draw('Starting the server …');
        break;
      case 'started':
        this.#trace(`The server listens on ${event.url}`);
        break;
      case 'loading': {
        const percent =
          event.progress === undefined ? '' : ` ${Math.floor(event.progress * 100)} %`;
        this.#draw(`Loading ${event.ref} …${percent}`);
        break;
      }
    }
  }

  stop(): void {
    if (this.#drawn !== '') this.#terminal.streams.stderr.write(CLEAR_LINE);
    this.#drawn = '';
  }

  /** A line that stays, above what is drawn. */
  #say(line: string): void {
    this.stop();
    this.#terminal.note(line);
  }

  /** On a terminal it is always said; a script that asks for one answer has not asked for it. */
  #tellMemory(line: string): void {
    if (this.#terminal.canDraw) this.#say(this.#terminal.style.dim(line));
    else this.#trace(line);
  }

  #trace(line: string): void {
    this.stop();
    this.#terminal.trace(line);
  }

  #draw(line: string): void {
    if (!this.#terminal.canDraw || line === this.#drawn) return;
    this.#drawn = line;
    this.#terminal.streams.stderr.write(
      `${CLEAR_LINE}${line.slice(0, this.#terminal.columns - 1)}`,
    );
  }
}
