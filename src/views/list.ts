import type { Context } from '../lib/context.ts';
import { freeSpace } from '../lib/files.ts';

import { oneLine } from '../lib/plain-text.ts';
import type { ModelFilter } from '../lib/store/filter.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { type SortOrder, sortModels } from '../lib/store/sort.ts';
import { type ListDocument, listDocument } from './list-document.ts';
import { factsFor, filterModels } from './model-selection.ts';
import { type ModelRemarks, renderModels, renderTotal, renderTree } from './model-table.ts';

/** Which models are shown, and how. */
export interface ListRequest {
  readonly json: boolean;
  /** In the words of filters, see `parseFilter`; all must hold. */
  readonly filters?: readonly string[];
  readonly sort?: SortOrder | undefined;
  readonly reverse?: boolean;
  readonly tree?: boolean;
}

/** Shows the models of this machine; the document is made where it is asked for. */
export async function listModels(
  context: Context,
  request: ListRequest,
): Promise<ListDocument | undefined> {
  const { filters: words = [], json, reverse = false, sort } = request;
  const store = await context.store();
  const [{ models: all, size: allSize }, aliases] = await Promise.all([
    store.survey(),
    store.aliases.list(),
  ]);
  const filters = await readFilters(words);
  const needsFacts = sort === 'params' || filters.some((filter) => filter.needsFacts);
  const facts = await factsFor(context, all, needsFacts);
  const fitting = filters.length === 0 ? all : filterModels(all, filters, facts);
  const ordered = sort === undefined ? fitting : sortModels(fitting, sort, facts);
  const models = reverse ? ordered.toReversed() : ordered;
  // Of all models projectors count too; of some it is not clear whose they are.
  const size = filters.length === 0 ? allSize : models.reduce((sum, model) => sum + model.size, 0);
  const remarks = {
    now: new Date(),
    aliases: Map.groupBy(aliases.keys(), (name) => aliases.get(name) ?? ''),
    ...(needsFacts ? { facts } : {}),
    showsUse: sort === 'used' || words.some((text) => /^\s*used/iu.test(text)),
  };
  if (json) return listDocument(models, size, remarks);
  show(context, request, { models, size, remarks, stored: all.length });
  return undefined;
}

async function readFilters(words: readonly string[]): Promise<ModelFilter[]> {
  if (words.length === 0) return [];
  // Plain `list` does not pay for what reads filters.
  const { parseFilter } = await import('../lib/store/filter.ts');
  const now = new Date();
  return words.map((text) => parseFilter(text, now));
}

interface Listed {
  readonly models: readonly StoredModel[];
  readonly size: number;
  readonly remarks: ModelRemarks;
  /** How many there are in all. */
  readonly stored: number;
}

function show(
  { paths, terminal }: Context,
  { tree = false }: ListRequest,
  { models, remarks, size, stored }: Listed,
): void {
  if (terminal.verbosity === 'quiet') {
    // A name a line, in a pipe too: what stands after a newline in a name must not pass for another.
    if (models.length > 0) terminal.print(models.map(({ ref }) => oneLine(ref)).join('\n'));
  } else if (models.length === 0) {
    terminal.note(describeNone(stored));
  } else {
    const render = tree ? renderTree : renderModels;
    terminal.print(render(models, terminal, remarks));
    terminal.note(renderTotal(models, size, freeSpace(paths.models)));
  }
}

/** @param stored how many there are, none of which is shown */
function describeNone(stored: number): string {
  if (stored === 0) return 'No models yet. `llamero pull user/repo` fetches one.';
  return stored === 1 ? 'The only model does not fit.' : `None of the ${stored} models fits.`;
}
