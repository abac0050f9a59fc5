import { z } from 'zod';

import { isHubPath, modelAnswer } from './answer.ts';
import { type HubAccess, apiCall, askHub, refused, understood } from './ask.ts';
import type { HubFile, HubListing, HubModel } from './types.ts';

const SIZE_LIMIT = 2 ** 50;
const TEMPLATE_LIMIT = 1_000_000;
/** A card has some kilobytes; what stands behind so many bytes nobody reads in a terminal. */
const CARD_LIMIT = 256 * 1024;
const CARD = 'README.md';

const Sibling = z
  .object({
    rfilename: z.string(),
    size: z.int().nonnegative().max(SIZE_LIMIT),
    blobId: z.string().regex(/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u),
    lfs: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/u) }).nullish(),
  })
  .transform(({ blobId, lfs, rfilename, size }): HubFile | undefined =>
    isHubPath(rfilename)
      ? { path: rfilename, size, gitOid: blobId, ...(lfs ? { sha256: lfs.sha256 } : {}) }
      : undefined,
  );

const Header = z.object({
  architecture: z.string(),
  chat_template: z.string().max(TEMPLATE_LIMIT).optional(),
});

/** What is asked about. */
interface ListingQuestion {
  readonly repo: string;
  readonly revision: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * A repository with its files in one request: `blobs=true` adds sizes and digests to the model. A
 * hub that does not know it is asked for the files on their own.
 * Source: https://huggingface.co/docs/hub/api#get-apimodelsrepoid-or-apimodelsrepoidrevisionrevision
 */
export async function readListing(
  access: HubAccess,
  { repo, revision, signal }: ListingQuestion,
  readFiles: (model: HubModel) => Promise<HubFile[]>,
): Promise<HubListing> {
  const { modelInfo } = await import('@huggingface/hub');
  const { fetch } = apiCall(
    access,
    { repo, revision, signal },
    {
      expected: 'object',
      // The hub does not take it beside `expand`, which the library sends; it then tells all it knows.
      adjust: (url) => {
        url.search = '?blobs=true';
      },
    },
  );
  const entry: object = await understood(access, async () =>
    modelInfo({
      name: repo,
      revision,
      // The library's type names the fields it knows; at run time it passes all on.
      additionalFields: ['sha', 'createdAt', 'cardData', 'tags', 'gguf', 'siblings'] as never[],
      hubUrl: access.endpoint.href,
      fetch,
    }),
  );
  const model = await understood(access, () => Promise.resolve(modelAnswer.parse(entry)));
  const { gguf, siblings } = entry as { gguf?: unknown; siblings?: unknown };
  const files = z.array(Sibling).safeParse(siblings);
  const header = Header.safeParse(gguf);
  return {
    model,
    files: files.success ? files.data.filter((file) => file !== undefined) : await readFiles(model),
    ...(header.success ? { chatTemplate: header.data.chat_template ?? '' } : {}),
  };
}

/**
 * The beginning of a repository's card, Markdown with its data in front; undefined where there is
 * none. As text it comes in one request, where `resolve` sends on to another address.
 */
export async function readCard(
  access: HubAccess,
  { repo, revision, signal }: ListingQuestion,
): Promise<string | undefined> {
  const matter = { repo, revision, path: CARD, signal };
  const url = new URL(`${access.endpoint.page(repo)}/raw/${encodeURIComponent(revision)}/${CARD}`);
  const response = await askHub(access, matter, url, {
    headers: { range: `bytes=0-${CARD_LIMIT - 1}` },
  });
  if (response.status === 404 || response.status === 416) return undefined;
  if (!response.ok) throw await refused(access, matter, response);
  return (await response.text()).slice(0, CARD_LIMIT);
}
