import path from 'node:path';

import type { Context } from '../lib/context.ts';
import type { RemoteHeaders } from '../lib/info/headers.ts';
import type { Listings } from '../lib/info/listings.ts';

/** What is known of models at the hub. */
export interface HubKnowledge {
  readonly listings: Listings;
  readonly headers: RemoteHeaders;
}

/** Opens what was learnt from the hub, and the way to learn more. */
export async function openHubKnowledge(context: Context): Promise<HubKnowledge> {
  const [{ createDocumentCache }, { createListings }, { createRemoteHeaders }] = await Promise.all([
    import('../lib/info/document-cache.ts'),
    import('../lib/info/listings.ts'),
    import('../lib/info/headers.ts'),
  ]);
  const { paths, terminal } = context;
  const cache = (name: string, limit: number) =>
    createDocumentCache({
      folder: path.join(paths.cache, name),
      limit,
      onProblem: ({ message }) => terminal.trace(`Not kept for the next time: ${message}`),
    });
  const hub = (): ReturnType<Context['hub']> => context.hub();
  return {
    listings: createListings({ hub, cache: cache('repos', 500), cards: cache('cards', 100) }),
    headers: createRemoteHeaders({
      hub,
      http: () => context.http(),
      cache: cache('headers', 300),
    }),
  };
}
