import path from 'node:path';

import { LlameroError } from '../errors.ts';
import { formatDiskSize } from '../format.ts';
import { type Judgement, chooseDefault, findQuant } from '../gguf/choice.ts';
import { isGguf } from '../gguf/file-name.ts';
import { type Inventory, type Quant, takeInventory } from '../gguf/inventory.ts';
import { chooseProjector } from '../gguf/projector.ts';
import { isComplete } from '../gguf/ranking.ts';
import type { Hub, HubFile, HubModel } from '../hub/types.ts';
import type { Judge } from '../info/judge.ts';
import { oneLine } from '../plain-text.ts';
import { projectorPath, quantPaths, repoFolder } from '../store/layout.ts';
import type { Reference } from '../store/reference.ts';

/** One file of a pull: what it is at the hub and where it goes. */
export interface PlannedFile {
  readonly hubFile: HubFile;
  /** Absolute. */
  readonly target: string;
  readonly kind: 'model' | 'projector';
  /** Of a projector, its type: `F16`. */
  readonly label: string;
}

/** What a pull is going to get, before anything is looked at on this machine. */
export interface PullPlan {
  /** `user/repo:QUANT`. */
  readonly ref: string;
  /** `user/repo` as the hub spells it. */
  readonly repo: string;
  readonly commit: string;
  readonly quant: string;
  /** Why this quant, in one line; undefined when it was asked for. */
  readonly reason: string | undefined;
  readonly folder: string;
  /** The projector first: a model that is complete is then complete with what it needs. */
  readonly files: readonly PlannedFile[];
}

/** How a plan is made. */
export interface PlanOptions {
  readonly models: string;
  /** The quant to take when the reference names none. */
  readonly preferredQuant?: string | undefined;
  /** Judges how quants fit the machine, when one has to be chosen; without it the ranking decides. */
  readonly judge?: Judge | undefined;
  readonly withProjector: boolean;
  readonly signal: AbortSignal;
}

/**
 * Asks the hub what a reference stands for and chooses the files.
 *
 * @throws LlameroError what the hub says, or NO_GGUF, QUANT_NOT_FOUND, AMBIGUOUS, SHARDS_MISSING
 */
export async function planPull(
  hub: Hub,
  reference: Reference,
  options: PlanOptions,
): Promise<PullPlan> {
  const { signal } = options;
  const model = await hub.model(reference.repo, { revision: reference.revision, signal });
  const files = await hub.files(model.id, model.commit, { signal });
  const inventory = takeInventory(files, { repo: model.id });
  if (!looksLikeModels(files, inventory)) throw noGguf(hub, model, files);
  const { quant, reason } = await chooseQuant(model, inventory, reference.tag, options);
  requireShards(model, quant, inventory.quants);
  // The API of a gated repository is open to all; only its files tell whether we may have them.
  const [first] = quant.files;
  if (model.gated !== false && first !== undefined) {
    await hub.resolve(model.id, model.commit, first.path, { signal });
  }
  const folder = repoFolder(options.models, model.id);
  const targets = quantPaths(
    folder,
    quant.label,
    quant.files.map((file) => file.path),
  );
  const projector = options.withProjector ? chooseProjector(inventory, quant) : undefined;
  return {
    ref: `${model.id}:${quant.label}`,
    repo: model.id,
    commit: model.commit,
    quant: quant.label,
    reason,
    folder,
    files: [
      ...(projector === undefined
        ? []
        : [
            {
              hubFile: projector.file,
              target: projectorPath(folder, projector.label),
              kind: 'projector' as const,
              label: projector.label,
            },
          ]),
      ...quant.files.map((hubFile, index) => ({
        hubFile,
        target: targets[index] ?? path.join(folder, path.posix.basename(hubFile.path)),
        kind: 'model' as const,
        label: quant.label,
      })),
    ],
  };
}

async function chooseQuant(
  model: HubModel,
  inventory: Inventory<HubFile>,
  tag: string | undefined,
  options: PlanOptions,
): Promise<{ readonly quant: Quant<HubFile>; readonly reason: string | undefined }> {
  const { preferredQuant } = options;
  const judgement = tag === undefined ? await judge(model, inventory, options) : undefined;
  // Without a model among the files this throws, and says what they are.
  const choice = chooseDefault(inventory, preferredQuant, { repo: model.id, judgement });
  if (tag === undefined) return choice;
  const match = findQuant(inventory, tag);
  switch (match.kind) {
    case 'found':
      return { quant: match.quant, reason: undefined };
    case 'ambiguous': {
      const labels = match.candidates.map(({ label }) => label);
      throw new LlameroError(
        'AMBIGUOUS',
        `${model.id} has more than one ${oneLine(tag)}: ${labels.join(', ')}`,
        { hint: `Name one of them: \`llamero pull ${model.id}:${labels[0] ?? tag}\`` },
      );
    }
    case 'missing':
      throw new LlameroError('QUANT_NOT_FOUND', `${model.id} has no ${oneLine(tag)}`, {
        hint: `It has ${listQuants(inventory.quants)}`,
      });
  }
}

/** A quant that is preferred is taken however it fits: nothing is asked for it. */
async function judge(
  model: HubModel,
  inventory: Inventory<HubFile>,
  options: PlanOptions,
): Promise<Judgement<HubFile> | undefined> {
  const { preferredQuant = '', signal } = options;
  const preferred = findQuant(inventory, preferredQuant);
  const isSettled = preferred.kind === 'found' && isComplete(preferred.quant);
  return isSettled ? undefined : options.judge?.(model, inventory, signal);
}

function listQuants(quants: readonly Quant<HubFile>[]): string {
  return quants.map(({ label, size }) => `${label} (${formatDiskSize(size)})`).join(', ');
}

function requireShards(
  model: HubModel,
  quant: Quant<HubFile>,
  quants: readonly Quant<HubFile>[],
): void {
  const { shards } = quant;
  if (shards === undefined || isComplete(quant)) return;
  const whole = quants.filter(isComplete);
  throw new LlameroError(
    'SHARDS_MISSING',
    `${model.id}:${quant.label} is not complete at the hub: ${
      shards.missing.length === 1 ? 'shard' : 'shards'
    } ${shards.missing.join(', ')} of ${shards.total} missing`,
    {
      hint:
        whole.length === 0
          ? undefined
          : `Complete ${whole.length === 1 ? 'is' : 'are'} ${listQuants(whole)}`,
    },
  );
}

/** Whether there is anything to explain besides «no GGUF file here». */
function looksLikeModels(files: readonly HubFile[], { other }: Inventory<HubFile>): boolean {
  return (
    files.some((file) => isGguf(file.path)) || other.some(({ reason }) => reason !== undefined)
  );
}

const EXAMPLES = 5;

function noGguf(hub: Hub, model: HubModel, files: readonly HubFile[]): LlameroError {
  const names = files.map((file) => oneLine(file.path));
  const shown = names.slice(0, EXAMPLES).join(', ');
  const more = names.length > EXAMPLES ? ` and ${names.length - EXAMPLES} more` : '';
  return new LlameroError('NO_GGUF', `${model.id} holds no GGUF file`, {
    hint: `${names.length === 0 ? 'The repository is empty' : `There is ${shown}${more}`}\nA conversion often has the same name with -GGUF behind it; the page is ${hub.page(model.id)}`,
  });
}
