import { parseBaseAddress } from '../base-address.ts';

/** Where the releases of llama.cpp are asked for unless another place is named. */
const GITHUB_RELEASES = 'https://api.github.com/repos/ggml-org/llama.cpp';

/** The address of a repository's API. */
export interface ReleasesBase {
  /** Without a slash at the end. */
  readonly href: string;
  readonly url: URL;
  readonly host: string;
  readonly isGitHub: boolean;
  /** Whether a token may be sent along with a request. */
  mayHaveToken(url: URL): boolean;
}

/**
 * Reads the address of the releases.
 *
 * @throws LlameroError CONFIG_INVALID when it is no http(s) URL, or has a password, query or fragment
 */
export function parseReleasesBase(text: string = GITHUB_RELEASES): ReleasesBase {
  const { href, url } = parseBaseAddress(text, 'releases', 'LLAMERO_RELEASES_URL', GITHUB_RELEASES);
  // Over plain http anybody on the way could read a token.
  const isSafe =
    url.protocol === 'https:' || /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(url.hostname);
  return {
    href,
    url,
    host: url.host,
    isGitHub: href === GITHUB_RELEASES,
    mayHaveToken: (other) => isSafe && other.origin === url.origin,
  };
}
