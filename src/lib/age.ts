const SECONDS: Readonly<Record<string, number>> = {
  h: 3600,
  d: 86_400,
  w: 7 * 86_400,
  y: 365 * 86_400,
};

/** How an age is written, to complete the sentence "must be …". */
export const AGE_FORMS = 'an age such as 12h, 30d, 4w or 1y';

/** An age in seconds: hours, days (also without a unit), weeks or years; undefined for what is none. */
export function parseAge(text: string): number | undefined {
  const [, count, unit = 'd'] = /^(\d{1,5}) ?([hdwy])?$/iu.exec(text.trim()) ?? [];
  const seconds = Number(count) * (SECONDS[unit.toLowerCase()] ?? Number.NaN);
  return seconds > 0 ? seconds : undefined;
}
