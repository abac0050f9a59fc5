import { LlameroError, throwIfAborted } from '../errors.ts';
import { isBelowFourBits } from '../gguf/bits-per-weight.ts';
import type { Judgement } from '../gguf/choice.ts';
import { type FitVerdict, type MachineRoom, certainFit } from '../gguf/fit.ts';
import type { GgufHeader } from '../gguf/header.ts';
import type { Inventory } from '../gguf/inventory.ts';
import { type JudgementQuestion, judgementOf } from '../gguf/judgement.ts';
import { chooseProjector } from '../gguf/projector.ts';
import { isComplete, isLoadable } from '../gguf/ranking.ts';
import type { HubFile, HubModel } from '../hub/types.ts';
import type { RemoteHeaders } from './headers.ts';

/** What quants of a hub are judged with. */
export interface JudgeOptions {
  readonly headers: RemoteHeaders;
  readonly machine: () => Promise<MachineRoom>;
  /** Tokens of context there is to be room for. */
  readonly contextSize: number;
  readonly withProjector: boolean;
}

/** Judges the quants of a repository. */
export type Judge = (
  model: Pick<HubModel, 'id' | 'commit' | 'contextLength'>,
  inventory: Inventory<HubFile>,
  signal?: AbortSignal,
) => Promise<Judgement<HubFile>>;

/**
 * Makes what judges quants on a hub, by the header of the first in the ranking. That is read only
 * where the choice hangs on it: what fits whatever its header says costs no request. Where it cannot
 * be read, the sizes of the files have to do.
 */
export function createJudge({ contextSize, headers, machine, withProjector }: JudgeOptions): Judge {
  return async (model, inventory, signal) => {
    const question = {
      machine: await machine(),
      contextSize: Math.min(contextSize, model.contextLength ?? contextSize),
      withProjector,
    };
    const verdict = settledBy(inventory, question);
    if (verdict !== undefined) {
      const rough = judgementOf(inventory, question);
      return { ...rough, fitOf: (quant) => ({ ...rough.fitOf(quant), verdict }) };
    }
    const header = await headerOf(headers, model, inventory, signal);
    return judgementOf(inventory, { ...question, header });
  };
}

/**
 * How the first in the ranking fits, where that is certain and settles the choice: a quant of fewer
 * than 4 bits gives way to larger ones behind it.
 */
function settledBy(
  inventory: Inventory<HubFile>,
  question: Omit<JudgementQuestion, 'header'>,
): FitVerdict | undefined {
  const first = inventory.quants.find((quant) => isComplete(quant) && isLoadable(quant));
  if (first === undefined || isBelowFourBits(first.name)) return undefined;
  const projector = question.withProjector ? chooseProjector(inventory, first) : undefined;
  return certainFit(first.size, { ...question, projectorBytes: projector?.file.size });
}

async function headerOf(
  headers: RemoteHeaders,
  { commit, id }: Pick<HubModel, 'id' | 'commit'>,
  { quants }: Inventory<HubFile>,
  signal: AbortSignal | undefined,
): Promise<GgufHeader | undefined> {
  const file = quants[0]?.files[0];
  if (file === undefined) return undefined;
  try {
    return await headers.read({ repo: id, commit, file }, 'head', signal);
  } catch (error) {
    throwIfAborted(signal);
    if (error instanceof LlameroError) return undefined;
    throw error;
  }
}
