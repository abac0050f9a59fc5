import { z } from 'zod';

import { kindOf } from '../gguf/file-kind.ts';
import { type Capability, templateCapabilities } from '../gguf/header-description.ts';
import { oneLine, stripControls } from '../plain-text.ts';
import type { HubAccount, HubFile, HubGate, HubModel, HubSearchHit } from './types.ts';

// What a hub answers is hostile until it has passed here. What the program relies on (names, hashes,
// sizes) is refused when it is wrong; what is only shown is left out.

const SIZE_LIMIT = 2 ** 50;
const TAG_LIMIT = 500;
const FILE_LIMIT = 10_000;
const TEMPLATE_LIMIT = 1_000_000;

// What the Hub allows in a name: https://huggingface.co/docs/huggingface_hub, validate_repo_id.
const NAME = '[A-Za-z0-9_](?:[A-Za-z0-9._\\-]{0,94}[A-Za-z0-9_\\-])?';
const REPO_ID = new RegExp(`^${NAME}/${NAME}$`, 'u');

/** Whether a text is a repository's name, `user/repo`, that can stand in a URL and a path. */
export function isRepoId(text: string): boolean {
  return REPO_ID.test(text) && !text.includes('..');
}

/**
 * Whether a path of a repository leads nowhere but into it, on every system, and shows as what it is:
 * relative, without `.` and `..`, backslashes, drive letters and control characters.
 */
export function isHubPath(path: string): boolean {
  return (
    path.length > 0 &&
    path.length <= 1024 &&
    path.isWellFormed() &&
    stripControls(path) === path &&
    !/[\\\t\n]|^[A-Za-z]:/u.test(path) &&
    path.split('/').every((segment) => !['', '.', '..'].includes(segment))
  );
}

const label = z
  .string()
  .max(300)
  .transform((text) => oneLine(text))
  .pipe(z.string().min(1))
  .optional()
  .catch(undefined);
const count = z.int().nonnegative().catch(0);
const amount = z.int().positive().optional().catch(undefined);
const moment = z
  .union([
    z.date(),
    z
      .string()
      .max(40)
      .transform((text) => new Date(text))
      .pipe(z.date()),
  ])
  .optional()
  .catch(undefined);
const labels = z
  .array(z.unknown())
  .transform((items) => items.slice(0, TAG_LIMIT).flatMap((item) => label.parse(item) ?? []))
  .catch([]);
const oneOrMore = z
  .union([z.string().transform((text) => [text]), z.array(z.unknown())])
  .catch([])
  .pipe(labels);
const gate = z
  .unknown()
  .optional()
  .transform((value): HubGate => {
    if (value === 'auto' || value === 'manual') return value;
    return value === true || typeof value === 'string' ? 'manual' : false;
  });
const template = z.string().max(TEMPLATE_LIMIT).catch('');
const gguf = z
  .object({ total: amount, architecture: label, context_length: amount, chat_template: template })
  .catch({
    total: undefined,
    architecture: undefined,
    context_length: undefined,
    chat_template: '',
  });
const card = z
  .object({ license: oneOrMore, license_name: label, base_model: oneOrMore })
  .catch({ license: [], license_name: undefined, base_model: [] });

/** Fields of an entry of `@huggingface/hub`, where `name` is the repository's id. */
const facts = z.object({
  name: z.string().refine((name) => isRepoId(name)),
  private: z.boolean().catch(false),
  gated: gate,
  downloads: count,
  likes: count,
  updatedAt: moment,
  task: label,
  tags: labels,
  gguf,
});

/** A model's entry. */
export const modelAnswer = facts
  .extend({
    sha: z.string().regex(/^[0-9a-f]{40}$/u),
    createdAt: moment,
    cardData: card,
  })
  .transform((entry): HubModel => ({
    ...readFacts(entry),
    commit: entry.sha,
    baseModels: readBaseModels(entry.cardData.base_model, entry.tags),
    ...present({ createdAt: entry.createdAt, license: readLicense(entry.cardData, entry.tags) }),
  }));

/** A search hit's entry. */
export const searchAnswer = facts
  .extend({
    createdAt: moment,
    siblings: z
      .array(z.unknown())
      .transform((items) => items.slice(0, FILE_LIMIT).flatMap((item) => readSibling(item)))
      .catch([]),
  })
  .transform((entry): HubSearchHit => ({
    ...readFacts(entry),
    ggufFiles: entry.siblings.filter((path) => kindOf(path).kind === 'model'),
    capabilities: readCapabilities(entry),
    ...present({
      createdAt: entry.createdAt,
      license: readLicense({ license: [], license_name: undefined }, entry.tags),
    }),
  }));

/** The answer to who the token's account is. https://huggingface.co/docs/hub/api#get-apiwhoami-v2 */
export const accountAnswer = z
  .object({
    name: label.pipe(z.string()),
    auth: z
      .object({ accessToken: z.object({ role: label }).catch({ role: undefined }) })
      .catch({ accessToken: { role: undefined } }),
  })
  .transform(({ auth, name }): HubAccount => ({
    name,
    ...present({ role: auth.accessToken.role }),
  }));

/** An entry of a file tree; undefined for a folder, and for a file whose path cannot be used. */
export const treeAnswer = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('file'),
      path: z.string(),
      size: z.int().nonnegative().max(SIZE_LIMIT),
      oid: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u),
      lfs: z
        .object({
          oid: z.string().regex(/^[0-9a-f]{64}$/u),
          size: z.int().nonnegative().max(SIZE_LIMIT),
        })
        .nullish(),
    }),
    z.object({ type: z.literal('directory') }),
    z.object({ type: z.literal('unknown') }),
  ])
  .refine((entry) => entry.type !== 'file' || (entry.lfs?.size ?? entry.size) === entry.size)
  .transform((entry): HubFile | undefined => {
    if (entry.type !== 'file' || !isHubPath(entry.path)) return undefined;
    const { lfs, oid, path, size } = entry;
    return { path, size, gitOid: oid, ...(lfs ? { sha256: lfs.oid } : {}) };
  });

type Facts = Omit<HubSearchHit, 'ggufFiles' | 'capabilities' | 'createdAt' | 'license'>;

function readFacts(entry: z.infer<typeof facts>): Facts {
  const { downloads, gated, likes, name, tags } = entry;
  return {
    id: name,
    author: name.slice(0, name.indexOf('/')),
    gated,
    private: entry.private,
    downloads,
    likes,
    tags,
    ...present({
      updatedAt: entry.updatedAt,
      pipeline: entry.task,
      parameters: entry.gguf.total,
      architecture: entry.gguf.architecture,
      contextLength: entry.gguf.context_length,
    }),
  };
}

/** `other` says nothing; its name stands in `license_name`. Without a card the tags may know. */
function readLicense(
  { license: [license], license_name: name }: Omit<z.infer<typeof card>, 'base_model'>,
  tags: readonly string[],
): string | undefined {
  if (license !== undefined) return license === 'other' ? (name ?? license) : license;
  return tags.find((tag) => tag.startsWith('license:'))?.slice('license:'.length);
}

/** A projector comes with what sees or hears; the tasks are those of https://huggingface.co/tasks. */
function readCapabilities(
  entry: z.infer<typeof facts> & { readonly siblings: readonly string[] },
): Capability[] {
  const task = entry.task ?? '';
  const hears = task === 'audio-text-to-text' || task === 'automatic-speech-recognition';
  const projects = entry.siblings.some((path) => kindOf(path).kind === 'projector');
  const signs: readonly (readonly [Capability, boolean])[] = [
    ['embedding', task === 'feature-extraction' || task === 'sentence-similarity'],
    ['vision', !hears && (projects || task === 'image-text-to-text')],
    ['audio', hears],
  ];
  return [
    ...templateCapabilities(entry.gguf.chat_template),
    ...signs.flatMap(([capability, shown]) => (shown ? [capability] : [])),
  ];
}

function readBaseModels(card: readonly string[], tags: readonly string[]): string[] {
  const tagged = tags
    .filter((tag) => tag.startsWith('base_model:'))
    .map((tag) => tag.slice(tag.lastIndexOf(':') + 1));
  const named = card.length > 0 ? card : tagged;
  return [...new Set(named)].filter((name) => isRepoId(name));
}

function readSibling(item: unknown): string[] {
  const parsed = z.object({ rfilename: z.string() }).safeParse(item);
  return parsed.success && isHubPath(parsed.data.rfilename) ? [parsed.data.rfilename] : [];
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** An object without those of its members that are undefined. */
function present<T extends object>(members: T): Present<T> {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}
