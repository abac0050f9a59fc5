import { LlameroError } from '../lib/errors.ts';
import { type Judgement, chooseDefault } from '../lib/gguf/choice.ts';
import { type Fit, type MachineRoom, describeRoom, fitOf } from '../lib/gguf/fit.ts';
import type { RepoFile } from '../lib/gguf/inventory.ts';
import { estimatedSize, quantsOf } from '../lib/hub/search-quants.ts';
import type { HubSearchHit } from '../lib/hub/types.ts';

/** A hit of a search with what this machine has to say about it. */
export interface FoundModel {
  readonly hit: HubSearchHit;
  /** The labels of its quants, the best default first. */
  readonly quants: readonly string[];
  /** What would be pulled; undefined where none of its quants is whole. */
  readonly choice?: FoundChoice;
  /** References of what of it is stored here. */
  readonly installed: readonly string[];
}

/** The quant that a pull would take. */
export interface FoundChoice {
  readonly quant: string;
  readonly reason: string;
  /** Bytes, from the number of parameters; undefined where that is not known. */
  readonly estimatedSize?: number;
  readonly fit?: Fit;
}

/** What hits are looked at with. */
export interface FoundContext {
  /** `pull.quant` of the settings. */
  readonly preferredQuant: string | undefined;
  /** The memory that quants have to fit into; undefined where nobody asks. */
  readonly machine: MachineRoom | undefined;
  /** Tokens of context that there is to be room for: `pull.context`. */
  readonly contextSize: number;
  /** References of the stored models, by their repository in lower case. */
  readonly installed: ReadonlyMap<string, readonly string[]>;
}

/** Says of a hit what a pull would take, whether it fits, and whether it is here. */
export function describeFound(hit: HubSearchHit, context: FoundContext): FoundModel {
  const inventory = quantsOf(hit);
  const choice = chooseFound(hit, inventory, context);
  return {
    hit,
    quants: inventory.quants.map(({ label }) => label),
    ...(choice === undefined ? {} : { choice }),
    installed: context.installed.get(hit.id.toLowerCase()) ?? [],
  };
}

function chooseFound(
  hit: HubSearchHit,
  inventory: ReturnType<typeof quantsOf>,
  context: FoundContext,
): FoundChoice | undefined {
  const judgement = judgementFor(hit, context);
  try {
    const { quant, reason } = chooseDefault(inventory, context.preferredQuant, {
      repo: hit.id,
      judgement,
    });
    const size = estimatedSize(hit, quant);
    return {
      quant: quant.label,
      reason,
      ...(size === undefined ? {} : { estimatedSize: size }),
      ...(judgement === undefined || size === undefined ? {} : { fit: judgement.fitOf(quant) }),
    };
  } catch (error) {
    // None of its quants is whole.
    if (error instanceof LlameroError && error.exitCode === 3) return undefined;
    throw error;
  }
}

/** By the size alone: a search tells no more. Of a model whose size nobody knows nothing is said. */
function judgementFor(
  { contextLength, parameters }: HubSearchHit,
  { contextSize: wanted, machine }: FoundContext,
): Judgement<RepoFile> | undefined {
  if (machine === undefined || parameters === undefined) return undefined;
  const contextSize = Math.min(wanted, contextLength ?? wanted);
  return {
    fitOf: ({ size }) => fitOf(size, { machine, contextSize }),
    contextSize,
    room: describeRoom(machine),
  };
}

/** Whether a model was found to fit this machine, be it tightly. */
export function fitsHere({ choice }: FoundModel): boolean {
  return choice?.fit !== undefined && choice.fit.verdict !== 'too-large';
}
