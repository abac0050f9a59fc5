import stringWidth from 'string-width';

const PRINTABLE_ASCII = /^[\u0020-\u007E]*$/u;

/**
 * How many columns of a terminal a text takes. Names and figures are ASCII nearly always; to measure
 * anything else needs tables of Unicode that take longer to load than a command to run.
 */
export function textWidth(text: string): number {
  return PRINTABLE_ASCII.test(text) ? text.length : stringWidth(text);
}
