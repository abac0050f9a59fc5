/** How a text got on the clipboard: by a program, or by a request to the terminal. */
export type CopyOutcome =
  | { readonly by: 'program'; readonly program: string }
  /** Whether the terminal heeds it cannot be known. */
  | { readonly by: 'terminal' };

/** What copying needs of the machine. */
export interface ClipboardOptions {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /**
   * Runs a program with a text as its input. False when it is not there or fails.
   */
  readonly run: (program: string, words: readonly string[], input: string) => Promise<boolean>;
  /** Writes to the terminal. */
  readonly write: (text: string) => void;
}

/**
 * Puts a text on the clipboard. On another machine's terminal (SSH) the terminal is asked, by OSC
 * 52; here the desktop's own program is used, and the terminal where there is none.
 *
 * Source for OSC 52: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
 */
export async function copyText(text: string, options: ClipboardOptions): Promise<CopyOutcome> {
  for (const [program, ...words] of programsFor(options)) {
    if (await options.run(program, words, text)) return { by: 'program', program };
  }
  options.write(`\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`);
  return { by: 'terminal' };
}

/** The programs that may reach the clipboard of the one who types, the likeliest first. */
function programsFor({
  environment,
  platform,
}: ClipboardOptions): readonly (readonly [string, ...string[]])[] {
  // The clipboard of the machine at the other end is not the user's.
  if (has(environment['SSH_TTY']) || has(environment['SSH_CONNECTION'])) return [];
  if (platform === 'darwin') return [['pbcopy']];
  if (platform === 'win32') return [['clip.exe']];
  return [
    ...(has(environment['WAYLAND_DISPLAY']) ? [['wl-copy'] as const] : []),
    ...(has(environment['DISPLAY'])
      ? [['xclip', '-selection', 'clipboard'] as const, ['xsel', '-b', '-i'] as const]
      : []),
    ...(has(environment['WSL_DISTRO_NAME']) ? [['clip.exe'] as const] : []),
  ];
}

function has(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}
