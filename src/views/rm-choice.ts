import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { formatAge, formatDiskSize } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { parseFilter } from '../lib/store/filter.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { restingSince } from '../lib/store/sort.ts';
import { mark } from '../lib/ui/prompts.ts';
import { shorten } from '../lib/ui/table.ts';
import { textWidth } from '../lib/ui/text-width.ts';
import { describePartial } from './model-table.ts';
import { factsFor, filterModels } from './model-selection.ts';
import { everyNamed, modelsOf } from './named-models.ts';

/** What is to be removed. */
export interface RemovalWish {
  /** References, aliases and patterns; none stands for all that the filters accept. */
  readonly names: readonly string[];
  readonly filters: readonly string[];
  /**
   * Whether somebody sees the models before they go: a name that is only like that of a model
   * counts for nothing otherwise.
   */
  readonly isSeen: boolean;
  /** Whether somebody may be asked. */
  readonly mayAsk: boolean;
}

/**
 * The models that are to be removed. Nothing else than names and filters said, or somebody marked in a
 * list.
 *
 * @throws LlameroError MODEL_NOT_FOUND, AMBIGUOUS, USAGE where nothing is named and nobody can be asked,
 *   INTERRUPTED
 */
export async function chooseForRemoval(
  context: Context,
  wish: RemovalWish,
): Promise<readonly StoredModel[]> {
  if (wish.names.length === 0 && wish.filters.length === 0) return markModels(context, wish);
  // A filter that cannot be read shows before anything is looked up.
  const now = new Date();
  const filters = wish.filters.map((text) => parseFilter(text, now));
  const models =
    wish.names.length === 0
      ? (await (await context.store()).survey()).models
      : modelsOf(
          await everyNamed(context, wish.names, { mayAsk: wish.mayAsk, certainOnly: !wish.isSeen }),
        );
  const needsFacts = filters.some((filter) => filter.needsFacts);
  return filterModels(models, filters, await factsFor(context, models, needsFacts));
}

async function markModels(
  context: Context,
  { mayAsk }: RemovalWish,
): Promise<readonly StoredModel[]> {
  const { signal, terminal } = context;
  if (!mayAsk || !terminal.canPrompt) {
    throw new LlameroError('USAGE', 'Name the models to remove, or give a filter', {
      hint: "`llamero list` shows the models: `llamero rm user/repo:QUANT`, `llamero rm --filter 'used>30d'`",
    });
  }
  const { models } = await (await context.store()).survey();
  if (models.length === 0) return [];
  const marked = await mark(terminal, {
    message: 'Which models shall go?',
    options: models.map((model) => ({ value: model, label: (width) => describe(model, width) })),
    signal,
  });
  if (marked.length === 0) throw new LlameroError('INTERRUPTED', 'Nothing was removed');
  return marked;
}

const NARROWEST_NAME = 8;

/** A model on a line; where that is narrow the name of the repository gives way. */
function describe(model: StoredModel, width: number): string {
  const { quant, repo, size, state } = model;
  const age =
    state === 'partial' ? describePartial(model) : formatAge(restingSince(model), new Date());
  const rest = `:${oneLine(quant)}  ${formatDiskSize(size)}  ${age}`;
  return shorten(oneLine(repo), Math.max(NARROWEST_NAME, width - textWidth(rest))) + rest;
}
