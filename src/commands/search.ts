import { Args, Flags } from '@oclif/core';

import { BaseCommand } from '../base-command.ts';
import { CAPABILITIES } from '../lib/gguf/header-description.ts';
import type { HubSearchHit, HubSearchResult } from '../lib/hub/types.ts';
import { LAST_PAGE } from '../lib/hub/search.ts';
import { oneLine } from '../lib/plain-text.ts';
import { type SearchDocument, searchEntry } from '../views/search-document.ts';
import {
  type FoundContext,
  type FoundModel,
  describeFound,
  fitsHere,
} from '../views/search-models.ts';
import { pickFound, requirePicker } from '../views/search-pick.ts';
import { narrowingFlags, searchOptions } from '../views/search-request.ts';

const SORTS = ['downloads', 'likes', 'trending', 'updated', 'created'] as const;

export default class Search extends BaseCommand<typeof Search> {
  static override summary = 'Search the Hugging Face Hub for GGUF models';

  static override description = `Only repositories with a GGUF file to run are shown. DEFAULT is the quant that \`llamero pull\` takes. The Hub tells no sizes in a search: ~ marks what is estimated from the number of parameters. FITS says whether that fits this machine's memory with the context of \`pull.context\`: GPU, yes, tight, or no; \`llamero info\` says it exactly. ✓ marks what is stored here.

Sizes of models are meant as models are called by: --max-params 7B keeps what has up to 7.7 billion. Nothing is changed but what llamero remembers of the disk, and nothing found is no failure.

Exit codes: 2 a flag that cannot be read, 5 the token is refused, 6 the hub cannot be asked.`;

  static override examples = [
    { description: 'the most downloaded first', command: '<%= config.bin %> search llama 3.2' },
    {
      description: 'what is new, can use tools and fits this machine',
      command: '<%= config.bin %> search --sort trending --capability tools --fits',
    },
    {
      description: 'small models of one author, and then the next twenty',
      command: '<%= config.bin %> search --author bartowski --max-params 4B --page 2',
    },
    {
      description: 'pick one, and see what is in it or pull it',
      command: '<%= config.bin %> search qwen coder -i',
    },
  ];

  static override strict = false;

  static override args = {
    query: Args.string({ description: 'words of the name', ignoreStdin: true }),
  };

  static override flags = {
    sort: Flags.option({
      options: SORTS,
      default: 'downloads',
      summary: `What comes first: ${SORTS.join(', ')}`,
      helpValue: '<order>',
    })(),
    author: Flags.string({ summary: 'A user or an organisation of the Hub', helpValue: '<name>' }),
    'min-params': Flags.string({ summary: 'The least parameters: 500M, 7B', helpValue: '<size>' }),
    'max-params': Flags.string({ summary: 'The most parameters', helpValue: '<size>' }),
    license: Flags.string({ summary: 'As the Hub writes it: apache-2.0', helpValue: '<name>' }),
    gated: Flags.boolean({
      summary: 'Only what asks for consent first; with --no-gated only what does not',
      allowNo: true,
    }),
    fits: Flags.boolean({ summary: "Only what fits this machine's memory" }),
    memory: Flags.string({
      summary: 'Ask about another machine, with so much memory: 24G',
      helpValue: '<size>',
    }),
    tag: Flags.string({
      summary: 'A tag of the Hub that it has; several are possible',
      helpValue: '<name>',
      multiple: true,
      multipleNonGreedy: true,
    }),
    capability: Flags.option({
      options: CAPABILITIES,
      summary: `What it can do: ${CAPABILITIES.join(', ')}; several are possible`,
      helpValue: '<name>',
      multiple: true,
      multipleNonGreedy: true,
    })(),
    limit: Flags.integer({
      summary: 'How many to show',
      helpValue: '<number>',
      default: 20,
      min: 1,
      max: 200,
    }),
    page: Flags.integer({
      summary: 'Which so many of them',
      helpValue: '<number>',
      default: 1,
      min: 1,
      max: LAST_PAGE,
    }),
    interactive: Flags.boolean({
      char: 'i',
      summary: 'Pick one, to see what is in it or to pull it',
    }),
  };

  async run(): Promise<SearchDocument> {
    const { context, flags } = this;
    if (flags.interactive) requirePicker(context, this.jsonEnabled());
    const options = searchOptions(flags);
    const hub = await context.hub();
    const looking = this.#foundContext();
    const accept = flags.fits ? onlyFitting(await looking) : undefined;
    const [result, found] = await Promise.all([
      hub.search(this.#words.join(' '), { ...options, accept, signal: context.signal }),
      looking,
    ]);
    const models = result.models.map((hit) => describeFound(hit, found));
    const suggestions = models.length > 0 ? [] : await this.#suggest(result, found);
    if (!this.jsonEnabled()) await this.#show(models, result, suggestions);
    const { cut, next } = result;
    return {
      models: models.map((model) => searchEntry(model)),
      ...(next === undefined ? {} : { next }),
      ...(cut ? { cut } : {}),
      ...(suggestions.length === 0 ? {} : { suggestions }),
    };
  }

  get #words(): string[] {
    return this.positionals.flatMap((text) => text.split(/\s+/u)).filter((word) => word !== '');
  }

  async #foundContext(): Promise<FoundContext> {
    const { context, flags } = this;
    // Names alone need no look at this machine.
    const isBare = context.terminal.verbosity === 'quiet' && !flags.fits && !this.jsonEnabled();
    const [config, store, { roomFor }] = await Promise.all([
      context.config(),
      context.store(),
      import('../views/machine-room.ts'),
    ]);
    const { models } = await store.survey();
    const stored = Map.groupBy(models, ({ repo }) => repo.toLowerCase());
    return {
      preferredQuant: config.get('pull.quant'),
      contextSize: config.get('pull.context'),
      machine: isBare ? undefined : await roomFor(context, flags.memory),
      installed: new Map(
        [...stored].map(([repo, quants]) => [repo, quants.map(({ ref }) => ref)] as const),
      ),
    };
  }

  async #suggest({ behind }: HubSearchResult, { installed }: FoundContext): Promise<string[]> {
    const { suggestSearches } = await import('../views/search-suggest.ts');
    return suggestSearches(await this.context.hub(), {
      words: this.#words,
      behind,
      signal: this.context.signal,
      narrowedBy: narrowingFlags(this.flags),
      knownWords: [...installed.keys()].flatMap((repo) => repo.split(/[/_.-]+/u)),
    });
  }

  async #show(
    models: readonly FoundModel[],
    { behind, cut, next }: HubSearchResult,
    suggestions: readonly string[],
  ): Promise<void> {
    const { terminal } = this.context;
    if (models.length === 0) {
      // That a page is behind the last one says it all.
      if (!behind) terminal.note(this.#nothingFound());
    } else if (this.flags.interactive) {
      return this.#pick(models);
    } else if (terminal.verbosity === 'quiet') {
      for (const { hit } of models) terminal.print(hit.id);
    } else {
      const { renderFound } = await import('../views/search-table.ts');
      const created = this.flags.sort === 'created';
      terminal.print(renderFound(models, terminal, { now: new Date(), created }));
    }
    if (next !== undefined) terminal.note(`More with --page ${next}`);
    if (cut) terminal.note(CUT);
    for (const suggestion of suggestions) terminal.note(oneLine(suggestion));
  }

  #nothingFound(): string {
    const query = oneLine(this.#words.join(' '));
    return query === '' ? 'No such model was found' : `No such model fits «${query}»`;
  }

  async #pick(models: readonly FoundModel[]): Promise<void> {
    const picked = await pickFound(this.context, models);
    if (picked === undefined) return;
    await this.config.runCommand(picked.action, [picked.repo, ...this.#passedOn()]);
  }

  /** The flags that mean the same to what a picked model is given to. */
  #passedOn(): string[] {
    const { memory, quiet, verbose } = this.flags;
    return [
      ...(memory === undefined ? [] : [`--memory=${memory}`]),
      ...(quiet ? ['--quiet'] : []),
      ...(verbose ? ['--verbose'] : []),
    ];
  }
}

function onlyFitting(found: FoundContext): (hit: HubSearchHit) => boolean {
  return (hit) => fitsHere(describeFound(hit, found));
}

const CUT =
  'Only the beginning of what the Hub lists was looked through; words or --author bring more of it into view';
