import type { Context } from '../lib/context.ts';
import { LlameroError } from '../lib/errors.ts';
import { formatDiskSize, formatParameters } from '../lib/format.ts';
import { choose } from './chat-choose.ts';
import type { FoundModel } from './search-models.ts';

/** What can be done with a model that was picked: names of commands. */
const PICKED_ACTIONS = ['info', 'pull'] as const;
type PickedAction = (typeof PICKED_ACTIONS)[number];

/** A model that was picked, and what for. */
export interface Picked {
  readonly repo: string;
  readonly action: PickedAction;
}

const ACTIONS = {
  info: 'Show what is in it',
  pull: 'Pull it',
} as const satisfies Record<PickedAction, string>;

/**
 * Refuses a picker where nobody can pick.
 *
 * @throws LlameroError USAGE
 */
export function requirePicker({ terminal }: Context, json: boolean): void {
  if (terminal.canPrompt && !json) return;
  throw new LlameroError('USAGE', 'Nobody is there to pick a model', {
    hint: 'Leave --interactive out: the list alone needs no terminal',
  });
}

/**
 * Lets the user pick one of the models that were found, and what to do with it.
 *
 * @throws LlameroError INTERRUPTED when nothing is picked
 */
export async function pickFound(
  { signal, terminal }: Context,
  models: readonly FoundModel[],
): Promise<Picked> {
  const choices = models.map((found) => ({
    value: found,
    label: found.hit.id,
    remark: remarkOn(found),
  }));
  const found = await choose(terminal, 'Which model?', choices, signal);
  if (found === undefined) throw new LlameroError('INTERRUPTED', 'Nothing was picked');
  const action = await choose(
    terminal,
    `${found.hit.id}:`,
    PICKED_ACTIONS.map((value) => ({ value, label: ACTIONS[value] })),
    signal,
  );
  if (action === undefined) throw new LlameroError('INTERRUPTED', 'Nothing was picked');
  return { repo: found.hit.id, action };
}

function remarkOn({ choice, hit, installed }: FoundModel): string {
  const size = choice?.estimatedSize;
  const words = [
    formatParameters(hit.parameters),
    choice?.quant ?? '',
    size === undefined ? '' : `~${formatDiskSize(size)}`,
    choice?.fit?.verdict === 'too-large' ? 'too large' : '',
    hit.gated === false ? '' : 'gated',
    installed.length === 0 ? '' : '✓ installed',
  ];
  return words.filter((word) => word !== '').join('  ');
}
