import { LlameroError } from './errors.ts';
import { oneLine } from './plain-text.ts';

/**
 * Reads the address of a service, to which paths are appended.
 *
 * @param what what it is the address of: `a hub`
 * @param variable the variable that sets it
 * @param example an address as it should be written
 * @returns the URL, and its text without a slash at the end
 * @throws LlameroError CONFIG_INVALID when it is no http(s) URL, or has a password, query or fragment
 */
export function parseBaseAddress(
  text: string,
  what: string,
  variable: string,
  example: string,
): { readonly url: URL; readonly href: string } {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isPlain =
    (url?.protocol === 'https:' || url?.protocol === 'http:') &&
    url.username + url.password + url.search + url.hash === '';
  if (url !== undefined && isPlain) return { url, href: url.href.replace(/\/+$/u, '') };
  throw new LlameroError(
    'CONFIG_INVALID',
    `«${withoutPassword(text)}» is no address of ${what} (${variable})`,
    {
      hint: `Write it as ${example}, without user name, password or query, or \`unset ${variable}\``,
    },
  );
}

function withoutPassword(text: string): string {
  return oneLine(text)
    .replace(/[?#].*$/u, '')
    .replace(/\/\/[^/]*@/u, '//')
    .slice(0, 200);
}
