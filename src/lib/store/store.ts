import path from 'node:path';

import { distance } from 'fastest-levenshtein';

import { LlameroError } from '../errors.ts';
import { repoFolder } from './layout.ts';
import { updateMetadata } from './metadata.ts';
import type { StoredModel } from './model.ts';
import { formatReference, type Reference } from './reference.ts';
import { type Removal, removeModels } from './removal.ts';
import { listFolder, type RepoContents, scanRepo } from './scan.ts';

/** The models on this machine. Nothing is cached: what is on disk is what there is. */
export interface Store {
  /** The folder that holds the models. */
  readonly folder: string;
  /** Every model, unfinished ones too, by name; `size` is what all of it takes on the disk. */
  survey(): Promise<RepoContents>;
  /**
   * The models a reference names exactly (in any case): one quant, or all of a repository.
   *
   * @throws LlameroError MODEL_NOT_FOUND, with the nearest name where there is one
   */
  match(reference: Reference): Promise<StoredModel[]>;
  /** Removes models with what only they needed. */
  remove(models: readonly StoredModel[]): Promise<Removal>;
  /** Notes that a model was used just now. */
  markUsed(model: StoredModel, when: Date): Promise<void>;
}

/** Opens the store in a folder; the folder need not exist. */
export function createStore({ models: folder }: { readonly models: string }): Store {
  async function repos(): Promise<string[]> {
    const names: string[] = [];
    for (const user of await listFolder(folder)) {
      for (const repo of await listFolder(path.join(folder, user.name))) {
        names.push(`${user.name}/${repo.name}`);
      }
    }
    return names.sort((one, other) => one.localeCompare(other, 'en'));
  }

  async function survey(): Promise<RepoContents> {
    const models: StoredModel[] = [];
    let size = 0;
    for (const repo of await repos()) {
      const contents = await scanRepo(repoFolder(folder, repo), repo);
      models.push(...contents.models);
      size += contents.size;
    }
    return { models, size };
  }

  async function match(reference: Reference): Promise<StoredModel[]> {
    const { models } = await survey();
    const wanted = reference.repo.toLowerCase();
    const matching = models.filter(
      (model) => model.repo.toLowerCase() === wanted && fits(model, reference.tag),
    );
    if (matching.length === 0) throw notFound(reference, models);
    return matching;
  }

  return {
    folder,
    survey,
    match,
    remove: (models) => removeModels(folder, models),
    markUsed: async (model, when) => {
      await updateMetadata(repoFolder(folder, model.repo), model.repo, (metadata) => {
        const record = metadata.quants[model.quant];
        if (record !== undefined) record.lastUsedAt = when.toISOString();
      });
    },
  };
}

/** Whether a tag names this model: by its quant, or by the file it was pulled from. */
function fits(model: StoredModel, tag: string | undefined): boolean {
  if (tag === undefined) return true;
  const wanted = tag.toLowerCase();
  if (model.quant.toLowerCase() === wanted) return true;
  return model.files.some(({ name }) => {
    const file = name.toLowerCase();
    return file === wanted || path.posix.basename(file) === wanted;
  });
}

function notFound(reference: Reference, models: readonly StoredModel[]): LlameroError {
  const wanted = formatReference(reference);
  const near = nearest(wanted, models);
  return new LlameroError('MODEL_NOT_FOUND', `${wanted} is not stored on this machine`, {
    hint:
      near === undefined
        ? `\`llamero list\` shows what is stored; \`llamero pull ${wanted}\` fetches it`
        : `Did you mean ${near}? \`llamero list\` shows what is stored`,
  });
}

function nearest(wanted: string, models: readonly StoredModel[]): string | undefined {
  const limit = Math.floor(wanted.length / 3);
  const ranked = models
    .flatMap(({ ref, repo }) => [ref, repo])
    .map((name) => ({ name, score: distance(name.toLowerCase(), wanted.toLowerCase()) }))
    .sort((one, other) => one.score - other.score);
  const [best] = ranked;
  return best !== undefined && best.score <= limit ? best.name : undefined;
}
