import { BaseCommand } from '../../base-command.ts';
import { type EngineOverview, surveyEngines } from '../../lib/engine/overview.ts';
import { probeCacheFile } from '../../lib/engine/probe-cache.ts';
import { renderEngines } from '../../views/engine-table.ts';

export default class EngineList extends BaseCommand<typeof EngineList> {
  static override summary = 'List the builds of llama.cpp on this machine';

  static override description =
    'Installed ones, the one that LLAMERO_LLAMA_SERVER or server.llama-server names, and those on PATH. Changes nothing but what llamero remembers of engines.\n\nExit codes: 2 a wrong setting, 7 a folder cannot be read.';

  static override examples = [
    '<%= config.bin %> engine list',
    '<%= config.bin %> engine list --json',
  ];

  async run(): Promise<EngineOverview> {
    const { environment, paths, signal, terminal } = this.context;
    const search = await this.context.engineSearch();
    const cacheFile = probeCacheFile(paths.run);
    const overview = await surveyEngines({ ...search, environment, cacheFile, signal });
    if (!this.jsonEnabled()) renderEngines(terminal, overview, new Date());
    return overview;
  }
}
