import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { formatAge } from '../lib/format.ts';
import type { HubSearchHit } from '../lib/hub/types.ts';
import { renderTable } from '../lib/ui/table.ts';

/** The `--json` document of `search`. */
interface SearchDocument {
  readonly models: readonly {
    readonly repo: string;
    readonly downloads: number;
    readonly likes: number;
    readonly updatedAt: string | null;
    readonly gated: boolean;
  }[];
}

export default class Search extends BaseCommand<typeof Search> {
  static override summary = 'Search the Hugging Face Hub for GGUF models';

  static override examples = [
    { description: 'the most downloaded first', command: '<%= config.bin %> search llama 3.2' },
  ];

  static override strict = false;

  static override args = {
    query: Args.string({ description: 'words of the name', ignoreStdin: true }),
  };

  static override flags = {
    limit: Flags.integer({
      summary: 'How many to show',
      helpValue: '<number>',
      default: 20,
      min: 1,
      max: 200,
    }),
  };

  async run(): Promise<SearchDocument> {
    const { signal, terminal } = this.context;
    const hub = await this.context.hub();
    const query = this.positionals.join(' ');
    const { models } = await hub.search(query, { limit: this.flags.limit, signal });
    if (!this.jsonEnabled()) {
      if (models.length === 0) terminal.note(`Nothing with GGUF files fits «${query}»`);
      else if (terminal.verbosity === 'quiet') for (const { id } of models) terminal.print(id);
      else terminal.print(this.#render(models));
    }
    return {
      models: models.map(({ id, downloads, likes, updatedAt, gated }) => ({
        repo: id,
        downloads,
        likes,
        updatedAt: updatedAt?.toISOString() ?? null,
        gated: gated !== false,
      })),
    };
  }

  #render(models: readonly HubSearchHit[]): string {
    const { terminal } = this.context;
    const now = new Date();
    return renderTable({
      columns: [
        { header: 'MODEL', shrinks: true },
        { header: 'DOWNLOADS', align: 'right' },
        { header: 'LIKES', align: 'right' },
        { header: 'UPDATED' },
      ],
      headerStyle: terminal.outStyle.bold,
      rows: models.map(({ id, downloads, likes, updatedAt, gated }) => [
        gated === false ? id : `${id} (gated)`,
        String(downloads),
        String(likes),
        updatedAt === undefined ? '' : formatAge(updatedAt, now),
      ]),
      width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
    });
  }
}
