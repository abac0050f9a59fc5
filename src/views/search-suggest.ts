import { shellWord } from '../lib/config/shell-word.ts';
import type { Hub, HubSearchOptions, HubSearchResult } from '../lib/hub/types.ts';
import { formatCount } from '../lib/format.ts';
import { nearest } from '../lib/nearest.ts';

/** A search that found nothing. */
export interface FailedSearch {
  readonly words: readonly string[];
  readonly options: HubSearchOptions;
  /** The flags that narrow it: `--license`. */
  readonly narrowedBy: readonly string[];
  readonly result: HubSearchResult;
  /** Words that are known to occur in names of models. */
  readonly knownWords: Iterable<string>;
}

/** Words that most names of models on the hub are made of. */
const COMMON_WORDS = [
  'llama qwen mistral ministral mixtral gemma deepseek granite phi gpt-oss smollm falcon olmo',
  'nemotron hermes codestral devstral magistral starcoder tinyllama command-r nomic-embed',
  'embeddinggemma instruct coder vision embedding reasoning thinking distill',
].flatMap((line) => line.split(' '));

/** How many are counted before it is «or more». */
const COUNTED = 50;
/** How many other wordings are tried on the hub. */
const TRIED = 2;

/**
 * What else could be asked where nothing was found: without what narrows it, with fewer words, in
 * another spelling. Asks the hub at most three times.
 */
export async function suggestSearches(hub: Hub, search: FailedSearch): Promise<string[]> {
  const { narrowedBy, options, result, words } = search;
  if ((options.page ?? 1) > 1) return ['This page is behind the last one; the first has no --page'];
  const spelling = respelt(search);
  const plain: HubSearchOptions = { limit: COUNTED, signal: options.signal };
  if (narrowedBy.length > 0) {
    const known = result.rejected > 0 && narrowedBy.length === 1;
    const count = known ? result.rejected : await countOf(hub, words, plain);
    const flags = narrowedBy.join(', ');
    if (count > 0) return [`Without ${flags}: ${amount(count)}`];
  }
  const fewer: string[] = [];
  for (const shorter of words.length > 1 ? shortened(words).slice(0, TRIED) : []) {
    const count = await countOf(hub, shorter, plain);
    if (count > 0) fewer.push(`With fewer words, ${command(shorter)}: ${amount(count)}`);
  }
  return [...spelling, ...fewer];
}

/** The command that searches for some words, as it is typed. */
function command(words: readonly string[]): string {
  return `\`llamero search ${words.map((word) => shellWord(word)).join(' ')}\``;
}

function amount(count: number): string {
  return count >= COUNTED ? `${COUNTED} models or more` : formatCount(count, 'model');
}

async function countOf(
  hub: Hub,
  words: readonly string[],
  options: HubSearchOptions,
): Promise<number> {
  return (await hub.search(words.join(' '), options)).models.length;
}

/** The words without the last one, then without the first. */
function shortened(words: readonly string[]): string[][] {
  return [words.slice(0, -1), words.slice(1)];
}

/** Another spelling of those words that nobody knows and that are near to one that is known. */
function respelt({ knownWords, words }: FailedSearch): string[] {
  const known = new Set([...COMMON_WORDS, ...[...knownWords].map((word) => word.toLowerCase())]);
  const other = words.map((word) => {
    const typed = word.toLowerCase();
    if (known.has(typed) || typed.length < 3) return word;
    return nearest(known, typed) ?? word;
  });
  const changed = other.some((word, index) => word !== words[index]);
  return changed ? [`Did you mean ${command(other)}?`] : [];
}
