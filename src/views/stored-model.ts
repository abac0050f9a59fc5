import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { parseQuantName } from '../lib/gguf/quant-name.ts';
import { rankQuants } from '../lib/gguf/ranking.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { parseReference } from '../lib/store/reference.ts';
import { confirm } from '../lib/ui/prompts.ts';
import { pullOne } from './pull.ts';

/** What may be done about a model that is not there. */
export interface MissingPolicy {
  /** Pull it without asking. */
  readonly yes: boolean;
  /** Whether somebody may be asked. */
  readonly mayAsk: boolean;
}

/**
 * The stored model that a reference names; a missing or unfinished one is pulled first. Of several
 * quants of a repository the configured one is taken, else the best that is there.
 *
 * @throws LlameroError MODEL_NOT_FOUND when it is missing and nobody wants it pulled, and whatever
 *   the pull throws
 */
export async function storedModel(
  context: Context,
  text: string,
  policy: MissingPolicy,
): Promise<StoredModel> {
  const config = await context.config();
  const store = await context.store();
  const reference = parseReference(text, config.get('hub.endpoint'));
  let missing: LlameroError | undefined;
  try {
    const found = await store.match(reference);
    const best = chooseStored(found, config.get('pull.quant'));
    if (best !== undefined) return best;
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'MODEL_NOT_FOUND') throw error;
    missing = error;
  }
  await requireConsent(context, text, policy, missing);
  const { ref } = await pullOne(context, text);
  const pulled = await store.match(parseReference(ref));
  const model = chooseStored(pulled, undefined);
  if (model !== undefined) return model;
  throw new LlameroError('MODEL_NOT_FOUND', `${ref} was pulled and is gone again`, {
    hint: `Run \`llamero pull ${ref}\` again`,
    cause: missing,
  });
}

function chooseStored(
  models: readonly StoredModel[],
  preferred: string | undefined,
): StoredModel | undefined {
  const complete = models.filter(({ state }) => state === 'complete');
  const wanted = preferred?.toUpperCase();
  const ranked = rankQuants(
    complete.map((model) => ({
      model,
      label: model.quant,
      name: parseQuantName(model.quant)?.name ?? model.quant,
      files: model.files.map(({ name }) => ({ path: name })),
    })),
    complete[0] === undefined ? {} : { repo: complete[0].repo },
  ).map(({ model }) => model);
  return ranked.find(({ quant }) => quant.toUpperCase() === wanted) ?? ranked[0];
}

async function requireConsent(
  { signal, terminal }: Context,
  text: string,
  { mayAsk, yes }: MissingPolicy,
  missing: LlameroError | undefined,
): Promise<void> {
  if (yes) return;
  const state = missing === undefined ? 'is only partly on this machine' : 'is not on this machine';
  if (mayAsk && terminal.canPrompt) {
    const message = `${text} ${state}. Pull it?`;
    if (await confirm(terminal, { message, default: true, signal })) return;
  }
  throw new LlameroError('MODEL_NOT_FOUND', `${text} ${state}`, {
    hint: [missing?.hint, 'With --yes it is pulled first, without a question']
      .filter((line) => line !== undefined)
      .join('\n'),
    cause: missing,
  });
}
