import {
  type Capability,
  type ModelDescription,
  describeModel,
  templateCapabilities,
} from '../gguf/header-description.ts';
import type { GgufHeader } from '../gguf/header.ts';
import type { HubListing } from '../hub/types.ts';
import type { ModelInfo } from './types.ts';

/** What a model is described from. */
export interface DescriptionSources {
  readonly listing: HubListing | undefined;
  /** The headers of all files of a quant, or the first of them. */
  readonly headers: readonly GgufHeader[];
  /** Whether these are all of them. */
  readonly isAll: boolean;
  /** Of a projector that is here. */
  readonly projectorHeader: GgufHeader | undefined;
  readonly hasProjector: boolean;
}

/**
 * A model by its header; what that does not say, or was not read, by what the hub has read of it.
 */
export function descriptionOf(sources: DescriptionSources): ModelDescription {
  const { headers, isAll, listing } = sources;
  const [header, ...others] = headers;
  const model = listing?.model;
  const template = listing?.chatTemplate;
  const read = header === undefined ? undefined : describeModel(header, others);
  const parameters = isAll ? read?.parameters : undefined;
  const contextLength = read?.contextLength ?? model?.contextLength;
  const chatTemplate = read?.chatTemplate ?? (template === '' ? undefined : template);
  const { parameters: _ofSomeShards, ...rest } = read ?? { architecture: '', capabilities: [] };
  return {
    ...rest,
    architecture: rest.architecture === '' ? (model?.architecture ?? '') : rest.architecture,
    ...present({ parameters: parameters ?? model?.parameters, contextLength, chatTemplate }),
    capabilities: capabilitiesOf(read?.capabilities ?? [], chatTemplate, sources),
  };
}

/** Whether it is known that a model has a chat template, or that it has none. */
export function isTemplateKnown({
  description,
  header,
  listing,
}: Pick<ModelInfo, 'description' | 'header' | 'listing'>): boolean {
  const isRead = header !== undefined && header.partial === undefined;
  return isRead || description.chatTemplate !== undefined || listing?.chatTemplate !== undefined;
}

/**
 * A projector says itself what it is for; of one that is not here the hub's task tells.
 * Source: https://huggingface.co/tasks
 */
function capabilitiesOf(
  known: readonly Capability[],
  chatTemplate: string | undefined,
  { hasProjector, listing, projectorHeader }: DescriptionSources,
): Capability[] {
  const task = listing?.model.pipeline ?? '';
  const hears = ['audio-text-to-text', 'automatic-speech-recognition'].includes(task);
  const projected: readonly Capability[] =
    projectorHeader === undefined
      ? [
          ...(hasProjector && !hears ? (['vision'] as const) : []),
          ...(hasProjector && (hears || task === 'any-to-any') ? (['audio'] as const) : []),
        ]
      : describeModel(projectorHeader).capabilities;
  return [...new Set([...known, ...templateCapabilities(chatTemplate ?? ''), ...projected])];
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(members: T): Present<T> {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Present<T>;
}
