import { asciiUpperCase, compareText } from './file-name.ts';
import { variantOf } from './quant-name.ts';

/** What a label is made from. */
export interface Labelled {
  /** The start of the label, as in `Q4_K_M`, or the stem of a file that names no quant. */
  readonly name: string;
  readonly variant?: string;
  /** The rest of the path, which tells files apart that are alike in name and variant. */
  readonly rest: string;
  /** Settles what even `rest` cannot: the least gets the plain label. Unique. */
  readonly order: string;
}

/** A label and the variant that is in it. */
export interface Label {
  readonly label: string;
  readonly variant?: string;
}

// Together with a counter they stay well below the 255 bytes of a file name.
const MAX_NAME = 100;
const MAX_VARIANT = 80;

// Devices that Windows opens instead of a file, whatever the extension:
// https://learn.microsoft.com/windows/win32/fileio/naming-a-file
const WINDOWS_DEVICE = /^(?:CON|PRN|AUX|NUL|COM\d|LPT\d)(?:\.|$)/iu;

/**
 * A text as a label: `A-Z a-z 0-9 . _ -`, first a letter or digit, safe as the name of a file or a
 * folder on every system, never the name of a file that the store itself writes.
 */
function safeLabel(text: string, maximum = MAX_NAME): string {
  const plain = text
    .replaceAll(/[^A-Za-z0-9._-]+/gu, '-')
    .replaceAll(/\.{2,}/gu, '.')
    .replace(/^[^A-Za-z0-9]+/u, '')
    .slice(0, maximum)
    .replace(/[._-]+$/u, '')
    .replace(/\.(gguf|partial|json)$/iu, '-$1');
  if (plain === '') return 'MODEL';
  return WINDOWS_DEVICE.test(plain) ? `MODEL-${plain}` : plain;
}

/**
 * Gives every item its label, unique without regard to case (two labels that differ in case are one
 * file on macOS and Windows). Items alike in name and variant are told apart by the words in which
 * the rest of their paths differ; the one that has no such words keeps the plain label. The order of
 * the items plays no part.
 */
export function assignLabels<T extends Labelled>(items: readonly T[]): Map<T, Label> {
  const alike = Map.groupBy(items, ({ name, variant = '' }) =>
    asciiUpperCase(safeLabel(`${name}-${variant}`)),
  );
  const wanted = [...alike.values()].flatMap((group) => {
    const differences = differencesOf(group.map(({ rest }) => wordsOf(rest)));
    return group.map((item, index) => {
      const added = variantOf((differences[index] ?? []).join('-'));
      const words = [item.variant ?? '', added].filter((word) => word !== '');
      return { item, variant: words.join('-'), added: added !== '' };
    });
  });
  // Plain labels first, so that a label with added words never takes one from its owner.
  wanted.sort(
    (one, other) =>
      Number(one.added) - Number(other.added) || compareText(one.item.order, other.item.order),
  );
  const labels = new Map<T, Label>();
  const taken = new TakenLabels();
  for (const { item, variant } of wanted) labels.set(item, taken.add(item.name, variant));
  return labels;
}

/** Hands out labels, with a counter behind those that are taken. */
class TakenLabels {
  readonly #taken = new Set<string>();
  // The last counter tried for a label, so that a list of thousands of like names stays quick.
  readonly #counters = new Map<string, number>();

  add(name: string, variant: string): Label {
    const plain = variant === '' ? '' : safeLabel(variant, MAX_VARIANT);
    const start = plain === '' ? safeLabel(name) : `${safeLabel(name)}-${plain}`;
    const key = asciiUpperCase(start);
    let count = this.#counters.get(key) ?? 0;
    let label = start;
    do {
      count += 1;
      label = count === 1 ? start : `${start}-${count}`;
    } while (this.#taken.has(asciiUpperCase(label)));
    this.#counters.set(key, count);
    this.#taken.add(asciiUpperCase(label));
    const counted = [plain, count === 1 ? '' : String(count)]
      .filter((word) => word !== '')
      .join('-');
    return counted === '' ? { label } : { label, variant: counted };
  }
}

function wordsOf(rest: string): string[] {
  return rest.split(/[/_\s-]+/u).filter((word) => word !== '');
}

/** The words of each list without those that all begin with and those that all end with. */
function differencesOf(lists: readonly (readonly string[])[]): string[][] {
  // Not Math.min(...): a list of files can be longer than a call takes arguments.
  const shortest = lists.reduce((least, { length }) => Math.min(least, length), Infinity);
  const same = (wordAt: (list: readonly string[]) => string | undefined): boolean =>
    new Set(lists.map((list) => asciiUpperCase(wordAt(list) ?? ''))).size === 1;
  let start = 0;
  while (start < shortest && same((list) => list[start])) start += 1;
  let end = 0;
  while (start + end < shortest && same((list) => list[list.length - 1 - end])) end += 1;
  return lists.map((list) => list.slice(start, list.length - end));
}
