import { BaseCommand } from '../../base-command.ts';
import { loadConfig } from '../../lib/config/config.ts';
import { createConfigFile } from '../../lib/config/edit.ts';
import { defaultEditor, namedEditor, openEditor } from '../../lib/config/editor.ts';
import { LlameroError } from '../../lib/errors.ts';

export default class ConfigEdit extends BaseCommand<typeof ConfigEdit> {
  static override summary = 'Open the settings file in an editor and check it afterwards';

  static override description =
    'The editor is VISUAL, then EDITOR, then vi or notepad. Where there is no file, one with every setting as a comment is made.\n\nExit codes: 2 no editor, an editor that fails, or a file that is not in order afterwards, 7 no file can be made.';

  static override examples = [
    { description: 'open the settings', command: '<%= config.bin %> config edit' },
    {
      description: 'open them in another editor',
      command: 'EDITOR="code --wait" <%= config.bin %> config edit',
    },
  ];

  static override enableJsonFlag = false;

  async run(): Promise<void> {
    const { environment, interrupts, paths, signal, terminal } = this.context;
    const named = namedEditor(environment);
    if (named === undefined && !terminal.stdinIsTerminal) {
      throw new LlameroError(
        'USAGE',
        'No editor is named, and there is no terminal to open one in',
        {
          hint: `Name one in VISUAL or EDITOR, or change ${paths.configFile} with \`llamero config set\``,
        },
      );
    }
    await createConfigFile(paths);
    // Ctrl+C belongs to the editor while it is open.
    const giveBack = interrupts.takeOver(() => undefined);
    try {
      const command = named ?? defaultEditor(process.platform);
      await openEditor({ command, file: paths.configFile, signal });
    } finally {
      giveBack();
    }
    // The file alone: a mistake in a variable is not one of the editing.
    await loadConfig({ paths, environment: {} });
    terminal.note(`${paths.configFile} is in order`);
  }
}
