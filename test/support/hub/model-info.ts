import { badRequest } from './refusals.ts';
import type { Commit, Repo } from './repo.ts';
import { fileEntry } from './tree.ts';

/** A model as the API tells it; the names are the Hub's. */
export type ModelJson = Readonly<Record<string, unknown>>;

/** What `expand` may name: https://huggingface.co/docs/hub/api, as huggingface_hub 1.29 lists it. */
const EXPANDABLE = new Set([
  'author',
  'baseModels',
  'cardData',
  'childrenModelCount',
  'config',
  'createdAt',
  'disabled',
  'downloads',
  'downloadsAllTime',
  'evalResults',
  'gated',
  'gguf',
  'inference',
  'inferenceProviderMapping',
  'lastModified',
  'library_name',
  'likes',
  'mask_token',
  'model-index',
  'pipeline_tag',
  'private',
  'resourceGroup',
  'safetensors',
  'sha',
  'siblings',
  'spaces',
  'tags',
  'transformersInfo',
  'trendingScore',
  'usedStorage',
  'widgetData',
]);

const PLAIN_ROW = [
  'likes',
  'trendingScore',
  'private',
  'downloads',
  'tags',
  'pipeline_tag',
  'library_name',
  'createdAt',
  'modelId',
];
const FULL_ROW = [...PLAIN_ROW, 'author', 'sha', 'lastModified', 'gated', 'disabled', 'siblings'];
const WHOLE_MODEL = [
  ...FULL_ROW,
  'model-index',
  'config',
  'cardData',
  'gguf',
  'spaces',
  'usedStorage',
];

/** The keys that `expand=a&expand=b`, `expand[]=a` or `expand=a,b` ask for. */
function expandedKeys(query: URLSearchParams): readonly string[] | undefined {
  const keys = [...query.getAll('expand'), ...query.getAll('expand[]')].flatMap((value) =>
    value.split(','),
  );
  const unknown = keys.find((key) => !EXPANDABLE.has(key));
  if (unknown !== undefined) {
    throw badRequest(`Invalid option: expected one of ${[...EXPANDABLE].join('|')} at expand`);
  }
  return keys.length === 0 ? undefined : keys;
}

/** A row of `/api/models`. */
export function searchRow(repo: Repo, query: URLSearchParams): ModelJson {
  const expand = expandedKeys(query);
  const asked = (name: string): boolean => query.get(name) === 'true' || query.get(name) === '1';
  const keys = [
    ...(asked('full') ? FULL_ROW : PLAIN_ROW),
    ...(asked('cardData') ? ['cardData'] : []),
    ...(asked('config') ? ['config'] : []),
  ];
  return pick(everything(repo, repo.head, false), expand ?? keys);
}

/** The answer of `/api/models/{id}` at a commit. */
export function modelJson(repo: Repo, commit: Commit, query: URLSearchParams): ModelJson {
  const expand = expandedKeys(query);
  const blobs = ['true', '1'].includes(query.get('blobs') ?? '');
  if (expand !== undefined && blobs) {
    throw badRequest('Parameter "expand" cannot be combined with "blobs"');
  }
  return pick(everything(repo, commit, blobs), expand ?? WHOLE_MODEL);
}

/** The tags of a model: its own, and those the Hub computes from files and card. */
export function modelTags(repo: Repo): string[] {
  const { tags = [], cardData = {} } = repo.options;
  const license = cardData['license'];
  const base = [cardData['base_model']].flat().filter((model) => typeof model === 'string');
  const computed = [
    ...([...repo.files.keys()].some((name) => /\.gguf$/iu.test(name)) ? ['gguf'] : []),
    ...base.flatMap((model) => [`base_model:${model}`, `base_model:quantized:${model}`]),
    ...(typeof license === 'string' ? [`license:${license}`] : []),
    'region:us',
  ];
  return [...new Set([...computed, ...tags])];
}

function everything(repo: Repo, commit: Commit, blobs: boolean): ModelJson {
  const { options } = repo;
  const slash = repo.id.indexOf('/');
  return {
    _id: repo.databaseId,
    id: repo.id,
    modelId: repo.id,
    author: slash === -1 ? undefined : repo.id.slice(0, slash),
    sha: commit.sha,
    createdAt: options.createdAt ?? '2026-01-01T00:00:00.000Z',
    lastModified: commit.date.toISOString(),
    private: options.private ?? false,
    gated: options.gated ?? false,
    disabled: options.disabled ?? false,
    downloads: options.downloads ?? 0,
    downloadsAllTime: options.downloads ?? 0,
    likes: options.likes ?? 0,
    trendingScore: options.trendingScore ?? 0,
    tags: modelTags(repo),
    pipeline_tag: options.pipelineTag,
    library_name: modelTags(repo).includes('gguf') ? 'gguf' : undefined,
    cardData: options.cardData,
    gguf: options.gguf,
    config: {},
    'model-index': null,
    spaces: [],
    usedStorage: [...commit.files.values()].reduce((total, file) => total + file.size, 0),
    siblings: [...commit.files].map(([name, file]) => {
      if (!blobs) return { rfilename: name };
      const { oid, size, lfs } = { lfs: undefined, ...fileEntry(name, file) };
      const { oid: sha256, ...rest } = lfs ?? { oid: undefined };
      return {
        rfilename: name,
        blobId: oid,
        size,
        ...(lfs === undefined ? {} : { lfs: { sha256, ...rest } }),
      };
    }),
  };
}

function pick(model: ModelJson, keys: readonly string[]): ModelJson {
  return Object.fromEntries(
    ['_id', 'id', ...keys]
      .filter((key) => model[key] !== undefined)
      .map((key) => [key, model[key]]),
  );
}
