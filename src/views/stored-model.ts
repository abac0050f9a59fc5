import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { parseQuantName } from '../lib/gguf/quant-name.ts';
import { rankQuants } from '../lib/gguf/ranking.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { parseReference } from '../lib/store/reference.ts';
import { confirm } from '../lib/ui/prompts.ts';
import { type NamedModels, namedModels, tellGuess } from './named-models.ts';
import { pullOne } from './pull.ts';

/** What may be done about a model that is not there. */
export interface MissingPolicy {
  /** Pull it without asking. */
  readonly yes: boolean;
  /** Whether somebody may be asked. */
  readonly mayAsk: boolean;
}

/**
 * The stored model that a name stands for; a missing or unfinished one is pulled first. Of several
 * quants of a repository the configured one is taken, else the best that is there.
 *
 * @throws LlameroError MODEL_NOT_FOUND when it is missing and nobody wants it pulled, AMBIGUOUS, and
 *   whatever the pull throws
 */
export async function storedModel(
  context: Context,
  text: string,
  policy: MissingPolicy,
): Promise<StoredModel> {
  const found = await lookUp(context, text, policy.mayAsk);
  if (found.model !== undefined) return found.model;
  const wanted = await referenceToPull(context, text, found);
  await requireConsent(context, wanted, policy, found.missing);
  const { ref } = await pullOne(context, wanted);
  const pulled = await (await context.store()).match(parseReference(ref));
  const model = chooseStored(pulled, undefined);
  if (model !== undefined) return model;
  throw new LlameroError('MODEL_NOT_FOUND', `${ref} was pulled and is gone again`, {
    hint: `Run \`llamero pull ${ref}\` again`,
    cause: found.missing,
  });
}

/**
 * As {@link storedModel}, but nothing is pulled.
 *
 * @throws LlameroError MODEL_NOT_FOUND also for an unfinished one, AMBIGUOUS
 */
export async function alreadyStored(
  context: Context,
  text: string,
  { mayAsk }: Pick<MissingPolicy, 'mayAsk'>,
): Promise<StoredModel> {
  const { missing, model, partial } = await lookUp(context, text, mayAsk);
  if (model !== undefined) return model;
  if (missing !== undefined) throw missing;
  throw new LlameroError('MODEL_NOT_FOUND', `${text} is only partly on this machine`, {
    hint: `\`llamero pull ${partial?.models[0]?.ref ?? text}\` fetches the rest`,
  });
}

/**
 * Notes that a model is used. A store that may only be read serves all the same.
 */
export async function markUsed(context: Context, model: StoredModel): Promise<void> {
  try {
    await (await context.store()).markUsed(model, new Date());
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    context.terminal.trace(`The use of ${model.ref} is not noted: ${error.message}`);
  }
}

/** What is known of a name: its model, or what there is of it, or why there is nothing. */
interface LookUp {
  readonly model?: StoredModel | undefined;
  /** What is there of a model that is not whole. */
  readonly partial?: NamedModels;
  readonly missing?: LlameroError;
}

async function lookUp(context: Context, text: string, mayAsk: boolean): Promise<LookUp> {
  let named: NamedModels;
  try {
    named = await namedModels(context, text, { mayAsk, wholeNamesOnly: true, single: true });
  } catch (error) {
    if (!(error instanceof LlameroError) || error.code !== 'MODEL_NOT_FOUND') throw error;
    return { missing: error };
  }
  const preferred = (await context.config()).get('pull.quant');
  const model = chooseStored(named.models, preferred);
  if (named.guessed) tellGuess(context, text, model?.ref ?? named.name);
  return model === undefined ? { partial: named } : { model };
}

/** @throws the reason why it is missing, where the text names nothing that could be pulled */
async function referenceToPull(
  context: Context,
  text: string,
  { missing, partial }: LookUp,
): Promise<string> {
  if (text.includes('/')) return text;
  const [first, ...others] = partial?.models ?? [];
  if (first !== undefined) return others.length === 0 ? first.ref : first.repo;
  const ref = (await (await context.store()).matcher()).aliasOf(text);
  if (ref !== undefined) return ref;
  throw missing ?? new Error(`${text} is neither there nor missing`);
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
