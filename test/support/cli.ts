import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { execa } from 'execa';

import { checkJson } from './json-contract.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const PROGRAM = path.join(ROOT, 'bin/run.js');

/** What a run of the program ended with. */
export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** How the program is run. */
export interface CliOptions {
  /** Variables added to the environment of the home. */
  readonly env?: Readonly<Record<string, string>>;
  /** What stdin delivers; without it stdin is empty. */
  readonly input?: string;
}

/** A home of its own for the built program: nothing of the machine's user is seen or touched. */
export class CliHome implements AsyncDisposable {
  readonly folder: string;
  readonly env: Record<string, string>;

  protected constructor(folder: string, env: Readonly<Record<string, string>>) {
    this.folder = folder;
    this.env = {
      PATH: process.env['PATH'] ?? '',
      HOME: folder,
      USERPROFILE: folder,
      LLAMERO_HOME: path.join(folder, 'llamero'),
      HF_HOME: path.join(folder, 'huggingface'),
      ...env,
    };
  }

  /** Makes an empty home in a temporary folder. */
  static async create(env: Readonly<Record<string, string>> = {}): Promise<CliHome> {
    return new CliHome(await CliHome.makeFolder(), env);
  }

  protected static async makeFolder(): Promise<string> {
    return mkdtemp(path.join(tmpdir(), 'llamero-test-'));
  }

  /** A path below LLAMERO_HOME. */
  path(...parts: string[]): string {
    return path.join(this.env['LLAMERO_HOME'] ?? '', ...parts);
  }

  /** Starts the built program. */
  start(words: readonly string[], options: CliOptions = {}) {
    return execa(process.execPath, [PROGRAM, ...words], {
      env: { ...this.env, ...options.env },
      extendEnv: false,
      cwd: this.folder,
      input: options.input ?? '',
      reject: false,
      stripFinalNewline: false,
    });
  }

  /** Runs the built program to its end; what it prints as JSON has to fit its schema. */
  async run(words: readonly string[], options: CliOptions = {}): Promise<CliResult> {
    const { exitCode, stdout, stderr, signal } = await this.start(words, options);
    if (exitCode === undefined)
      throw new Error(`ended by ${signal ?? 'an unknown cause'}: ${stderr}`);
    checkJson(words, { exitCode, stdout });
    return { exitCode, stdout, stderr };
  }

  /** A text with what differs from run to run taken out: the folder of this home. */
  plain(text: string): string {
    return text.replaceAll(this.folder, '<home>');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }
}
