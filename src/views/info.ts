import type { Context } from '../lib/context.ts';
import type { MachineRoom } from '../lib/gguf/fit.ts';
import { type InfoQuestion, modelInfo } from '../lib/info/model-info.ts';
import type { ModelInfo } from '../lib/info/types.ts';
import { isCertain, readReference } from '../lib/store/match.ts';
import { ambiguousName, notStored } from '../lib/store/match-errors.ts';
import type { StoredModel } from '../lib/store/model.ts';
import { parseReference, type Reference } from '../lib/store/reference.ts';
import { type HubKnowledge, openHubKnowledge } from './info-sources.ts';
import { roomFor } from './machine-room.ts';

/** What a command asks about models. */
export interface InfoRequest {
  /** Of a name that tells none. */
  readonly quant?: string | undefined;
  readonly revision?: string | undefined;
  readonly context?: number | undefined;
  readonly memory?: string | undefined;
  readonly refresh: boolean;
  /** How much of the header is wanted. */
  readonly extent: InfoQuestion['extent'];
  readonly card: InfoQuestion['card'];
  /** Whether nothing but the header is asked about. */
  readonly headerOnly: boolean;
}

/** Finds out about models, by any name that one here or at the hub is known by. */
export async function gatherInfo(
  context: Context,
  texts: readonly string[],
  request: InfoRequest,
): Promise<ModelInfo[]> {
  const machine = await roomFor(context, request.memory);
  const knowledge = await openHubKnowledge(context);
  return Promise.all(texts.map((text) => gatherOne(context, text, request, machine, knowledge)));
}

async function gatherOne(
  context: Context,
  text: string,
  request: InfoRequest,
  machine: MachineRoom,
  knowledge: HubKnowledge,
): Promise<ModelInfo> {
  const config = await context.config();
  const { reference, storedOf } = await findModel(context, text);
  const revision = request.revision ?? reference.revision;
  return modelInfo(
    {
      repo: reference.repo,
      // What is stored is taken to be of this one.
      revision: revision === 'main' ? undefined : revision,
      tag: reference.tag ?? request.quant,
      storedOf,
      refresh: request.refresh,
      extent: request.extent,
      machine,
      contextSize: request.context ?? config.get('pull.context'),
      withProjector: config.get('pull.mmproj'),
      preferredQuant: config.get('pull.quant'),
      card: request.card,
      headerOnly: request.headerOnly,
      signal: context.signal,
    },
    knowledge,
  );
}

interface NamedModel {
  readonly reference: Reference;
  /** All that is here of a repository. */
  readonly storedOf: InfoQuestion['storedOf'];
}

/**
 * What a name stands for: `user/repo` for that repository, here or at the hub; any other name for a
 * stored model.
 *
 * @throws LlameroError AMBIGUOUS, MODEL_NOT_FOUND, REFERENCE_INVALID
 */
async function findModel(context: Context, text: string): Promise<NamedModel> {
  const endpoint = (await context.config()).get('hub.endpoint');
  const matcher = await (await context.store()).matcher();
  const storedOf = (repo: string): StoredModel[] => matcher.exact({ repo });
  const match = matcher.match(text, { endpoint, wholeNamesOnly: true });
  if (match === undefined) {
    if (!text.includes('/')) throw notStored(text, matcher.suggest(text), endpoint);
    const reference = parseReference(text, endpoint);
    return { reference, storedOf };
  }
  const { candidates, kind } = match;
  const [{ models, name }] = candidates;
  if (candidates.length > 1) throw ambiguousName(text, match);
  if (!isCertain(kind)) context.terminal.note(`${text} is ${name}`);
  const [{ quant, repo }] = models;
  const stored = storedOf(repo);
  const typed = kind === 'exact' ? readReference(text, endpoint) : undefined;
  if (typed?.repo.toLowerCase() === repo.toLowerCase()) return { reference: typed, storedOf };
  // A name that leaves one of several quants means that one. What no reference can be stands here too.
  const isNarrow = models.length < stored.length || kind === 'alias';
  return { reference: { repo, ...(isNarrow ? { tag: quant } : {}) }, storedOf };
}
