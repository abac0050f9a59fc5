import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { readFile, readlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';

import type { CliHome } from './cli.ts';

const execute = promisify(execFile);
const ROOT = path.resolve(import.meta.dirname, '../..');

/** The size of a terminal in characters. */
export interface PtySize {
  readonly columns: number;
  readonly rows: number;
}

const SIZE: PtySize = { columns: 80, rows: 24 };

/**
 * Any command in a real terminal, made by `script` of util-linux, which every Linux distribution
 * carries. What is typed goes through the terminal's own line discipline: Ctrl+C (`\x03`) becomes a
 * signal where the terminal is in its normal mode.
 */
export class CommandPty implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;
  #output = '';
  #waiters: (() => void)[] = [];

  /** @param command a line for `sh` */
  constructor(
    command: string,
    options: { env: NodeJS.ProcessEnv; cwd: string; size?: PtySize | undefined },
  ) {
    const { columns, rows } = options.size ?? SIZE;
    this.#child = spawn(
      'script',
      ['-qfec', `stty cols ${columns} rows ${rows}; ${command}`, '/dev/null'],
      {
        env: { ...options.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
        cwd: options.cwd,
      },
    );
    const take = (text: string): void => {
      this.#output += text;
      for (const waiter of this.#waiters) waiter();
    };
    this.#child.stdout?.setEncoding('utf8').on('data', take);
    this.#child.stderr?.setEncoding('utf8').on('data', take);
    this.ended = new Promise((resolve, reject) => {
      this.#child.on('error', reject);
      this.#child.on('close', (code) => resolve(code ?? -1));
    });
  }

  /** Everything the terminal was sent so far, escape sequences and all. */
  get output(): string {
    return this.#output;
  }

  /** Types. */
  type(text: string): void {
    this.#child.stdin?.write(text);
  }

  /** Changes the size of the terminal, of which the kernel tells who runs in it. */
  async resize({ columns, rows }: PtySize): Promise<void> {
    const { pid } = this.#child;
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    const terminal = await readlink(`/proc/${children.trim().split(' ')[0]}/fd/0`);
    await execute('stty', ['-F', terminal, 'cols', `${columns}`, 'rows', `${rows}`]);
  }

  /** Waits until the output from `since` on holds a text; answers the position after it. */
  async waitFor(text: string, since = 0, seconds = 30): Promise<number> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const index = this.#output.indexOf(text, since);
      if (index !== -1) return index + text.length;
      if (Date.now() > deadline) {
        throw new Error(`«${text}» did not appear in ${seconds} s; there was:\n${this.#output}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(done, 200);
        const waiters = this.#waiters;
        function done(): void {
          clearTimeout(timer);
          waiters.splice(waiters.indexOf(done), 1);
          resolve();
        }
        waiters.push(done);
      });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) this.#child.kill('SIGKILL');
    await this.ended;
  }
}

/** The built program in a real terminal. */
export class Pty extends CommandPty {
  constructor(home: Pick<CliHome, 'env' | 'folder'>, words: readonly string[], size?: PtySize) {
    super(`exec ${commandLine([process.execPath, path.join(ROOT, 'bin/run.js'), ...words])}`, {
      env: home.env,
      cwd: home.folder,
      size,
    });
  }
}

/** Words as a line for `sh`. */
export function commandLine(words: readonly string[]): string {
  return words.map(quote).join(' ');
}

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
