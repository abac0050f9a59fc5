import { setTimeout as sleep } from 'node:timers/promises';

import type { CliHome } from '../cli.ts';
import { CommandPty, commandLine } from '../pty.ts';
import { screenText } from '../screen.ts';
import { prepareShell, type RealShell } from './shells.ts';

const SIZE = { columns: 200, rows: 100 };

/** A shell with a person before it. */
export class ShellSession implements AsyncDisposable {
  readonly #shell: RealShell;
  readonly #pty: CommandPty;
  #asked = 0;

  private constructor(shell: RealShell, pty: CommandPty) {
    this.#shell = shell;
    this.#pty = pty;
  }

  /** Starts a shell in a home of its own. */
  static async open(
    shell: RealShell,
    home: Pick<CliHome, 'env' | 'folder'>,
    lines: string,
  ): Promise<ShellSession> {
    const { env, words } = await prepareShell(shell, home.folder, lines);
    const pty = new CommandPty(`exec ${commandLine(words)}`, {
      env: { ...home.env, LANG: 'C.UTF-8', ...env },
      cwd: home.folder,
      size: SIZE,
    });
    const session = new ShellSession(shell, pty);
    try {
      await session.#shows((screen) => screen.endsWith('$'));
    } catch (error) {
      await pty[Symbol.asyncDispose]();
      throw error;
    }
    return session;
  }

  /** Types a line and presses Tab; answers how the line stands then, without the prompt. */
  async tab(line: string): Promise<string> {
    const [typed = ''] = (await this.#typeTab(line)).slice(-1);
    return typed;
  }

  /** What the shell lists when Tab is pressed behind a line. */
  async list(line: string): Promise<string> {
    // Its list is gone with the next key, but it can be asked for the same.
    if (this.#shell === 'fish') return this.#run(`complete -C ${commandLine([line])}`);
    const lines = await this.#typeTab(line);
    return lines.slice(1, -1).join('\n');
  }

  /** What is shown from the line on, which is thrown away then. */
  async #typeTab(line: string): Promise<string[]> {
    // Shown when the shell is done with the Tab, and not before.
    const end = this.#marker();
    const before = await this.#screen();
    this.#pty.type(`${line}\t${end}`);
    const after = await this.#shows((screen) => screen.includes(end));
    // Ctrl+C: a line to type the next one into.
    this.#pty.type('\u0003');
    await this.#shows((screen) => screen.endsWith('\n$') && screen.includes(end));
    return after
      .split('\n')
      .slice(before.split('\n').length - 1)
      .map((each) => each.replace(/^\$ /u, '').replace(end, ''));
  }

  async #run(line: string): Promise<string> {
    const end = this.#marker();
    this.#pty.type(`${line}; echo ${end.slice(0, 1)}''${end.slice(1)}\r`);
    const screen = await this.#shows((text) => text.endsWith(`\n${end}\n$`));
    const lines = screen.split('\n').slice(0, -2);
    return lines.slice(lines.findLastIndex((each) => each.startsWith('$ ')) + 1).join('\n');
  }

  #marker(): string {
    this.#asked += 1;
    return `Z${this.#asked}Z`;
  }

  async #screen(): Promise<string> {
    return screenText(this.#pty.output, SIZE);
  }

  /** Waits until the screen is as it should be. */
  async #shows(isIt: (screen: string) => boolean, seconds = 60): Promise<string> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const screen = await this.#screen();
      if (isIt(screen)) return screen;
      if (Date.now() > deadline) throw new Error(`the shell did not come to it:\n${screen}`);
      await sleep(50);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pty[Symbol.asyncDispose]();
  }
}
