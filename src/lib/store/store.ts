import path from 'node:path';

import { type Aliases, type AliasesOptions, createAliases } from './aliases.ts';
import { repoFolder } from './layout.ts';
import { createMatcher, type Matcher } from './match.ts';
import { notStored } from './match-errors.ts';
import { type Metadata, updateMetadata } from './metadata.ts';
import type { StoredModel } from './model.ts';
import { changeTags, noteUse, type TagChange } from './notes.ts';
import { formatReference, type Reference } from './reference.ts';
import { type Removal, removeModels, weighRemoval } from './removal.ts';
import { type RepoMemoryOptions, openRepoMemory } from './repo-memory.ts';
import type { RepoContents } from './repo-models.ts';
import { scanAll } from './scan.ts';
import type { SpaceFreed } from './space-tally.ts';

/** The models on this machine: what is on disk is what there is. */
export interface Store {
  /** The folder that holds the models. */
  readonly folder: string;
  /** The short names of models. */
  readonly aliases: Aliases;
  /** Every model, unfinished ones too, by name; `size` is what all of it takes on the disk. */
  survey(): Promise<RepoContents>;
  /** Looks up what people type, among what is stored now. */
  matcher(): Promise<Matcher>;
  /**
   * The models a reference names exactly (in any case): one quant, or all of a repository.
   *
   * @throws LlameroError MODEL_NOT_FOUND, with the nearest name where there is one
   */
  match(reference: Reference): Promise<StoredModel[]>;
  /** What the disk would get back, were these models removed. */
  weigh(models: readonly StoredModel[]): Promise<SpaceFreed>;
  /** Removes models with what only they needed, their aliases too; tells those that cannot go. */
  remove(models: readonly StoredModel[]): Promise<Removal>;
  /** Notes that a model was used just now. */
  markUsed(model: StoredModel, when: Date): Promise<void>;
  /** Gives models tags, and takes tags away. */
  changeTags(models: readonly StoredModel[], change: TagChange): Promise<void>;
}

/** Where a store lies. */
export interface StoreOptions {
  /** The folder of the models; it need not exist. */
  readonly models: string;
  /** The file of the aliases; beside that folder unless told. */
  readonly aliases?: string;
  /** Hears of the copy that is kept of a damaged file of aliases. */
  readonly onAliasesKept?: AliasesOptions['onKept'];
  /** Where folders of a large store are remembered, see {@link RepoMemory}; nowhere unless told. */
  readonly memory?: Pick<RepoMemoryOptions, 'file' | 'onSkip'>;
}

/** Opens the store. */
export function createStore({
  models: folder,
  aliases: aliasesFile = path.join(path.dirname(folder), 'aliases.json'),
  memory,
  onAliasesKept,
}: StoreOptions): Store {
  const aliases = createAliases({ file: aliasesFile, onKept: onAliasesKept });

  async function survey(): Promise<RepoContents> {
    const options = memory && { ...memory, models: folder, platform: process.platform };
    return scanAll(folder, options && (await openRepoMemory(options)));
  }

  async function matcher(): Promise<Matcher> {
    const [{ models }, names] = await Promise.all([survey(), aliases.list()]);
    return createMatcher(models, names);
  }

  async function match(reference: Reference): Promise<StoredModel[]> {
    const names = await matcher();
    const found = names.exact(reference);
    if (found.length > 0) return found;
    const wanted = formatReference(reference);
    throw notStored(wanted, names.suggest(wanted));
  }

  async function change(
    { quant, repo }: StoredModel,
    work: (metadata: Metadata, quant: string) => void,
  ): Promise<void> {
    await updateMetadata(repoFolder(folder, repo), repo, (metadata) => work(metadata, quant));
  }

  return {
    folder,
    aliases,
    survey,
    matcher,
    match,
    weigh: (models) => weighRemoval(folder, models),
    remove: (models) => removeModels({ models: folder, aliases }, models),
    markUsed: (model, when) => change(model, (metadata, quant) => noteUse(metadata, quant, when)),
    changeTags: async (models, tags) => {
      for (const model of models) {
        await change(model, (metadata, quant) => changeTags(metadata, quant, tags));
      }
    },
  };
}
