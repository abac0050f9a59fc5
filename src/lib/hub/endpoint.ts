import { parseBaseAddress } from '../base-address.ts';

const PUBLIC_HUB = 'https://huggingface.co';

/** The address of a hub, and which other addresses are its own. */
export interface Endpoint {
  /** Without a slash at the end; may have a path. */
  readonly href: string;
  readonly host: string;
  readonly isPublicHub: boolean;
  /** The page of a repository. */
  page(repo: string): string;
  /**
   * The URL to ask instead of one that the hub pointed at, when that is the hub's own; undefined when
   * it lies elsewhere. Mirrors hand out links to huggingface.co, which mean the mirror.
   */
  own(url: URL): URL | undefined;
}

/**
 * Reads the address of a hub.
 *
 * @throws LlameroError CONFIG_INVALID when it is no http(s) URL, or has a password, query or fragment
 */
export function parseEndpoint(text: string = PUBLIC_HUB): Endpoint {
  const { href, url } = parseBaseAddress(text, 'a hub', 'HF_ENDPOINT', PUBLIC_HUB);
  return {
    href,
    host: url.host,
    isPublicHub: href === PUBLIC_HUB,
    page: (repo) => `${href}/${repo}`,
    own: (other) => {
      if (other.origin === url.origin) return other;
      if (other.origin === PUBLIC_HUB) return new URL(href + other.pathname + other.search);
      return undefined;
    },
  };
}
