import { BaseCommand } from '../base-command.ts';
import { formatAge } from '../lib/format.ts';
import { type RouterModel, isActive } from '../lib/server/models.ts';
import type { ServerStatus } from '../lib/server/router.ts';
import { renderTable } from '../lib/ui/table.ts';

/** The `--json` document of `ps`. */
interface ProcessDocument {
  readonly server: ServerStatus['server'];
  readonly models: readonly {
    readonly ref: string;
    readonly status: RouterModel['state'];
    /** Tokens. */
    readonly contextSize?: number;
    /** How far the loading is, 0 to 100. */
    readonly percent?: number;
  }[];
}

export default class Processes extends BaseCommand<typeof Processes> {
  static override summary = 'Show the server and the models that are loaded';

  static override examples = ['<%= config.bin %> ps', '<%= config.bin %> ps --json'];

  async run(): Promise<ProcessDocument> {
    const { signal, terminal } = this.context;
    const status = await (await this.context.server()).status({ signal });
    const models = status.models.filter(({ state }) => isActive(state) || state === 'failed');
    if (!this.jsonEnabled()) this.#show(status, models);
    if (status.server !== null && !status.answers) {
      terminal.warn('the server does not answer; `llamero stop --all` ends it');
    }
    return {
      server: status.server,
      models: models.map(({ contextSize, progress, ref, state }) => ({
        ref,
        status: state,
        ...(contextSize === undefined ? {} : { contextSize }),
        ...(progress === undefined ? {} : { percent: Math.floor(progress * 100) }),
      })),
    };
  }

  #show({ server }: ServerStatus, models: readonly RouterModel[]): void {
    const { terminal } = this.context;
    if (server === null) {
      terminal.note('No server runs. `llamero run <ref>` starts one.');
      return;
    }
    const since = formatAge(new Date(server.startedAt), new Date());
    terminal.note(`${server.engine} on ${server.url}, process ${server.pid}, started ${since}`);
    if (models.length === 0) {
      terminal.note('No model is loaded.');
      return;
    }
    const table = renderTable({
      columns: [
        { header: 'MODEL', shrinks: true },
        { header: 'STATUS' },
        { header: 'CONTEXT', align: 'right' },
      ],
      headerStyle: terminal.outStyle.bold,
      rows: models.map((model) => [model.ref, describe(model), String(model.contextSize ?? '')]),
      width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
    });
    terminal.print(table);
  }
}

function describe({ progress, state }: RouterModel): string {
  return progress === undefined || state !== 'loading'
    ? state
    : `loading ${Math.floor(progress * 100)} %`;
}
