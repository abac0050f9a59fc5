import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';

import type { CliHome } from './cli.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/**
 * The built program in a real terminal, made by `script` of util-linux, which every Linux
 * distribution carries. What is typed goes through the terminal's own line discipline: Ctrl+C
 * (`\x03`) becomes a signal where the terminal is in its normal mode.
 */
export class Pty implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly ended: Promise<number>;
  #output = '';
  #waiters: (() => void)[] = [];

  constructor(home: CliHome, words: readonly string[], size = { columns: 80, rows: 24 }) {
    const program = [process.execPath, path.join(ROOT, 'bin/run.js'), ...words].map(quote);
    const command = `stty cols ${size.columns} rows ${size.rows}; exec ${program.join(' ')}`;
    this.#child = spawn('script', ['-qfec', command, '/dev/null'], {
      env: { ...home.env, TERM: 'xterm-256color', SHELL: '/bin/sh' },
      cwd: home.folder,
    });
    const take = (data: Buffer): void => {
      this.#output += data.toString('utf8');
      for (const waiter of this.#waiters) waiter();
    };
    this.#child.stdout?.on('data', take);
    this.#child.stderr?.on('data', take);
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

function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
