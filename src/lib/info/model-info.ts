import { LlameroError, throwIfAborted } from '../errors.ts';
import { formatDiskSize } from '../format.ts';
import { bitsPerWeight } from '../gguf/bits-per-weight.ts';
import { chooseDefault, findQuant } from '../gguf/choice.ts';
import { type MachineRoom } from '../gguf/fit.ts';
import { type Inventory, type Quant, takeInventory } from '../gguf/inventory.ts';
import { judgementOf } from '../gguf/judgement.ts';
import type { HubFile } from '../hub/types.ts';
import { oneLine } from '../plain-text.ts';
import type { StoredModel } from '../store/model.ts';
import { descriptionOf } from './description.ts';
import type { HeaderExtent, RemoteHeaders } from './headers.ts';
import { hereOf, isSameLabel, localOf, unsizedOf, withFormerName } from './here.ts';
import type { KnownListing, ListingQuestion, Listings } from './listings.ts';
import { createBitsOf } from './quant-bits.ts';
import { projectorHeader, quantHeaders } from './quant-headers.ts';
import { storedInventory } from './stored-inventory.ts';
import type { InfoFile, ModelInfo, ProjectorInfo, QuantInfo } from './types.ts';

/** What is asked about a model. */
export interface InfoQuestion extends ListingQuestion {
  /** A quant, or a file of it. */
  readonly tag?: string | undefined;
  /** What of a repository is on this machine. */
  readonly storedOf: (repo: string) => readonly StoredModel[];
  /**
   * How much of a header at the hub is wanted, of the first shard unless told; but for `head` it is a
   * failure not to get it.
   */
  readonly extent: HeaderExtent | 'every shard';
  readonly machine: MachineRoom;
  /** Tokens of context there is to be room for. */
  readonly contextSize: number;
  /** Whether the projector is loaded as well. */
  readonly withProjector: boolean;
  /** The quant that is preferred by the settings. */
  readonly preferredQuant?: string | undefined;
  /** Whether the model card is wanted; `required`: it is a failure not to learn it. */
  readonly card: 'no' | 'wanted' | 'required';
  /** Whether nothing but the header is asked about: then a file that is here need not be asked for. */
  readonly headerOnly: boolean;
}

/** What a model is asked about with. */
export interface InfoSources {
  readonly listings: Listings;
  readonly headers: RemoteHeaders;
}

/**
 * Tells of a model what the hub, a header and this machine know. What is stored is told without the
 * hub, where that cannot be asked or does not know it.
 *
 * @throws LlameroError what the hub says of a model that is not stored; NO_GGUF, QUANT_NOT_FOUND,
 *   AMBIGUOUS; where the whole header is wanted, why it cannot be read
 */
export async function modelInfo(question: InfoQuestion, sources: InfoSources): Promise<ModelInfo> {
  const { machine, revision, tag } = question;
  const problems: LlameroError[] = [];
  const typed = question.storedOf(question.repo);
  const listing =
    question.headerOnly && isHere(typed, question)
      ? undefined
      : await attempt(
          () => sources.listings.read(question),
          // What is stored need not be what another revision has, and no card is stored.
          typed.length === 0 || revision !== undefined || question.card === 'required',
          problems,
          question,
        );
  const repo = listing?.model.id ?? typed[0]?.repo ?? question.repo;
  const stored = withFormerName(question.storedOf(repo), typed);
  const listed: Inventory<InfoFile | HubFile> =
    listing === undefined
      ? await storedInventory(repo, stored)
      : takeInventory(listing.files, { repo });
  // Another revision need not have what was pulled from this one.
  const gone = revision === undefined ? await goneQuants(repo, stored, listed) : [];
  const inventory = { ...listed, quants: [...listed.quants, ...gone] };
  const asked = tag === undefined ? undefined : askedQuant(repo, inventory, tag);
  const here = new Map(
    inventory.quants.map((quant) => [quant.label, hereOf(quant, stored, revision)]),
  );
  const unsized = unsizedOf(listing === undefined ? inventory.quants : gone, here);
  const wanted = asked ?? inventory.quants[0];
  const local = localOf(wanted, here, tag);
  const [found, card] = await Promise.all([
    attempt(
      () => quantHeaders({ ...question, quant: wanted, listing, local }, sources.headers),
      question.extent !== 'head',
      problems,
      question,
    ),
    attempt(
      () => cardOf(listing, question, sources),
      question.card === 'required',
      problems,
      question,
    ),
  ]);
  const header = found?.headers[0];
  // Nobody knows which revision a stored projector is of.
  const withProjectors = revision === undefined ? stored : [];
  const description = descriptionOf({
    listing,
    headers: found?.headers ?? [],
    isAll: found?.isAll ?? false,
    projectorHeader: await projectorHeader(withProjectors),
    hasProjector: inventory.projectors.length > 0,
  });
  const judgement = judgementOf(inventory, { ...question, header });
  // What the hub has no more cannot be pulled.
  const choice = defaultOf(listed, { ...question, repo }, judgement, stored.length > 0);
  if (header === undefined && question.extent !== 'head') {
    const nothing = new LlameroError('NO_GGUF', `${repo} has no file whose header can be read`);
    throw problems[0] ?? nothing;
  }
  const bitsOf = createBitsOf(inventory.quants, { parameters: description.parameters, found });
  return {
    repo,
    ...(asked === undefined ? {} : { asked: asked.label }),
    ...(listing === undefined ? {} : { listing }),
    ...(found === undefined || header === undefined
      ? {}
      : { header, headers: found.headers, headerFile: found.file }),
    description,
    quants: inventory.quants.map((quant) => ({
      ...quantFacts(
        repo,
        quant,
        unsized.has(quant.label) ? bitsPerWeight(quant.name) : bitsOf(quant),
      ),
      ...here.get(quant.label),
      ...(unsized.has(quant.label) ? {} : { fit: judgement.fitOf(quant) }),
      isDefault: quant.label === choice?.label,
      ...(gone.includes(quant) ? { isGone: true } : {}),
    })),
    ...(choice === undefined ? {} : { choice }),
    ...(card === undefined ? {} : { card }),
    projectors: projectorsOf(inventory, withProjectors),
    other: inventory.other,
    contextSize: judgement.contextSize,
    machine,
    problems,
  };
}

/** The quants that are here, and that the hub has no more. */
async function goneQuants(
  repo: string,
  stored: readonly StoredModel[],
  { quants }: Inventory<InfoFile>,
): Promise<Quant<InfoFile>[]> {
  const gone = stored.filter(({ quant }) => !quants.some(({ label }) => isSameLabel(label, quant)));
  return gone.length === 0 ? [] : [...(await storedInventory(repo, gone)).quants];
}

/** Whether a file of what is asked about is on this machine. */
function isHere(
  stored: readonly StoredModel[],
  { refresh = false, revision, tag }: InfoQuestion,
): boolean {
  const isAsked = ({ quant, state }: StoredModel): boolean =>
    state === 'complete' && (tag === undefined || isSameLabel(quant, tag));
  return !refresh && revision === undefined && stored.some(isAsked);
}

/** Does what may fail: a failure that is no end of all is noted, and nothing comes of it. */
async function attempt<T>(
  work: () => Promise<T>,
  mustSucceed: boolean,
  problems: LlameroError[],
  { signal }: InfoQuestion,
): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    throwIfAborted(signal);
    if (mustSucceed || !(error instanceof LlameroError)) throw error;
    // The card and the header are refused in the same words.
    const isTold = problems.some(
      ({ code, message }) => code === error.code && message === error.message,
    );
    if (!isTold) problems.push(error);
    return undefined;
  }
}

async function cardOf(
  listing: KnownListing | undefined,
  { card, signal }: InfoQuestion,
  { listings }: InfoSources,
): Promise<string | undefined> {
  return listing === undefined || card === 'no' ? undefined : listings.card(listing, signal);
}

function askedQuant(repo: string, inventory: Inventory<InfoFile>, tag: string): Quant<InfoFile> {
  const match = findQuant(inventory, tag);
  if (match.kind === 'found') return match.quant;
  const shown = oneLine(tag);
  if (match.kind === 'ambiguous') {
    const labels = match.candidates.map(({ label }) => label);
    throw new LlameroError(
      'AMBIGUOUS',
      `${repo} has more than one ${shown}: ${labels.join(', ')}`,
      {
        hint: `Name one of them: \`llamero info ${repo}:${labels[0] ?? ''}\``,
      },
    );
  }
  const there = inventory.quants.map(({ label, size }) => `${label} (${formatDiskSize(size)})`);
  throw new LlameroError('QUANT_NOT_FOUND', `${repo} has no ${shown}`, {
    hint: `It has ${there.join(', ')}`,
  });
}

function defaultOf(
  inventory: Inventory<InfoFile>,
  { preferredQuant, repo }: Pick<InfoQuestion, 'preferredQuant' | 'repo'>,
  judgement: ReturnType<typeof judgementOf<InfoFile>>,
  isStored: boolean,
): ModelInfo['choice'] {
  try {
    const { quant, reason } = chooseDefault(inventory, preferredQuant, { repo, judgement });
    return { label: quant.label, reason };
  } catch (error) {
    // Of a model that lacks shards there is much to tell all the same.
    if (error instanceof LlameroError && error.code === 'SHARDS_MISSING') return undefined;
    // What is here is told even where the hub has nothing to pull any more.
    const isAllGone = error instanceof LlameroError && error.code === 'NO_GGUF';
    if (isAllGone && isStored) return undefined;
    throw error;
  }
}

function quantFacts(
  repo: string,
  { files, label, shards, size }: Quant<InfoFile>,
  bits: number | undefined,
): Omit<QuantInfo, 'fit' | 'isDefault' | 'stored'> {
  return {
    label,
    ref: `${repo}:${label}`,
    size,
    ...(bits === undefined ? {} : { bitsPerWeight: bits }),
    files: files.map(({ path, sha256, size: bytes }) => ({
      path,
      size: bytes,
      ...(sha256 === undefined ? {} : { sha256 }),
    })),
    missingShards: shards?.missing ?? [],
  };
}

function projectorsOf(
  { projectors }: Inventory<InfoFile>,
  stored: readonly StoredModel[],
): ProjectorInfo[] {
  const here = stored.find(({ projector }) => projector !== undefined)?.projector;
  return projectors.map(({ file, label }) => ({
    label,
    path: file.path,
    size: file.size,
    ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
    isStored: here?.endsWith(`mmproj-${label}.gguf`) === true,
  }));
}
