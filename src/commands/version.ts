import { BaseCommand } from '../base-command.ts';
import type { Paths } from '../lib/config/paths.ts';
import { renderVersion, type EngineSummary, describeUsedEngine } from '../views/version.ts';
import { llamaConfigFiles } from '../lib/engine/user-config.ts';

/** The `--json` document of `version`. */
export interface VersionDocument {
  readonly llamero: string;
  readonly node: string;
  readonly engine: EngineSummary | null;
  readonly paths: Pick<Paths, 'home' | 'configFile' | 'models' | 'bin' | 'run' | 'logs'>;
  /** Settings files of llama.cpp itself, which change what its server does. */
  readonly llamaConfigFiles: readonly string[];
}

export default class Version extends BaseCommand<typeof Version> {
  static override summary =
    'Show the versions of llamero, Node.js and llama.cpp, and where things are';

  static override description =
    '`llamero --version` prints the version of llamero alone. Changes nothing but what llamero remembers of engines.\n\nExit codes: 0 done.';

  static override examples = ['<%= config.bin %> version', '<%= config.bin %> version --json'];

  async run(): Promise<VersionDocument> {
    const { environment, paths, terminal, version } = this.context;
    const { bin, configFile, home, logs, models, run } = paths;
    const document = {
      llamero: version,
      node: process.versions.node,
      engine: await describeUsedEngine(this.context),
      paths: { home, configFile, models, bin, run, logs },
      llamaConfigFiles: await llamaConfigFiles({
        environment,
        homeDirectory: paths.userHome,
        platform: process.platform,
      }),
    };
    if (!this.jsonEnabled()) renderVersion(terminal, document);
    return document;
  }
}
