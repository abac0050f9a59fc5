import path from 'node:path';

import { createAliases } from '../store/aliases.ts';
import type { Paths } from '../config/paths.ts';
import type { Candidate, Replacement } from './candidate.ts';
import { type StoredName, storedQuants, storedRepos } from './stored-names.ts';

/** What a command does with a model, as far as it decides which names are offered. */
export interface NamesWanted {
  /** Whether a repository is offered beside its quants. */
  readonly wholeRepos: 'never' | 'of several' | 'always';
  /** Whether pulls that did not come to an end count. */
  readonly unfinished: boolean;
  /** Whether an alias or a name without the user will do. */
  readonly shortNames: boolean;
}

/** Where models are looked for, and how a shell will use what is found. */
export interface NameSearch {
  readonly paths: Paths;
  readonly typed: string;
  readonly replacement: Replacement;
}

// With more repositories than this nobody reads the list, and to look into each would take too long.
const MOST_FOLDERS = 1_000;

/** The stored models whose names can go on from what was typed, and the aliases. */
export async function modelNames(search: NameSearch, wanted: NamesWanted): Promise<Candidate[]> {
  const aliases = wanted.shortNames ? await aliasNames(search.paths) : [];
  const whole = candidatesOf(search, reposLike(search), wanted);
  const typed = search.typed.toLowerCase();
  const isWholeName = typed.includes('/') || search.replacement === 'part';
  if (!wanted.shortNames || isWholeName || whole.length > 0) return [...aliases, ...whole];
  // The user need not be named: `Llama-3` goes on where `bartowski/Llama-3` would.
  const [name] = splitRef(typed);
  const repos = storedRepos(
    search.paths.models,
    ({ repo }) => repo?.toLowerCase().startsWith(name) ?? true,
  );
  const short = candidatesOf(search, repos, wanted).map(({ value, ...rest }) => ({
    ...rest,
    value: value.slice(value.indexOf('/') + 1),
    description: rest.description ?? value.slice(0, value.indexOf('/')),
  }));
  const unique = new Map(short.map((candidate) => [candidate.value, candidate]));
  return [...aliases, ...unique.values()];
}

/** The aliases with what they stand for; none where they cannot be read. */
export async function aliasNames(paths: Paths): Promise<Candidate[]> {
  try {
    const aliases = await createAliases({ file: path.join(paths.home, 'aliases.json') }).list();
    return [...aliases].map(([value, ref]) => ({ value, description: ref }));
  } catch {
    // The models have their own names still.
    return [];
  }
}

/** `user/repo:QUANT` as repository and quant. */
export function splitRef(text: string): [name: string, quant: string | undefined] {
  const colon = text.search(/[:@]/u);
  return colon === -1 ? [text, undefined] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** A reference with the mark between repository and quant that was typed, `:` where there is none. */
export function joinRef(repo: string, quant: string, typed: string): string {
  return `${repo}${typed.includes('@') ? '@' : ':'}${quant}`;
}

function reposLike({ paths, replacement, typed }: NameSearch): string[] {
  const [wanted, quant] = splitRef(typed.toLowerCase());
  const [wantedUser = '', ...ofRepo] = wanted.split('/');
  return storedRepos(paths.models, ({ repo, user }) => {
    if (replacement === 'part') {
      const name = `${user}/${repo}`.toLowerCase();
      return repo === undefined || (quant === undefined ? name.includes(wanted) : name === wanted);
    }
    if (repo === undefined) {
      const name = user.toLowerCase();
      return ofRepo.length > 0 ? name === wantedUser : name.startsWith(wantedUser);
    }
    const name = `${user}/${repo}`.toLowerCase();
    return quant === undefined ? name.startsWith(wanted) : name === wanted;
  });
}

function candidatesOf(
  { paths, typed }: NameSearch,
  repos: readonly string[],
  wanted: NamesWanted,
): Candidate[] {
  if (repos.length > MOST_FOLDERS) return repos.map((value) => ({ value }));
  const [, quant] = splitRef(typed);
  return repos.flatMap((repo) => {
    const quants = storedQuants(paths.models, repo).filter(
      ({ unfinished }) => wanted.unfinished || !unfinished,
    );
    const own = quants.map((name) => toCandidate(name, typed));
    const least = { never: Number.POSITIVE_INFINITY, 'of several': 2, always: 1 };
    if (quant !== undefined || quants.length < least[wanted.wholeRepos]) return own;
    const description = quants.length > 1 ? `all ${quants.length} quants` : undefined;
    return [{ value: repo, description }, ...own];
  });
}

function toCandidate({ quant, repo, unfinished }: StoredName, typed: string): Candidate {
  return {
    value: joinRef(repo, quant, typed),
    ...(unfinished ? { description: 'unfinished pull' } : {}),
  };
}
