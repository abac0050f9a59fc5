import headless from '@xterm/headless';

/** How large a terminal is. */
export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** What a terminal that was sent an output shows in the end, lines above its window included. */
export async function screenText(output: string, size: ScreenSize): Promise<string> {
  const terminal = new headless.Terminal({
    cols: size.columns,
    rows: size.rows,
    scrollback: 100_000,
    allowProposedApi: true,
  });
  try {
    await new Promise<void>((resolve) => {
      terminal.write(output, resolve);
    });
    const { active } = terminal.buffer;
    const lines = Array.from({ length: active.length }, (_each, index) =>
      (active.getLine(index)?.translateToString(true) ?? '').trimEnd(),
    );
    return lines.join('\n').trimEnd();
  } finally {
    terminal.dispose();
  }
}
