import type { Screen } from '../lib/chat/markdown/screen.ts';
import type { Environment } from '../lib/config/environment.ts';
import type { Context } from '../lib/context.ts';

const ROWS_WITHOUT_TERMINAL = 24;

/** What the terminal of a conversation is like. */
export interface ChatScreen {
  readonly screen: Screen;
  /** Whether lines may be drawn over. */
  readonly draws: boolean;
  /** Whether hyperlinks may be written. */
  readonly links: boolean;
}

/** Finds out what the terminal can do. */
export function chatScreen({ environment, terminal }: Context): ChatScreen {
  const stdout: NodeJS.WritableStream & { readonly rows?: number } = terminal.streams.stdout;
  const draws = terminal.stdoutIsTerminal && !terminal.isPlain;
  return {
    screen: {
      write: (text) => terminal.write(text),
      get columns() {
        // A terminal that does not know its size says 0.
        return terminal.columns || 80;
      },
      get rows() {
        return stdout.rows || ROWS_WITHOUT_TERMINAL;
      },
    },
    draws,
    links: draws && terminal.outStyle.level > 0 && showsLinks(environment),
  };
}

/**
 * Whether the terminal is one of those that show hyperlinks. There is no way to ask; source of the
 * names: https://github.com/Alhadis/OSC8-Adoption
 */
function showsLinks(environment: Environment): boolean {
  const vte = Number(environment['VTE_VERSION'] ?? 0);
  const program = environment['TERM_PROGRAM'] ?? '';
  return (
    vte >= 5000 ||
    ['iTerm.app', 'WezTerm', 'vscode', 'ghostty', 'Hyper', 'Tabby'].includes(program) ||
    /^(?:xterm-kitty|alacritty|foot|xterm-ghostty)/u.test(environment['TERM'] ?? '') ||
    (environment['WT_SESSION'] ?? '') !== ''
  );
}
