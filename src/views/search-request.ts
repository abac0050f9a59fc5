import { LlameroError } from '../lib/errors.ts';
import type { Capability } from '../lib/gguf/header-description.ts';
import type { HubSearchOptions, HubSearchSort } from '../lib/hub/types.ts';
import { oneLine } from '../lib/plain-text.ts';

/** What a search was asked for on the command line. */
export interface SearchFlags {
  readonly sort: HubSearchSort;
  readonly limit: number;
  readonly page: number;
  readonly author?: string | undefined;
  readonly 'min-params'?: string | undefined;
  readonly 'max-params'?: string | undefined;
  readonly license?: string | undefined;
  readonly gated?: boolean | undefined;
  readonly fits?: boolean | undefined;
  readonly tag?: readonly string[] | undefined;
  readonly capability?: readonly Capability[] | undefined;
}

/** What a size in a model's name may be off by: 7B is said of 6.5 as well as of 7.6 billion. */
const NAMING_TOLERANCE = 0.1;

const UNITS: Readonly<Record<string, number>> = { K: 1e3, M: 1e6, B: 1e9, T: 1e12 };

/**
 * What the hub is asked for.
 *
 * @throws LlameroError USAGE for bounds that make no sense
 */
export function searchOptions(flags: SearchFlags): HubSearchOptions {
  const least = readParameters(flags['min-params'], '--min-params');
  const most = readParameters(flags['max-params'], '--max-params');
  if (least !== undefined && most !== undefined && least > most) {
    throw new LlameroError('USAGE', '--min-params is more than --max-params', {
      hint: 'Exchange them, or leave one out',
    });
  }
  return {
    ...flags,
    // Outwards, so that what is called so is within.
    minParameters: least === undefined ? undefined : least * (1 - NAMING_TOLERANCE),
    maxParameters: most === undefined ? undefined : most * (1 + NAMING_TOLERANCE),
    tags: flags.tag,
    capabilities: flags.capability,
  };
}

/** The flags that leave models out. */
export function narrowingFlags(flags: SearchFlags): string[] {
  const named = ['author', 'min-params', 'max-params', 'license', 'tag', 'capability'] as const;
  return [
    ...named.filter((name) => flags[name] !== undefined).map((name) => `--${name}`),
    ...(flags.gated === undefined ? [] : [flags.gated ? '--gated' : '--no-gated']),
    ...(flags.fits === true ? ['--fits'] : []),
  ];
}

/** A number of parameters as models are called by: `7B`, `500M`, `1.5b`. */
function readParameters(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  const [, digits, unit = ''] = /^(\d{1,6}(?:\.\d{1,3})?) ?([KMBT])$/iu.exec(text.trim()) ?? [];
  const factor = UNITS[unit.toUpperCase()];
  if (digits !== undefined && factor !== undefined) return Number(digits) * factor;
  throw new LlameroError('USAGE', `${oneLine(text)} is no number of parameters`, {
    hint: `Write it as models are called: ${flag} 7B, ${flag} 500M`,
  });
}
