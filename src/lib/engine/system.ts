import { execFile } from 'node:child_process';
import { access, readFile, readdir } from 'node:fs/promises';
import { release } from 'node:os';
import path from 'node:path';

import type { Environment } from '../config/environment.ts';

/** How long one program may take, in seconds: what is there answers at once. */
const PROBE_SECONDS = 2;
/** More than any program that is asked has to say, in bytes. */
const OUTPUT_LIMIT = 4 * 1024 * 1024;

/** What the machine is asked through, so that a test can answer in its place. */
export interface System {
  readonly platform: NodeJS.Platform;
  /** The architecture of this program, in Node's words: `x64`, `arm64`. */
  readonly architecture: string;
  /** The release of the operating system's kernel: `6.1.0`, on Windows `10.0.22631`. */
  readonly release: string;
  readonly environment: Environment;
  /**
   * What a program prints on both streams, however it ends; undefined when it is not there or has
   * not ended in time. It never rejects.
   */
  run(program: string, args: readonly string[]): Promise<string | undefined>;
  /** The text of a file; undefined when it cannot be read. */
  readText(file: string): Promise<string | undefined>;
  /** The names in a folder; none when it cannot be read. */
  list(folder: string): Promise<readonly string[]>;
  exists(file: string): Promise<boolean>;
}

/** What {@link createSystem} is made with. */
export interface SystemOptions {
  readonly environment: Environment;
  readonly signal?: AbortSignal | undefined;
  /** How long one program may take, in seconds; 2 unless told. */
  readonly timeoutSeconds?: number;
}

/** The machine this program runs on. Every program it asks is bounded in time and in output. */
export function createSystem(options: SystemOptions): System {
  const { environment, signal, timeoutSeconds = PROBE_SECONDS } = options;
  return {
    platform: process.platform,
    architecture: process.arch,
    release: release(),
    environment,
    run: (program, args) =>
      new Promise((resolve) => {
        const child = execFile(
          program,
          [...args],
          {
            // Windows looks for a program in the working folder first, and PATH may hold `.`: a
            // program in the folder the user stands in must not be run.
            cwd: path.dirname(process.execPath),
            maxBuffer: OUTPUT_LIMIT,
            windowsHide: true,
            // The answers are read as English with a decimal point.
            env: { ...environment, LC_ALL: 'C' },
            ...(signal === undefined ? {} : { signal }),
          },
          (error, stdout, stderr) => {
            clearTimeout(timer);
            // A number is the program's own exit code; it has said something all the same.
            const ended = error === null || typeof error.code === 'number';
            resolve(ended ? `${stdout}\n${stderr}` : undefined);
          },
        );
        const timer = setTimeout(() => {
          child.kill('SIGKILL');
          // A program stuck in a driver outlives even that; nobody waits for it.
          child.stdout?.destroy();
          child.stderr?.destroy();
          child.unref();
          resolve(undefined);
        }, timeoutSeconds * 1000);
      }),
    readText: (file) => readFile(file, 'utf8').catch(() => undefined),
    list: (folder) => readdir(folder).catch(() => []),
    exists: (file) =>
      access(file).then(
        () => true,
        () => false,
      ),
  };
}
