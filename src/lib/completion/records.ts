import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { loadSqlite } from '../chat/history/sqlite.ts';
import type { Paths } from '../config/paths.ts';
import type { RepoFile } from '../gguf/inventory.ts';
import { isAlive } from '../process-identity.ts';
import type { Candidate } from './candidate.ts';
import { joinRef, splitRef } from './model-names.ts';

const MOST_CONVERSATIONS = 200;
const MOST_REPOS = 100;
/** Milliseconds to wait for another process that is writing. */
const BUSY_TIMEOUT = 20;

/**
 * The conversations, the last one first. Reads the database and nothing more: tables of another
 * version, a damaged file or one that is just being written give nothing.
 */
export function conversationIds(paths: Paths): Candidate[] {
  return unlessUnreadable(() => {
    const { DatabaseSync } = loadSqlite();
    using database = new DatabaseSync(paths.history, { readOnly: true, timeout: BUSY_TIMEOUT });
    const rows = database
      .prepare('SELECT id, title FROM conversation ORDER BY updated_at DESC LIMIT ?')
      .all(MOST_CONVERSATIONS) as unknown as readonly { id: string; title: string }[];
    return rows.map(({ id, title }) => ({ value: id, description: title }));
  });
}

/** The models of the server that runs, as its record tells; nothing is asked. */
export function servedModels(paths: Paths): Candidate[] {
  return unlessUnreadable(() => {
    const state = readDocument(path.join(paths.run, 'server.json')) as {
      readonly pid?: unknown;
      readonly models?: unknown;
    };
    if (typeof state.pid !== 'number' || !isAlive(state.pid)) return [];
    return Array.isArray(state.models) ? state.models.filter(isText).map(asCandidate) : [];
  });
}

/** The installed builds of llama.cpp, the newest first. */
export function installedBuilds(paths: Paths): Candidate[] {
  return unlessUnreadable(() =>
    readdirSync(paths.bin)
      .filter((name) => /^b\d+-[a-z]+$/u.test(name))
      .sort((one, other) => Number.parseInt(other.slice(1), 10) - Number.parseInt(one.slice(1), 10))
      .map(asCandidate),
  );
}

/**
 * Repositories of the hub that somebody looked at, and of the one that was typed with a colon its
 * quants.
 */
export async function knownRepos(paths: Paths, typed: string): Promise<Candidate[]> {
  const [repo, quant] = splitRef(typed.toLowerCase());
  const start = repo.replace('/', '--');
  const folder = path.join(paths.cache, 'repos');
  const files = unlessUnreadable(() =>
    readdirSync(folder)
      .filter((name) => (quant === undefined ? name.startsWith(start) : name === `${start}.json`))
      // Of another revision than the main one.
      .filter((name) => !name.includes('@'))
      .slice(0, MOST_REPOS),
  );
  const listings = files.flatMap((name) =>
    unlessUnreadable(() => listingsOf(readDocument(path.join(folder, name)))),
  );
  if (quant === undefined) return listings.map(({ id }) => ({ value: id }));
  const { takeInventory } = await import('../gguf/inventory.ts');
  return listings.flatMap(({ files, id }) =>
    takeInventory(files).quants.map(({ label }) => ({ value: joinRef(id, label, typed) })),
  );
}

interface Listing {
  readonly id: string;
  readonly files: readonly RepoFile[];
}

/** What a document of the cache tells, if it is one. */
function listingsOf(document: unknown): Listing[] {
  const { files, model } = document as { readonly files?: unknown; readonly model?: unknown };
  const { id } = model as { readonly id?: unknown };
  return typeof id === 'string' && Array.isArray(files) ? [{ id, files: files as RepoFile[] }] : [];
}

function readDocument(file: string): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

/** What can be read; a completion has no place to say what cannot. */
function unlessUnreadable<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function asCandidate(value: string): Candidate {
  return { value };
}
