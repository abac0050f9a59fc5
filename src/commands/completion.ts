import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { type Installation, installCompletion, LOADING } from '../lib/completion/install.ts';
import { SCRIPTS } from '../lib/completion/scripts/scripts.ts';
import { type Shell, SHELLS } from '../lib/completion/shells.ts';

/** The `--json` document of `completion`. */
type CompletionDocument =
  | { readonly shell: Shell; readonly script: string }
  | { readonly shell: Shell; readonly installed: Installation };

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'Let the Tab key complete commands, models and settings';

  static override description = `Prints the script that a shell has to read. It asks llamero at every press of the key, so it knows the models of that moment; no network is used.

With --install the script is put into a file, and one line that reads it goes to the end of ~/.bashrc or ~/.zshrc, once for each LLAMERO_HOME; fish needs no line. Nothing else is changed; without the script the line does nothing.

Exit codes: 2 no such shell, or none in which it can be installed, 7 a file cannot be written.`;

  static override examples = [
    {
      description: 'from the next shell on',
      command: '<%= config.bin %> completion zsh --install',
    },
    { description: 'in this bash or zsh', command: `source <(<%= config.bin %> completion bash)` },
    { description: 'in this fish', command: LOADING.fish },
    { description: 'in this PowerShell', command: LOADING.powershell },
  ];

  static override args = {
    shell: Args.option({ description: 'the shell', options: SHELLS, ignoreStdin: true })({
      required: true,
    }),
  };

  static override flags = {
    install: Flags.boolean({ summary: 'Have the shell read it at every start' }),
  };

  async run(): Promise<CompletionDocument> {
    const { shell } = this.args;
    if (this.flags.install) return this.#install(shell);
    // The script ends in a line break of its own.
    if (!this.jsonEnabled()) this.context.terminal.print(SCRIPTS[shell].trimEnd());
    return { shell, script: SCRIPTS[shell] };
  }

  async #install(shell: Shell): Promise<CompletionDocument> {
    const { environment, paths, terminal } = this.context;
    const { home, userHome } = paths;
    const installed = await installCompletion({ shell, home, userHome, environment });
    const { changed, script, startFile } = installed;
    if (!this.jsonEnabled()) {
      terminal.print(script);
      if (!changed) terminal.note('It was installed before: nothing was changed');
      else if (startFile !== undefined) terminal.note(`${startFile} reads it`);
      if (changed)
        terminal.note(`New shells complete llamero; this one after \`${LOADING[shell]}\``);
    }
    return { shell, installed };
  }
}
