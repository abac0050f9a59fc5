import { createHash } from 'node:crypto';

import { z } from 'zod';

import { LlameroError, throwIfAborted } from '../errors.ts';
import type { Hub, HubListing, HubModel } from '../hub/types.ts';
import type { DocumentCache } from './document-cache.ts';

/** A repository as the hub told it, now or some time ago. */
export interface KnownListing extends HubListing {
  readonly askedAt: Date;
  /** Why the hub was not asked again, where what it said is older than it should be. */
  readonly outdated?: LlameroError;
}

/** What is asked about. */
export interface ListingQuestion {
  readonly repo: string;
  readonly revision?: string | undefined;
  /** Whether the hub is asked however short ago it was. */
  readonly refresh?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Repositories of a hub, each asked for once in a while. */
export interface Listings {
  /**
   * A repository. Of the last minutes it is there without a request; where the hub cannot be asked,
   * what it said before.
   *
   * @throws LlameroError what the hub says, when nothing is known
   */
  read(question: ListingQuestion): Promise<KnownListing>;
  /** The model card; undefined without one. @throws LlameroError as {@link Hub.card} */
  card(listing: HubListing, signal?: AbortSignal): Promise<string | undefined>;
}

/** What listings are read with. */
export interface ListingsOptions {
  readonly hub: () => Promise<Hub>;
  readonly cache: DocumentCache;
  readonly cards: DocumentCache;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

/** So long an answer stands: who looks at a model, pulls it and looks again sees one state of it. */
const FRESH_MS = 5 * 60_000;

const Moment = z.iso.datetime().transform((text) => new Date(text));
const Text = z.string();
const Count = z.int().nonnegative();

const KnownModel = z.object({
  id: Text,
  author: Text,
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]),
  private: z.boolean(),
  downloads: Count,
  likes: Count,
  updatedAt: Moment.exactOptional(),
  tags: z.array(Text),
  pipeline: Text.exactOptional(),
  parameters: Count.exactOptional(),
  architecture: Text.exactOptional(),
  contextLength: Count.exactOptional(),
  commit: Text,
  createdAt: Moment.exactOptional(),
  license: Text.exactOptional(),
  baseModels: z.array(Text),
}) satisfies z.ZodType<HubModel>;

const Known = z.object({
  endpoint: Text,
  askedAt: Moment,
  model: KnownModel,
  files: z.array(z.object({ path: Text, size: Count, sha256: Text.exactOptional(), gitOid: Text })),
  chatTemplate: Text.exactOptional(),
});

const KnownCard = z.object({ commit: Text, text: Text.nullable() });

/** Opens the listings of a hub. */
export function createListings({ cache, cards, hub, now = Date.now }: ListingsOptions): Listings {
  async function ask({ repo, revision, signal }: ListingQuestion): Promise<KnownListing> {
    const client = await hub();
    const listing = {
      ...(await client.listing(repo, { revision, signal })),
      askedAt: new Date(now()),
    };
    await cache.write(nameOf(repo, revision), { ...listing, endpoint: client.endpoint });
    return listing;
  }

  async function recall(name: string): Promise<KnownListing | undefined> {
    const { data } = Known.safeParse(await cache.read(name));
    if (data === undefined) return undefined;
    const { endpoint, ...listing } = data;
    return endpoint === (await hub()).endpoint ? listing : undefined;
  }

  return {
    read: async (question) => {
      const { refresh = false, repo, revision, signal } = question;
      const known = await recall(nameOf(repo, revision));
      const age = known === undefined ? Infinity : now() - known.askedAt.getTime();
      if (known !== undefined && !refresh && Math.abs(age) < FRESH_MS) return known;
      try {
        return await ask(question);
      } catch (error) {
        throwIfAborted(signal);
        if (known === undefined || !(error instanceof LlameroError) || !isOutOfReach(error)) {
          throw error;
        }
        return { ...known, outdated: error };
      }
    },
    card: async ({ files, model }, signal) => {
      if (!files.some(({ path }) => path === 'README.md')) return undefined;
      const known = KnownCard.safeParse(await cards.read(nameOf(model.id))).data;
      if (known?.commit === model.commit) return known.text ?? undefined;
      const text = await (await hub()).card(model.id, model.commit, { signal });
      await cards.write(nameOf(model.id), { commit: model.commit, text: text ?? null });
      return text;
    },
  };
}

/** Whether it says nothing about the repository, but that the hub could not be asked. */
function isOutOfReach({ exitCode }: LlameroError): boolean {
  return exitCode === 6;
}

/**
 * The name of a file for a repository: `user--repo`, and with a digest of the revision where that is
 * not the main one. Branches may differ by case alone, and names of files may not.
 */
function nameOf(repo: string, revision = 'main'): string {
  const digest = createHash('sha256').update(revision).digest('hex');
  return `${repo.replace('/', '--')}${revision === 'main' ? '' : `@${digest.slice(0, 32)}`}`;
}
