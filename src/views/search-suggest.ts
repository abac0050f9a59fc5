import { shellWord } from '../lib/config/shell-word.ts';
import { formatCount } from '../lib/format.ts';
import type { Hub } from '../lib/hub/types.ts';
import { nearest } from '../lib/nearest.ts';
import { readReference } from '../lib/store/match.ts';
import { holdsModel, infoCommand } from './search-repository.ts';

/** A search that found nothing. */
export interface FailedSearch {
  readonly words: readonly string[];
  /** Whether it finds something, but nothing on a page so late. */
  readonly behind: boolean;
  readonly signal: AbortSignal;
  /** The flags that narrow it: `--license`. */
  readonly narrowedBy: readonly string[];
  /** Words that are known to occur in names of models. */
  readonly knownWords: Iterable<string>;
}

/** Another search, and how it is offered. */
interface Wording {
  readonly words: readonly string[];
  readonly offer: (command: string, amount: string) => string;
}

/** Words that most names of models on the hub are made of, and who publishes most of them. */
const COMMON_WORDS = [
  'llama qwen mistral ministral mixtral gemma deepseek granite phi gpt-oss smollm falcon olmo',
  'nemotron hermes codestral devstral magistral starcoder tinyllama command-r nomic-embed',
  'embeddinggemma instruct coder vision embedding reasoning thinking distill',
  'bartowski unsloth mradermacher thebloke ggml-org lmstudio-community maziyarpanahi quantfactory',
].flatMap((line) => line.split(' '));

/** How many are counted before it is «or more». */
const COUNTED = 20;
/** How many searches of one word fewer are tried on the hub. */
const TRIED = 3;
/** How many searches are offered. */
const OFFERED = 2;

/**
 * What else could be asked where nothing was found: for the repository that was named; without what
 * narrows the search, in another spelling, with a word fewer, the first of these that finds something;
 * else for the most downloaded.
 */
export async function suggestSearches(hub: Hub, search: FailedSearch): Promise<string[]> {
  const { behind, narrowedBy, signal, words } = search;
  if (behind) return ['This page is behind the last one; the first has no --page'];
  const [word = ''] = words;
  const reference = words.length === 1 ? readReference(word, hub.endpoint) : undefined;
  if (reference !== undefined && (await holdsModel(hub, reference, signal))) {
    return [`${infoCommand(reference)} shows what is in that repository`];
  }
  const tried = new Set(narrowedBy.length === 0 ? [words.join(' ')] : []);
  for (const wordings of wordingsFor(search, reference?.repo)) {
    const untried = wordings.filter((wording) => !tried.has(wording.words.join(' ')));
    for (const wording of untried) tried.add(wording.words.join(' '));
    const offers = await Promise.all(untried.map(async (wording) => offerOf(hub, wording, signal)));
    const found = offers.flat();
    if (found.length > 0) return found.slice(0, OFFERED);
  }
  return tried.has('') ? [] : ['`llamero search` shows the most downloaded models'];
}

/**
 * The searches to try, the likeliest first; those of one list are as likely.
 *
 * @param repo the repository that the words are a link to or the name of, which is not to be had
 */
function wordingsFor(search: FailedSearch, repo: string | undefined): Wording[][] {
  const { narrowedBy } = search;
  const words = repo === undefined ? search.words : [repo];
  const known = new Set(COMMON_WORDS);
  for (const word of search.knownWords) known.add(word.toLowerCase());
  // The name tells more than the user, who is the first to be left out.
  const parts = repo === undefined ? words : repo.split('/').toReversed();
  const flags = narrowedBy.join(', ');
  return [
    narrowedBy.length === 0
      ? []
      : [{ words, offer: (command, amount) => `Without ${flags}, ${command}: ${amount}` }],
    [{ words: respelt(words, known), offer: (command) => `Did you mean ${command}?` }],
    fewer(respelt(parts, known)),
    fewer(parts),
  ];
}

/** The offer of a search that finds something. */
async function offerOf(
  hub: Hub,
  { offer, words }: Wording,
  signal: AbortSignal,
): Promise<string[]> {
  const { models } = await hub.search(words.join(' '), { limit: COUNTED, signal });
  const count = models.length;
  const amount = count >= COUNTED ? `${COUNTED} models or more` : formatCount(count, 'model');
  return count === 0 ? [] : [offer(command(words), amount)];
}

/** The command that searches for some words, as it is typed. */
function command(words: readonly string[]): string {
  return `\`${['llamero search', ...words.map((word) => shellWord(word))].join(' ')}\``;
}

/** Without one of the words: the last, the first, one between. */
function fewer(words: readonly string[]): Wording[] {
  if (words.length < 2) return [];
  const places = [words.length - 1, ...words.slice(0, -1).keys()].slice(0, TRIED);
  return places.map((place) => ({
    words: words.toSpliced(place, 1),
    offer: (command, amount) => `With fewer words, ${command}: ${amount}`,
  }));
}

/** Another spelling of those words that nobody knows and that are near to one that is known. */
function respelt(words: readonly string[], known: ReadonlySet<string>): string[] {
  return words.map((word) => {
    const typed = word.toLowerCase();
    if (known.has(typed) || typed.length < 3) return word;
    return nearest(known, typed) ?? word;
  });
}
