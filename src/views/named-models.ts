import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { oneLine } from '../lib/plain-text.ts';
import { type Candidate, isCertain, type Match } from '../lib/store/match.ts';
import { aliasGone, ambiguousName, notStored } from '../lib/store/match-errors.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { choose } from './chat-choose.ts';

/** How a name is understood. */
export interface NamePolicy {
  /** Whether somebody may be asked which of several models is meant. */
  readonly mayAsk: boolean;
  /** Whether `user/repo` is that repository or nothing: for who would pull it then. */
  readonly wholeNamesOnly?: boolean;
  /** Whether one model is wanted, so that a pattern must not stand for many. */
  readonly single?: boolean;
  /** Whether a guess counts for nothing: for what cannot be undone. What somebody chose is none. */
  readonly certainOnly?: boolean;
}

/** What a name stands for. */
export interface NamedModels {
  /** What was typed. */
  readonly text: string;
  /** The repository, or the reference of one quant. */
  readonly name: string;
  readonly models: readonly StoredModel[];
  /** Whether it was neither typed in full nor chosen by somebody. */
  readonly guessed: boolean;
}

/**
 * What a name stands for among the stored models: a reference, an alias, a pattern, or as much of a
 * name as tells it from others. Every command that takes the name of a stored model asks this.
 *
 * @throws LlameroError MODEL_NOT_FOUND with the nearest name; AMBIGUOUS with all it fits, unless
 *   somebody chooses; INTERRUPTED when the choice is left by Ctrl+C
 */
export async function namedModels(
  context: Context,
  text: string,
  policy: NamePolicy,
): Promise<NamedModels> {
  const [config, store] = await Promise.all([context.config(), context.store()]);
  const endpoint = config.get('hub.endpoint');
  const matcher = await store.matcher();
  const { wholeNamesOnly = false } = policy;
  const match = matcher.match(text, { endpoint, wholeNamesOnly });
  if (match === undefined) {
    const ref = matcher.aliasOf(text);
    if (ref !== undefined) throw aliasGone(text, ref);
    throw notStored(text, matcher.suggest(text), endpoint);
  }
  const { candidates, kind } = match;
  if (kind === 'pattern' && policy.single !== true) {
    return { text, name: text, models: candidates.flatMap(({ models }) => models), guessed: false };
  }
  const [first, ...others] = candidates;
  const guessed = !isCertain(kind);
  if (others.length === 0) {
    if (guessed && policy.certainOnly === true) throw notStored(text, first.name, endpoint);
    return { ...first, text, guessed };
  }
  return { ...(await chooseOne(context, text, match, policy)), text, guessed: false };
}

/** Says on stderr what a name was taken for. */
export function tellGuess({ terminal }: Context, text: string, name: string): void {
  terminal.note(oneLine(`${text} is ${name}`));
}

/**
 * All models that some names stand for, each once. All are looked up before anything is done: a
 * misspelled name must not leave half of the work done. Says what it took a name for.
 *
 * @throws LlameroError as {@link namedModels}
 */
export async function everyNamed(
  context: Context,
  texts: readonly string[],
  policy: NamePolicy,
): Promise<NamedModels[]> {
  const found: NamedModels[] = [];
  for (const text of texts) {
    const named = await namedModels(context, text, policy);
    if (named.guessed) tellGuess(context, text, named.name);
    found.push(named);
  }
  return found;
}

/** The models of several names, each once, in the order in which they were named. */
export function modelsOf(named: readonly NamedModels[]): StoredModel[] {
  const models = named.flatMap((each) => each.models);
  return [...new Map(models.map((model) => [model.ref, model])).values()];
}

async function chooseOne(
  { signal, terminal }: Context,
  text: string,
  match: Match,
  { mayAsk }: NamePolicy,
): Promise<Candidate> {
  if (!mayAsk || !terminal.canPrompt) throw ambiguousName(text, match);
  const choices = match.candidates.map((candidate) => ({
    value: candidate,
    label: candidate.name,
    ...(candidate.models.length === 1 ? {} : { remark: quantsOf(candidate) }),
  }));
  const chosen = await choose(terminal, `Which model is ${text}?`, choices, signal);
  if (chosen === undefined) throw new LlameroError('INTERRUPTED', 'Interrupted');
  return chosen;
}

function quantsOf({ models }: Candidate): string {
  return models.map(({ quant }) => quant).join(', ');
}
