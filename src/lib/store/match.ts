import path from 'node:path';

import { fitting } from '../config/model-pattern.ts';
import { LlameroError } from '../errors.ts';
import { compareNames } from '../name-order.ts';
import { type AliasMap, findAlias } from './aliases.ts';
import type { StoredModel } from './model.ts';
import { nearestName, nearestRepos } from './near-name.ts';
import { parseReference, type Reference } from './reference.ts';
import { namesOf, type RepoNames } from './repo-names.ts';

/**
 * How a name was understood, the surest first: the whole reference, an alias, a pattern (`*:Q2_K`), the
 * name of the repository without its user, the end of a name, a part of one, a misspelled one.
 */
export type MatchKind = 'exact' | 'alias' | 'pattern' | 'name' | 'end' | 'part' | 'near';

/** What a name may mean: quants of one repository. */
export interface Candidate {
  /** The repository; where a quant was typed, the reference of the one that has it. */
  readonly name: string;
  readonly models: readonly [StoredModel, ...StoredModel[]];
}

/** What a name means. Several candidates: it does not say which of them. */
export interface Match {
  readonly kind: MatchKind;
  /** Last used first, else in the order of the store. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
}

/** How a name is looked up. */
export interface MatchOptions {
  /** The hub in use, see {@link parseReference}. */
  readonly endpoint?: string | undefined;
  /** Whether `user/repo` is that repository or nothing: for who would pull it then. */
  readonly wholeNamesOnly?: boolean;
}

/** Finds stored models by what people type. */
export interface Matcher {
  /**
   * The models that a name means: by the first of the ways of {@link MatchKind} that finds any.
   * A quant after `:` or `@` narrows it; only a part of a name may have a part of a quant.
   */
  match(text: string, options?: MatchOptions): Match | undefined;
  /** The models of exactly this reference, in any case. */
  exact(reference: Reference): StoredModel[];
  /** The reference of the model that a text is an alias of, stored or not. */
  aliasOf(text: string): string | undefined;
  /** The stored name that a text is nearest to, if it is near to any. */
  suggest(text: string): string | undefined;
}

/** Whether a kind of match is what was typed, and no guess. */
export function isCertain(kind: MatchKind): boolean {
  return kind === 'exact' || kind === 'alias' || kind === 'pattern';
}

/** Makes ready for looking up names among these models. */
export function createMatcher(
  models: readonly StoredModel[],
  aliases: AliasMap = new Map(),
): Matcher {
  const repos = [...Map.groupBy(models, ({ repo }) => repo)].map(([repo, own]) =>
    namesOf(repo, own),
  );
  return {
    match: (text, options) => find({ repos, models, aliases }, text.trim(), options ?? {}),
    exact: (reference) =>
      candidatesOf(repos, (names) => names.whole === reference.repo.toLowerCase(), reference.tag)
        .flatMap((candidate) => candidate.models)
        .sort((one, other) => compareNames(one.ref, other.ref)),
    aliasOf: (text) => refOfAlias(aliases, text),
    suggest: (text) => nearestName(text.trim(), repos, aliases),
  };
}

interface Stored {
  readonly repos: readonly RepoNames[];
  readonly models: readonly StoredModel[];
  readonly aliases: AliasMap;
}

function find(stored: Stored, text: string, options: MatchOptions): Match | undefined {
  const { aliases, models, repos } = stored;
  if (text === '') return undefined;
  const reference = readReference(text, options.endpoint);
  const { name, tag } = reference === undefined ? splitName(text) : wantedOf(reference);
  const byName = (isIt: (names: RepoNames) => boolean) => () => candidatesOf(repos, isIt, tag);
  const sure: readonly Way[] = [
    ['exact', byName(({ whole }) => whole === name)],
    ['exact', () => byAllOfIt(repos, text)],
    ['alias', () => ofAlias(models, aliases, text)],
    ['pattern', () => ofPattern(models, text)],
  ];
  const guesses: readonly Way[] = [
    ['name', byName(({ bare, own }) => own === name || bare === name)],
    ['end', byName(({ bare, whole }) => whole.endsWith(name) || bare.endsWith(name))],
    ['part', byName(({ whole }) => whole.includes(name))],
    ['part', () => byPartOfQuant(repos, name, tag)],
    ['near', () => candidatesOf(nearestRepos(name, repos), () => true, tag)],
  ];
  // What is an alias is never taken for something else because its model is gone.
  const mustBeSure =
    findAlias(aliases, text) !== undefined ||
    (reference !== undefined && options.wholeNamesOnly === true);
  for (const [kind, look] of mustBeSure ? sure : [...sure, ...guesses]) {
    const [first, ...others] = byLastUse(preferTyped(look(), reference));
    if (first !== undefined) return { kind, candidates: [first, ...others] };
  }
  return undefined;
}

type Way = readonly [MatchKind, () => Candidate[]];

/** A name and a quant or file in lower case. */
interface Wanted {
  readonly name: string;
  readonly tag?: string | undefined;
}

function wantedOf({ repo, tag }: Reference): Wanted {
  return { name: repo.toLowerCase(), tag: tag?.toLowerCase() };
}

function splitName(text: string): Wanted {
  const [, name = '', tag] = /^([^:@]*)(?:[:@](.+))?$/u.exec(text.toLowerCase()) ?? [];
  return name === '' && tag === undefined ? { name: text.toLowerCase() } : { name, tag };
}

/** A text as a reference, see {@link parseReference}; undefined where it is none. */
export function readReference(text: string, endpoint: string | undefined): Reference | undefined {
  try {
    return parseReference(text, endpoint);
  } catch (error) {
    if (error instanceof LlameroError && error.code === 'REFERENCE_INVALID') return undefined;
    throw error;
  }
}

function candidatesOf(
  repos: readonly RepoNames[],
  isIt: (names: RepoNames) => boolean,
  tag: string | undefined,
): Candidate[] {
  const wanted = tag?.toLowerCase();
  return repos.filter(isIt).flatMap((names) => {
    const found = ofTag(names.models, wanted);
    const [only, ...others] = found;
    const isOne = wanted !== undefined && only !== undefined && others.length === 0;
    return toCandidate(isOne ? only.ref : names.repo, found) ?? [];
  });
}

/** Folders that somebody made by hand may have names that no reference has. */
function byAllOfIt(repos: readonly RepoNames[], text: string): Candidate[] {
  const wanted = text.toLowerCase();
  return repos
    .filter(({ whole }) => wanted.startsWith(whole))
    .flatMap(({ models, repo, whole }) => {
      if (whole === wanted) return toCandidate(repo, models) ?? [];
      const found = models.filter(({ ref }) => ref.toLowerCase() === wanted);
      return found.map((model): Candidate => ({ name: model.ref, models: [model] }));
    });
}

function toCandidate(name: string, models: readonly StoredModel[]): Candidate | undefined {
  const [first, ...others] = models;
  return first === undefined ? undefined : { name, models: [first, ...others] };
}

/** The models that a tag names: by their quant, or by the file they were pulled from. */
function ofTag(models: readonly StoredModel[], tag: string | undefined): readonly StoredModel[] {
  if (tag === undefined) return models;
  const byQuant = models.filter(({ quant }) => quant.toLowerCase() === tag);
  if (byQuant.length > 0 || !tag.endsWith('.gguf')) return byQuant;
  return models.filter(({ files }) =>
    files.some(({ name }) => {
      const file = name.toLowerCase();
      return file === tag || path.posix.basename(file) === tag;
    }),
  );
}

function ofAlias(models: readonly StoredModel[], aliases: AliasMap, text: string): Candidate[] {
  const ref = refOfAlias(aliases, text)?.toLowerCase();
  if (ref === undefined) return [];
  return models
    .filter((model) => model.ref.toLowerCase() === ref)
    .map((model) => ({ name: model.ref, models: [model] }));
}

function refOfAlias(aliases: AliasMap, text: string): string | undefined {
  const alias = findAlias(aliases, text.trim());
  return alias === undefined ? undefined : aliases.get(alias);
}

function ofPattern(models: readonly StoredModel[], text: string): Candidate[] {
  if (!/[*?]/u.test(text)) return [];
  const fits = fitting(text);
  const found = models.filter((model) => fits(model) !== undefined);
  return [...Map.groupBy(found, ({ repo }) => repo)].flatMap(
    ([repo, own]) => toCandidate(repo, own) ?? [],
  );
}

/** A part of a quant, alone or after a part of a name (`llama:q4`): each quant by itself. */
function byPartOfQuant(
  repos: readonly RepoNames[],
  name: string,
  tag: string | undefined,
): Candidate[] {
  return repos.flatMap(({ models, whole }) => {
    if (tag !== undefined && !whole.includes(name)) return [];
    return models
      .filter(({ quant }) => quant.toLowerCase().includes(tag ?? name))
      .map((model): Candidate => ({ name: model.ref, models: [model] }));
  });
}

/** Repositories may differ by the case of their names alone: then the one that was typed is meant. */
function preferTyped(found: Candidate[], reference: Reference | undefined): Candidate[] {
  const typed = found.filter(({ models: [{ repo }] }) => repo === reference?.repo);
  return typed.length > 0 ? typed : found;
}

function byLastUse(candidates: readonly Candidate[]): Candidate[] {
  if (candidates.length < 2) return [...candidates];
  return candidates
    .map((candidate) => ({ candidate, used: lastUseOf(candidate) }))
    .sort((one, other) => other.used - one.used)
    .map(({ candidate }) => candidate);
}

function lastUseOf({ models }: Candidate): number {
  return models.reduce((last, { lastUsedAt }) => Math.max(last, lastUsedAt?.getTime() ?? 0), 0);
}
