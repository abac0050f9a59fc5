const LONGEST_TARGET = 2000;
/** Nothing that could end the control sequence in which the address stands. */
const VISIBLE_ASCII = /^[\u0021-\u007E]+$/u;

/**
 * The address of a link as it may be given to the terminal, or undefined: only http and https, in
 * the encoded form, of a bounded length.
 */
export function linkTarget(address: string): string | undefined {
  if (!/^https?:\/\//iu.test(address) || !URL.canParse(address)) return undefined;
  const { href } = new URL(address);
  return href.length <= LONGEST_TARGET && VISIBLE_ASCII.test(href) ? href : undefined;
}
