import { BaseCommand } from '../../base-command.ts';
import { changeTags, tagArgs, type TagDocument } from '../../views/tags.ts';

export default class TagRemove extends BaseCommand<typeof TagRemove> {
  static override hiddenAliases = ['tag:remove', 'tag:delete'];

  static override summary = 'Take tags away from models';

  static override description =
    'A tag that a model does not have is no failure.\n\nExit codes: 0 done, 2 no possible tag, 3 no such model, 4 its name fits several.';

  static override examples = ['<%= config.bin %> tag rm bartowski/Llama-3.2-1B-Instruct-GGUF work'];

  static override strict = false;

  static override args = tagArgs;

  run(): Promise<TagDocument> {
    return changeTags(
      this.context,
      this.positionals,
      (tags) => ({ remove: tags }),
      this.jsonEnabled(),
    );
  }
}
