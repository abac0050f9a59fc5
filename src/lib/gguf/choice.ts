import { LlameroError } from '../errors.ts';
import { formatCount, formatMemorySize } from '../format.ts';
import { oneLine } from '../plain-text.ts';
import { isBelowFourBits } from './bits-per-weight.ts';
import { asciiUpperCase, nameOf, withoutExtension } from './file-name.ts';
import type { Fit, FitVerdict } from './fit.ts';
import type { Inventory, Quant, RepoFile } from './inventory.ts';
import { locateQuant, withoutPublisherPrefix } from './quant-name.ts';
import { isComplete, isLoadable, isMxfp4, isNativeMxfp4, type RankingContext } from './ranking.ts';
import { withoutShardCount } from './shards.ts';

/** What a tag stands for among the quants of a repository. */
export type QuantMatch<F extends RepoFile> =
  | { readonly kind: 'found'; readonly quant: Quant<F> }
  /** The tag fits several; each is named in full by its label. */
  | { readonly kind: 'ambiguous'; readonly candidates: readonly Quant<F>[] }
  | { readonly kind: 'missing' };

/**
 * Finds the quant that a tag names. In this order: its label; the name of one of its files (any
 * shard, with or without folders, extension and shard count); its quant, when no or only one variant
 * of it is there; its quant without `UD-` or `i1-`. Any case, `_` or `-`.
 *
 * An incomplete quant is found too: whether to refuse it is for the caller to say.
 */
export function findQuant<F extends RepoFile>(inventory: Inventory<F>, tag: string): QuantMatch<F> {
  const wanted = asciiUpperCase(tag);
  if (wanted === '') return { kind: 'missing' };
  const steps: readonly ((quant: Quant<F>) => boolean)[] = [
    ({ label }) => asciiUpperCase(label) === wanted,
    ({ files }) => files.some(({ path }) => asciiUpperCase(path) === wanted),
    ({ files }) => files.some(({ path }) => fileNamesOf(path).includes(wanted)),
    ...nameSteps<F>(wanted),
  ];
  for (const step of steps) {
    const candidates = inventory.quants.filter(step);
    const [quant] = candidates;
    if (quant === undefined) continue;
    return candidates.length === 1 ? { kind: 'found', quant } : { kind: 'ambiguous', candidates };
  }
  return { kind: 'missing' };
}

/** The names that stand for a file, upper case: with and without folders, extension, shard count. */
function fileNamesOf(path: string): string[] {
  const whole = withoutShardCount(path);
  return [path, withoutExtension(path), whole, withoutExtension(whole)].flatMap((each) =>
    [each, nameOf(each)].map(asciiUpperCase),
  );
}

function nameSteps<F extends RepoFile>(wanted: string): ((quant: Quant<F>) => boolean)[] {
  const located = locateQuant(wanted);
  if (located === undefined || located.before !== '') return [];
  const { name, variant } = located;
  const fits = (quant: Quant<F>): boolean => variant === undefined || quant.variant === variant;
  return [
    (quant) => quant.name === name && quant.variant === variant,
    (quant) => quant.name === name && fits(quant),
    (quant) => withoutPublisherPrefix(quant.name) === name && fits(quant),
  ];
}

/** A chosen quant, and why it was chosen: one line that begins with its label. */
export interface QuantChoice<F extends RepoFile> {
  readonly quant: Quant<F>;
  readonly reason: string;
}

/** How the quants of a repository fit a machine. */
export interface Judgement<F extends RepoFile> {
  readonly fitOf: (quant: Quant<F>) => Fit;
  /** Tokens of context that are judged by. */
  readonly contextSize: number;
  /** The memory that there is, in words: `15.6 GiB of memory`. */
  readonly room: string;
}

/** What is known besides the files. */
export interface ChoiceContext<F extends RepoFile> extends RankingContext {
  /** Undefined where nothing is known of the memory: the ranking alone then decides. */
  readonly judgement?: Judgement<F> | undefined;
}

/**
 * Chooses the quant to use when none was named: the preferred one when it is there and whole, else,
 * of those that are whole and that llama.cpp reads, by this rule:
 *
 * 1. Of 4 bits and more, the first in the ranking that fits; then the first that fits tightly.
 * 2. Of less than 4 bits the same; the reason then says so.
 * 3. Where none fits, or the memory is not known, the first in the ranking.
 *
 * The ranking begins with Q4_K_M: larger quants gain little over it, so where several would do it is
 * taken, and what it leaves free serves a longer context.
 *
 * @param preferred a tag from the user's settings; not an error when it is not there
 * @throws LlameroError NO_GGUF when there is no model file, SHARDS_MISSING when all lack shards
 */
export function chooseDefault<F extends RepoFile>(
  inventory: Inventory<F>,
  preferred?: string,
  context: ChoiceContext<F> = {},
): QuantChoice<F> {
  const complete = inventory.quants.filter(isComplete);
  const loadable = complete.filter(isLoadable);
  const ranked = loadable.length > 0 ? loadable : complete;
  const [first] = ranked;
  if (first === undefined) throw nothingUsable(inventory, context);
  const { quant, verdict } = bestFitting(ranked, context.judgement) ?? { quant: first };
  const reasons = [
    quant === first
      ? reasonFor(quant, inventory, context)
      : `the best of ${formatCount(complete.length, 'quant')} for ${context.judgement?.room ?? ''}`,
    ...fitWords(quant, first, verdict, {
      isAlone: ranked.length === 1,
      judgement: context.judgement,
    }),
    ...qualityWords(quant),
  ];
  const choice = { quant, reason: `${quant.label}: ${reasons.join('; ')}` };
  if (preferred === undefined) return choice;
  const match = findQuant(inventory, preferred);
  if (match.kind === 'found' && isComplete(match.quant)) {
    const wanted = match.quant;
    const fit = context.judgement?.fitOf(wanted).verdict;
    const words = [
      'the quant that is set as preferred',
      ...fitWords(wanted, wanted, fit === 'too-large' ? undefined : fit, {
        isAlone: true,
        judgement: context.judgement,
      }),
      ...qualityWords(wanted),
    ];
    return { quant: wanted, reason: `${wanted.label}: ${words.join('; ')}` };
  }
  const problem = {
    found: 'lacks shards',
    ambiguous: 'fits several quants',
    missing: 'is not there',
  }[match.kind];
  const why = `${oneLine(preferred)}, which is preferred, ${problem}`;
  return { quant, reason: `${choice.reason}; ${why}` };
}

function qualityWords({ name }: { readonly name: string }): string[] {
  return isBelowFourBits(name) ? ['below 4 bits, which costs quality'] : [];
}

/** Verdicts that make a default, the better ones together first. */
const FITTING: readonly (readonly FitVerdict[])[] = [['gpu', 'fits'], ['tight']];

function bestFitting<F extends RepoFile>(
  ranked: readonly Quant<F>[],
  judgement: Judgement<F> | undefined,
): { readonly quant: Quant<F>; readonly verdict: FitVerdict } | undefined {
  if (judgement === undefined) return undefined;
  const judged = ranked.map((quant) => ({ quant, verdict: judgement.fitOf(quant).verdict }));
  for (const small of [false, true]) {
    for (const verdicts of FITTING) {
      const found = judged.find(
        ({ quant, verdict }) => isBelowFourBits(quant.name) === small && verdicts.includes(verdict),
      );
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** Whether it fits, and what the first in the ranking would take where another one was chosen. */
function fitWords<F extends RepoFile>(
  quant: Quant<F>,
  first: Quant<F>,
  verdict: FitVerdict | undefined,
  { isAlone, judgement }: { isAlone: boolean; judgement: Judgement<F> | undefined },
): string[] {
  if (judgement === undefined) return [];
  const at = `with ${judgement.contextSize} tokens of context`;
  const taken = (one: Quant<F>): string => formatMemorySize(judgement.fitOf(one).memory);
  const words = {
    gpu: `fits on the GPU ${at}`,
    fits: `fits in memory ${at}`,
    tight: `tight: it takes ${taken(quant)} ${at}`,
    'too-large': '',
  };
  if (verdict === undefined) {
    return [
      `too large${isAlone ? '' : ', as all others'}: it takes ${taken(quant)} ${at}, and there are ${judgement.room}, of which the system needs some`,
    ];
  }
  return [
    words[verdict],
    ...(quant === first ? [] : [`${first.label} would take ${taken(first)}`]),
  ];
}

function reasonFor<F extends RepoFile>(
  quant: Quant<F>,
  { quants }: Inventory<F>,
  context: RankingContext,
): string {
  const complete = quants.filter(isComplete);
  const lacking = quants.length - complete.length;
  const kind = lacking === 0 ? '' : 'complete ';
  const verb = lacking === 1 ? 'lacks' : 'lack';
  const left = lacking === 0 ? '' : ` (${formatCount(lacking, 'other')} ${verb} shards)`;
  const doubt = isLoadable(quant) ? '' : ', in a type that llama.cpp may not read';
  if (complete.length === 1) return `the only ${kind}quant${left}${doubt}`;
  if (locateQuant(quant.name) === undefined) {
    return `the first of ${complete.length} ${kind}files that name no quant${left}`;
  }
  const among = `among ${complete.length} ${kind}quants${left}${doubt}`;
  if (isMxfp4(quant) && isNativeMxfp4(quants, context)) {
    return `the form the model was released in, ${among}`;
  }
  if (quant !== complete[0]) return `the best of those that llama.cpp reads, ${among}`;
  return `the best quality for its size ${among}`;
}

const MAX_LISTED = 5;

function nothingUsable<F extends RepoFile>(
  { other, projectors, quants }: Inventory<F>,
  { repo }: RankingContext,
): LlameroError {
  if (quants.length > 0) {
    const lacking = quants.map(
      ({ label, shards }) => `${label} (${shards?.missing.length ?? 0} of ${shards?.total ?? 0})`,
    );
    return new LlameroError('SHARDS_MISSING', `Every quant lacks shards: ${listed(lacking)}`, {
      hint: 'The upload may still be going on: try again later, or choose another repository',
    });
  }
  const refused = other.filter(({ reason }) => reason !== undefined);
  const named = [
    ...refused.map(({ path, reason }) => `${oneLine(path)} is ${reason ?? ''}`),
    ...projectors.map(({ file }) => `${oneLine(file.path)} is a projector`),
  ];
  const found = named.length === 0 ? '' : `: ${listed(named)}`;
  const pieces = refused.some(({ kind }) => kind === 'pieces');
  const where = repo === undefined ? '' : ` in ${oneLine(repo)}`;
  const wanted = oneLine(repo?.slice(repo.indexOf('/') + 1) ?? 'llama');
  return new LlameroError('NO_GGUF', `No GGUF file of a model to run${where}${found}`, {
    hint: pieces
      ? 'Look for a newer upload of this model, whole or in shards named -00001-of-0000N.gguf'
      : `Look for a repository with GGUF files: \`llamero search ${wanted}\``,
  });
}

function listed(texts: readonly string[]): string {
  const shown = texts.slice(0, MAX_LISTED).join('; ');
  const rest = texts.length - MAX_LISTED;
  return rest > 0 ? `${shown}; and ${rest} more` : shown;
}
