import { BaseCommand } from '../../base-command.ts';
import { changeTags, tagArgs, type TagDocument } from '../../views/tags.ts';

export default class TagAdd extends BaseCommand<typeof TagAdd> {
  static override summary = 'Give models tags';

  static override description =
    'Tags are words of yours, kept beside the model: `llamero list --tag work` shows the models that have one. The tag «favorite» has a flag of its own: `llamero list --favorite`. Without a quant all quants of a repository get them.\n\nExit codes: 0 done, 2 no possible tag, 3 no such model, 4 its name fits several.';

  static override examples = [
    '<%= config.bin %> tag add bartowski/Llama-3.2-1B-Instruct-GGUF work small',
    { description: 'a favourite', command: '<%= config.bin %> tag add llama-3.2-1b favorite' },
  ];

  static override strict = false;

  static override args = tagArgs;

  run(): Promise<TagDocument> {
    return changeTags(
      this.context,
      this.positionals,
      (tags) => ({ add: tags }),
      this.jsonEnabled(),
    );
  }
}
