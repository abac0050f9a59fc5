/** What happens to a program that holds a terminal. */
export interface ProcessHooks {
  /** Stops the program, as Ctrl+Z does in a terminal's ordinary mode; resolves when it goes on. */
  suspend(): Promise<void>;
  /** Tells that the program goes on after somebody stopped it; answers how to end the telling. */
  onContinue(listener: () => void): () => void;
  /** Tells, at the last moment, that the program ends; answers how to end the telling. */
  onExit(listener: () => void): () => void;
}

/** As much of a process as its hooks are made of. */
export interface HookedProcess {
  readonly platform: NodeJS.Platform;
  kill(pid: number, signal: NodeJS.Signals): unknown;
  on(event: 'SIGCONT' | 'exit', listener: () => void): unknown;
  off(event: 'SIGCONT' | 'exit', listener: () => void): unknown;
}

/** As long as a stop may take to begin. A stopped program's clock has run on when it continues. */
const STOPPED_AFTER_MS = 300;

/** The hooks of a real process. */
export function processHooks(hooked: HookedProcess): ProcessHooks {
  const listen = (event: 'SIGCONT' | 'exit', listener: () => void): (() => void) => {
    hooked.on(event, listener);
    return () => {
      hooked.off(event, listener);
    };
  };
  return {
    async suspend() {
      // Windows knows no stopped programs.
      if (hooked.platform === 'win32') return;
      await new Promise<void>((resolve) => {
        // Where no shell could continue it, the kernel does not stop a program
        // (POSIX, "orphaned process group"): no SIGCONT will come.
        const timer = setTimeout(done, STOPPED_AFTER_MS);
        const end = listen('SIGCONT', done);
        function done(): void {
          clearTimeout(timer);
          end();
          resolve();
        }
        // The whole group, as a terminal does it: a shell waits for all that it started, such as
        // the npx above this program.
        hooked.kill(0, 'SIGTSTP');
      });
    },
    onContinue: (listener) =>
      hooked.platform === 'win32' ? () => undefined : listen('SIGCONT', listener),
    onExit: (listener) => listen('exit', listener),
  };
}
