// C0 without tab and newline, DEL, C1, and the bidirectional overrides and isolates that can make
// a terminal show something other than what is there (https://trojansource.codes).
// eslint-disable-next-line no-control-regex
const CONTROL =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Text that came from the network, a file or a model, made safe for a terminal: control characters
 * and direction overrides are dropped, tabs and newlines stay.
 */
export function stripControls(text: string): string {
  return text.replace(CONTROL, '');
}

// As nearly all names are.
const PLAIN_LINE = /^(?:[!-~]+(?: [!-~]+)*)?$/u;

/** Whether a text is words of ASCII alone, so that {@link oneLine} has nothing to do. */
export function isPlainLine(text: string): boolean {
  return PLAIN_LINE.test(text);
}

// A letter that is no such word's, or a blank where none may be.
const NOT_PLAIN = /[^\n -~]| {2}|^ | $/mu;

/** Whether {@link isPlainLine} holds for each of them. */
export function arePlainLines(texts: readonly string[]): boolean {
  const all = texts.join('\n');
  return !NOT_PLAIN.test(all) && all.split('\n').length === Math.max(1, texts.length);
}

/** As {@link stripControls}, on one line: runs of white space become one blank. */
export function oneLine(text: string): string {
  if (isPlainLine(text)) return text;
  return stripControls(text.replace(/\s+/gu, ' ')).trim();
}

const SECRET =
  /hf_[A-Za-z0-9_]{8,}|Bearer\s+[^\s"']+|((?:Signature|X-Amz-Signature|Policy|token)=)[^&\s"']+/gu;

/** Replaces access tokens and the signed part of URLs, so that a text can be logged or shown. */
export function redact(text: string): string {
  return text.replace(SECRET, (_match, name: string | undefined) => `${name ?? ''}[redacted]`);
}
