import path from 'node:path';

import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { LlameroError } from '../lib/errors.ts';
import { redact } from '../lib/plain-text.ts';
import type { LogLevel } from '../lib/server/log-line.ts';
import { everyNamed, modelsOf } from '../views/named-models.ts';
import { type LogChoice, followLog, recentEntries } from '../views/server-logs.ts';
import { renderLogEntry } from '../views/server-log.ts';

/** The `--json` document of `logs`. */
interface LogDocument {
  readonly lines: readonly {
    /** When it was written, as near as can be told. */
    readonly at?: string;
    readonly ref?: string;
    readonly level: LogLevel;
    readonly text: string;
  }[];
}

export default class Logs extends BaseCommand<typeof Logs> {
  static override summary = 'Show what the server says';

  static override description =
    "The log of the server that runs, or ran last, in plain words and without what only developers of llama.cpp need. With --all every line, in llama-server's own words. Changes nothing.\n\nExit codes: 3 no such model, 4 its name fits several.";

  static override examples = [
    { description: 'the last lines', command: '<%= config.bin %> logs' },
    {
      description: 'of one model, and what comes',
      command: '<%= config.bin %> logs --follow bartowski/Llama-3.2-1B-Instruct-GGUF',
    },
  ];

  static override args = {
    ref: Args.string({
      description:
        'the lines of this model alone: user/repo or user/repo:QUANT, an alias, or a part of its name',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    follow: Flags.boolean({
      char: 'f',
      summary: 'Go on with what comes, until Ctrl+C',
      exclusive: ['json'],
    }),
    lines: Flags.integer({
      summary: 'How many of the last lines to show',
      helpValue: '<n>',
      default: 100,
      min: 0,
    }),
    all: Flags.boolean({ summary: "Every line, in llama-server's own words" }),
  };

  async run(): Promise<LogDocument | undefined> {
    const { paths, terminal } = this.context;
    const { all } = this.flags;
    const file = path.join(paths.logs, 'server.log');
    const choice = { file, refs: await this.#refs(), lines: this.flags.lines, all };
    if (this.flags.follow) return this.#follow(choice);
    const entries = await recentEntries(choice);
    if (!this.jsonEnabled()) {
      for (const entry of entries) terminal.print(renderLogEntry(entry, terminal.outStyle, all));
      if (entries.length === 0) terminal.note('The log has nothing to show.');
    }
    return {
      lines: entries.map(({ at, level, ref, text }) => ({
        ...(at === undefined ? {} : { at: at.toISOString() }),
        ...(ref === undefined ? {} : { ref }),
        level,
        text: redact(text),
      })),
    };
  }

  /** Ctrl+C is the way to end it, and no failure. */
  async #follow(choice: LogChoice): Promise<undefined> {
    const { signal, terminal } = this.context;
    try {
      await followLog(choice, terminal, signal);
    } catch (error) {
      if (!(error instanceof LlameroError) || error.code !== 'INTERRUPTED') throw error;
    }
    return undefined;
  }

  async #refs(): Promise<readonly string[] | undefined> {
    const text = this.args.ref;
    if (text === undefined) return undefined;
    const named = await everyNamed(this.context, [text], { mayAsk: !this.jsonEnabled() });
    return modelsOf(named).map(({ ref }) => ref);
  }
}
