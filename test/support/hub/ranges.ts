/** What a Range header asks of a file: all of it, one part, or nothing there is. */
export type RangeRequest =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly start: number; readonly end: number }
  | { readonly kind: 'unsatisfiable' };

const WHOLE: RangeRequest = { kind: 'whole' };

/**
 * Reads a Range header for a file of `size` bytes; `end` is exclusive. Several ranges at once, other
 * units and what is malformed are ignored, as RFC 9110 section 14.2 allows and the CDN does.
 */
export function parseRange(header: string | undefined, size: number): RangeRequest {
  const match = /^bytes=\s*(\d*)-(\d*)\s*$/iu.exec(header ?? '');
  if (match === null) return WHOLE;
  const [, first = '', last = ''] = match;
  if (first === '') {
    if (last === '') return WHOLE;
    const length = Math.min(Number(last), size);
    return length === 0 ? { kind: 'unsatisfiable' } : part(size - length, size);
  }
  const start = Number(first);
  const end = last === '' ? size : Number(last) + 1;
  if (end <= start && last !== '') return WHOLE;
  return start >= size ? { kind: 'unsatisfiable' } : part(start, Math.min(end, size));
}

/** True when a whole file must not be replaced by a part: the file is another one by now. */
export function ifRangeFails(header: string | undefined, etag: string): boolean {
  return header !== undefined && header !== etag;
}

function part(start: number, end: number): RangeRequest {
  return { kind: 'part', start, end };
}
