import { LlameroError } from '../errors.ts';
import { oneLine, redact } from '../plain-text.ts';
import type { Kind } from './kinds.ts';
import type { Place } from './paths.ts';

/**
 * The value of a raw one.
 *
 * @param where what the error names: a variable, a flag, a key
 * @throws LlameroError CONFIG_INVALID
 */
export function parseValue<T>(
  kind: Kind<T>,
  raw: unknown,
  place: Place,
  where: string,
  details: { readonly hint?: string },
): T {
  const value = kind.parse(raw, place);
  if (value === undefined) {
    throw new LlameroError('CONFIG_INVALID', badValue(where, kind, raw), details);
  }
  return value;
}

/** Says that a value is not of its kind. */
export function badValue(where: string, kind: Kind<unknown>, raw: unknown): string {
  return `${where} must be ${kind.expects}, not ${showRaw(raw)}`;
}

function showRaw(raw: unknown): string {
  if (typeof raw !== 'string' && typeof raw !== 'number' && typeof raw !== 'boolean') {
    return 'a list or a mapping';
  }
  const shown = redact(oneLine(String(raw))).replace(/\/\/[^/@]*@/gu, '//[redacted]@');
  return shown.length > 60 ? `\`${shown.slice(0, 59)}…\`` : `\`${shown}\``;
}
