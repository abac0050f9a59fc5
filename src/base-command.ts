import { Command, Flags, type Interfaces } from '@oclif/core';

import { type Context, createContext } from './lib/context.ts';
import type { LlameroError } from './lib/errors.ts';
import { Terminal } from './lib/ui/terminal.ts';
import { asksForJson, endInFailure, printDocument, tellFailure } from './outcome.ts';
import { program } from './program.ts';

type FlagsOf<T extends typeof Command> = Interfaces.InferredFlags<
  (typeof BaseCommand)['baseFlags'] & T['flags']
>;
type ArgsOf<T extends typeof Command> = Interfaces.InferredArgs<T['args']>;

/**
 * What every command has: the flags of the contract, the context with everything it works with,
 * one way to end in an error, and the certainty that what was opened is closed. A command's
 * `run` parses nothing, prints through `this.context.terminal`, and returns its `--json` document.
 */
export abstract class BaseCommand<T extends typeof Command> extends Command {
  static override enableJsonFlag = true;

  static override baseFlags = {
    quiet: Flags.boolean({
      char: 'q',
      summary: 'Print the result alone',
      helpGroup: 'GLOBAL',
      exclusive: ['verbose'],
    }),
    verbose: Flags.boolean({
      summary: 'Say more about what is done',
      helpGroup: 'GLOBAL',
    }),
  };

  /** Blanks for each level of a document; 0 where documents are lines. */
  protected readonly jsonIndent: number = 2;
  protected flags!: FlagsOf<T>;
  protected args!: ArgsOf<T>;
  /** All positional arguments, for commands that take any number of them. */
  protected positionals!: readonly string[];
  protected context!: Context;

  protected override async init(): Promise<void> {
    await super.init();
    const { args, argv, flags } = await this.parse({
      flags: this.ctor.flags,
      baseFlags: (super.ctor as typeof BaseCommand).baseFlags,
      enableJsonFlag: this.ctor.enableJsonFlag,
      args: this.ctor.args,
      strict: this.ctor.strict,
    });
    this.flags = flags as FlagsOf<T>;
    this.args = args as ArgsOf<T>;
    this.positionals = argv as string[];
    this.context = createContext({
      version: this.config.version,
      environment: program.environment,
      interrupts: program.interrupts,
      terminal: new Terminal(process, this.#verbosity(), program.environment),
      flagSettings: this.flagSettings(),
    });
  }

  /** Settings that flags of this command override, by key of the configuration. */
  protected flagSettings(): Readonly<Record<string, { value: unknown; flag: string }>> {
    return {};
  }

  protected override catch(error: unknown): Promise<void> {
    const { id, jsonIndent } = this;
    endInFailure(error, { commandId: id, indent: jsonIndent, json: this.jsonEnabled() });
    return Promise.resolve();
  }

  /**
   * Tells failures that did not stop the command: it goes on to its end and exits with the code of
   * the first. Under --json they belong into the document that the command returns.
   */
  protected reportFailures(failures: readonly LlameroError[]): void {
    const [first] = failures;
    if (first === undefined) return;
    process.exitCode = first.exitCode;
    if (this.jsonEnabled()) return;
    for (const failure of failures) tellFailure(failure);
  }

  protected override async finally(): Promise<void> {
    // The context is missing when the arguments could not be parsed.
    await (this.context as Context | undefined)?.close();
  }

  /** Only the flag decides: oclif's CONTENT_TYPE variable is no part of the contract. */
  override jsonEnabled(): boolean {
    return this.ctor.enableJsonFlag && asksForJson(this.argv);
  }

  protected override logJson(json: unknown): void {
    printDocument(json, this.jsonIndent);
  }

  #verbosity(): 'quiet' | 'normal' | 'verbose' {
    const { quiet, verbose } = this.flags as { quiet?: boolean; verbose?: boolean };
    if (quiet === true) return 'quiet';
    return verbose === true ? 'verbose' : 'normal';
  }
}
