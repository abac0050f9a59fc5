import { badRequest } from './refusals.ts';
import type { HostRequest } from './request.ts';

/** A page of a list, with the header that leads to the next. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly headers: Readonly<Record<string, string>>;
}

/** Cuts the page that the request's cursor names; the link is absolute, on `origin`. */
export function page<Item>(
  items: readonly Item[],
  size: number,
  request: HostRequest,
  origin: string,
): Page<Item> {
  const start = readCursor(request.query.get('cursor'));
  const end = start + size;
  if (end >= items.length) return { items: items.slice(start), headers: {} };
  const query = new URLSearchParams(request.query);
  query.set('cursor', Buffer.from(JSON.stringify({ after: end })).toString('base64url'));
  return {
    items: items.slice(start, end),
    headers: { link: `<${origin}${request.rawPath}?${query.toString()}>; rel="next"` },
  };
}

function readCursor(cursor: string | null): number {
  if (cursor === null) return 0;
  const match = /^\{"after":(\d+)\}$/u.exec(Buffer.from(cursor, 'base64url').toString());
  if (match === null) throw badRequest('Invalid cursor');
  return Number(match[1]);
}
