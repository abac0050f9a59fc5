// What JSON leaves as it is and a terminal may take for a command: DEL, C1, and the characters that
// turn the direction of writing. C0 is escaped by JSON itself.
const TERMINAL_COMMAND = /[\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * A value as JSON that is safe on a terminal: exactly the same data, in which every character that
 * a terminal might obey is written as an escape.
 *
 * @param indent blanks for each level; none for one line
 */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(
    TERMINAL_COMMAND,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
