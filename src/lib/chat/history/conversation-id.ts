import { randomInt } from 'node:crypto';

/** No letter that looks like a digit, and no u, so that no word comes out that somebody minds. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const LENGTH = 8;

/** An id that can be typed: eight letters and digits by chance, of which the first few will do. */
export function newConversationId(): string {
  return Array.from({ length: LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** What somebody typed as an id in the form that ids have, or undefined when it cannot be one. */
export function typedConversationId(text: string): string | undefined {
  const id = text.trim().toLowerCase();
  return /^[0-9a-z]{1,32}$/u.test(id) ? id : undefined;
}
