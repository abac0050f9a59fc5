import type { Context } from '../lib/context.ts';
import type { LoadSettings } from '../lib/server/presets.ts';
import type { ReadyModel, ServerEvent } from '../lib/server/router.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

const CLEAR_LINE = '\r\u001B[K';

/** Makes a stored model ready for requests and says what takes time, on stderr. */
export async function load(
  context: Context,
  ref: string,
  settings: LoadSettings,
  signal: AbortSignal,
): Promise<ReadyModel> {
  const server = await context.server();
  if (context.terminal.verbosity === 'verbose') await traceForeignSettings(context);
  const progress = new LoadProgress(context.terminal);
  try {
    return await server.load(ref, settings, {
      signal,
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
class LoadProgress {
  readonly #terminal: Terminal;
  #drawn = '';

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  handle(event: ServerEvent): void {
    switch (event.type) {
      case 'found dead':
        this.#terminal.note('The server had ended without being asked to; it is started again');
        break;
      case 'starting':
        this.#terminal.trace(`Starting ${event.engine}`);
        this.#draw('Starting the server …');
        break;
      case 'started':
        this.#terminal.trace(`The server listens on ${event.url}`);
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

  #draw(line: string): void {
    if (!this.#terminal.canDraw || line === this.#drawn) return;
    this.#drawn = line;
    this.#terminal.streams.stderr.write(
      `${CLEAR_LINE}${line.slice(0, this.#terminal.columns - 1)}`,
    );
  }
}
