import { borderAfter, borderBefore, wordsOf } from './graphemes.ts';

/** Where the cursor goes from an offset in a text; offsets count UTF-16 units. */
export type Motion = (text: string, cursor: number) => number;

/** One character back. */
export const left: Motion = (text, cursor) => borderBefore(text, cursor);

/** One character on. */
export const right: Motion = (text, cursor) => borderAfter(text, cursor);

/** The beginning of the line. */
export const lineStart: Motion = (text, cursor) =>
  cursor === 0 ? 0 : text.lastIndexOf('\n', cursor - 1) + 1;

/** The end of the line. */
export const lineEnd: Motion = (text, cursor) => {
  const end = text.indexOf('\n', cursor);
  return end === -1 ? text.length : end;
};

/** The beginning of the line, or from there the end of the line before. */
export const lineStartOrBreak: Motion = (text, cursor) => {
  const start = lineStart(text, cursor);
  return start === cursor ? Math.max(0, cursor - 1) : start;
};

/** The end of the line, or from there the beginning of the next. */
export const lineEndOrBreak: Motion = (text, cursor) => {
  const end = lineEnd(text, cursor);
  return end === cursor ? Math.min(text.length, cursor + 1) : end;
};

/** The beginning of the text. */
export const textStart: Motion = () => 0;

/** The end of the text. */
export const textEnd: Motion = (text) => text.length;

/** The beginning of the word before the cursor. */
export const wordLeft: Motion = (text, cursor) =>
  wordsOf(text).findLast(([start]) => start < cursor)?.[0] ?? 0;

/** The end of the word behind the cursor. */
export const wordRight: Motion = (text, cursor) =>
  wordsOf(text).find(([, end]) => end > cursor)?.[1] ?? text.length;

/** The beginning of what stands between blanks before the cursor. */
export const blankLeft: Motion = (text, cursor) => {
  const before = text.slice(0, cursor).trimEnd();
  return before.length - (/\S*$/u.exec(before)?.[0].length ?? 0);
};
