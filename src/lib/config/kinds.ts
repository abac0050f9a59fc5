import { isIP } from 'node:net';
import path from 'node:path';

import { isSwitchedOn } from './environment.ts';
import { type Place, expandTilde } from './paths.ts';

/** A kind of value: how it is read from a file, a variable or a flag, and how it is shown. */
export interface Kind<T> {
  /** Completes the sentence "must be …". */
  readonly expects: string;
  /** Words that are values of this kind: all of them, or those besides numbers. */
  readonly words?: readonly string[];
  /**
   * The value of a raw one (a scalar of the file, or text), or undefined when it is not of this
   * kind. Numbers and switches may come as text.
   */
  parse(raw: unknown, place: Place): T | undefined;
  /** How the value is shown; where this text is parsed again, the same value comes out. */
  format(value: T): string;
  /** What goes into the file when the user types `text`; the text itself unless told. */
  written?(text: string, value: T): string;
}

function trimmed(raw: unknown): string | undefined {
  if (typeof raw === 'string') return raw.trim();
  return typeof raw === 'number' ? String(raw) : undefined;
}

const DECIMAL_NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/iu;

function toNumber(raw: unknown): number | undefined {
  const text = trimmed(raw);
  return text !== undefined && DECIMAL_NUMBER.test(text) ? Number(text) : undefined;
}

/** A number within bounds, the bounds included. */
export function decimal(min: number, max: number): Kind<number> {
  return {
    expects: `a number from ${min} to ${max}`,
    parse(raw) {
      const value = toNumber(raw);
      return value !== undefined && value >= min && value <= max ? value : undefined;
    },
    format: String,
  };
}

const MAX_INTEGER = 2_147_483_647;

/** A whole number within bounds, the bounds included. */
export function integer(min: number, max = MAX_INTEGER): Kind<number> {
  const number = decimal(min, max);
  return {
    expects:
      max === MAX_INTEGER
        ? `a whole number, ${min} or more`
        : `a whole number from ${min} to ${max}`,
    parse(raw, place) {
      const value = number.parse(raw, place);
      return Number.isInteger(value) ? value : undefined;
    },
    format: String,
  };
}

/** A whole number, or one of some words in any case. */
export function integerOrWord<const W extends string>(
  min: number,
  words: readonly W[],
): Kind<number | W> {
  const number = integer(min);
  return {
    expects: `${number.expects}, or ${words.join(' or ')}`,
    words,
    parse(raw, place) {
      const text = trimmed(raw)?.toLowerCase();
      return words.find((word) => word === text) ?? number.parse(raw, place);
    },
    format: String,
  };
}

/** One of some words, in any case. */
export function oneOf<const W extends string>(words: readonly W[]): Kind<W> {
  return {
    expects: words.join(' or '),
    words,
    parse(raw) {
      const text = trimmed(raw)?.toLowerCase();
      return words.find((word) => word === text);
    },
    format: (value) => value,
  };
}

/** True or false; also yes and no, on and off, 1 and 0. */
export const boolean: Kind<boolean> = {
  expects: 'true or false',
  words: ['true', 'false'],
  parse(raw) {
    if (typeof raw === 'boolean') return raw;
    const text = trimmed(raw);
    if (isSwitchedOn(text)) return true;
    return text !== undefined && /^(?:0|off|no|false)$/iu.test(text) ? false : undefined;
  },
  format: String,
};

/** A variable of the Hugging Face tools, which take all but 1, on, yes and true for false. */
export const hubSwitch: Kind<boolean> = {
  expects: 'true or false',
  parse: (raw) => isSwitchedOn(trimmed(raw)),
  format: String,
};

/** Text of one or more lines. A number must be quoted, so that `007` stays what it is. */
export const text: Kind<string> = {
  expects: 'text without control characters (a number, true or false in quotes)',
  parse(raw) {
    if (typeof raw !== 'string') return undefined;
    const value = raw.replaceAll('\r\n', '\n').trim();
    return value === '' || /[^\P{Cc}\t\n]/u.test(value) ? undefined : value;
  },
  format: (value) => value,
  written: (_text, value) => value,
};

/** A name without blanks, as a quant has. */
export const name: Kind<string> = {
  expects: 'a name without blanks',
  parse(raw) {
    const value = trimmed(raw);
    return value !== undefined && /^[^\s\p{Cc}]+$/u.test(value) ? value : undefined;
  },
  format: (value) => value,
};

const HOST_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*$/iu;

/** A host name or an IP address, without scheme and port. */
export const host: Kind<string> = {
  expects: 'a host name or an IP address, without scheme and port',
  parse(raw) {
    const value = trimmed(raw);
    return value !== undefined && (isIP(value) !== 0 || HOST_NAME.test(value)) ? value : undefined;
  },
  format: (value) => value,
};

/** An http or https address to which paths are appended; no slash at its end. */
export const endpoint: Kind<string> = {
  expects: 'an http or https address without user name, query or fragment',
  parse(raw) {
    const value = trimmed(raw);
    if (value === undefined || !/^https?:\/\/[^\s\\?#@]+$/iu.test(value)) return undefined;
    return URL.canParse(value) ? value.replace(/\/+$/u, '') : undefined;
  },
  format: (value) => value,
};

/** The path of a file, made absolute. */
export const filePath: Kind<string> = {
  expects: 'the path of a file',
  parse(raw, place) {
    const value = trimmed(raw);
    if (value === undefined || value === '' || /\p{Cc}/u.test(value)) return undefined;
    return path.resolve(place.folder, expandTilde(value, place.userHome));
  },
  format: (value) => value,
  // A path is typed relative to the current folder, but the file has another.
  written: (text, value) => (text.startsWith('~') ? text : value),
};

const SIZE = /^(\d+(?:\.\d+)?) ?(?:([kmgtp])(i?)b?|b)?$/iu;
const SIZE_PREFIXES = 'kmgtp';

/** Bytes of a size: `1GB` (1000-based), `1.5 GiB` (1024-based), or bytes; undefined for what is none. */
export function parseSize(text: string): number | undefined {
  const match = SIZE.exec(text.trim());
  if (match === null) return undefined;
  const power = SIZE_PREFIXES.indexOf(match[2]?.toLowerCase() ?? '-') + 1;
  const bytes = Number(match[1]) * (match[3] ? 1024 : 1000) ** power;
  const whole = power > 0 ? Math.round(bytes) : bytes;
  return Number.isSafeInteger(whole) ? whole : undefined;
}

/** A size in bytes, see {@link parseSize}. */
export const size: Kind<number> = {
  expects: 'a size such as 500MB, 1.5 GiB or a number of bytes',
  parse: (raw) => parseSize(trimmed(raw) ?? ''),
  format: (value) => formatExactly(value, SIZE_UNITS),
};

const SIZE_UNITS = [
  ['TB', 1e12],
  ['GB', 1e9],
  ['MB', 1e6],
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['kB', 1e3],
] as const;

const DURATION = /^(\d+(?:\.\d+)?) ?(ms|s|sec|m|min|h)?$/iu;
const SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  sec: 1,
  m: 60,
  min: 60,
  h: 3600,
};

/** A duration in seconds: `120`, `120s`, `2m`, `1h`, `500ms`; a day at most. */
export const duration: Kind<number> = {
  expects: 'a duration such as 120s, 2m or 1h, a day at most',
  parse(raw) {
    const match = DURATION.exec(trimmed(raw) ?? '');
    if (match === null) return undefined;
    const seconds = Number(match[1]) * (SECONDS[match[2]?.toLowerCase() ?? 's'] ?? Number.NaN);
    return seconds >= 0.001 && seconds <= 86_400 ? seconds : undefined;
  },
  format: (value) =>
    Number.isInteger(value)
      ? formatExactly(value, [
          ['h', 3600],
          ['m', 60],
          ['s', 1],
        ])
      : `${value}s`,
};

/** Shows a value in the largest unit in which it is a whole number. */
function formatExactly(value: number, units: readonly (readonly [string, number])[]): string {
  for (const [unit, factor] of units) {
    if (value >= factor && value % factor === 0) return `${value / factor}${unit}`;
  }
  return String(value);
}
