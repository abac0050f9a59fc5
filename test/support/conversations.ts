import { requestJson } from '../../src/lib/server/request.ts';
import { readLiveState } from '../../src/lib/server/state.ts';
import type { CliHome } from './cli.ts';

/** A conversation as `history show --json` has it. */
export interface Kept {
  readonly messages: readonly {
    readonly role: string;
    readonly content: string;
    readonly stopped?: boolean;
  }[];
}

/** The conversation last talked in, as it is kept. */
export async function latestConversation(home: Pick<CliHome, 'run'>): Promise<Kept> {
  const { stdout } = await home.run(['history', 'show', '--json']);
  return (JSON.parse(stdout) as { readonly conversation: Kept }).conversation;
}

/** How many requests the server works on for a model right now, as llama-server itself says. */
export async function busySlots(home: Pick<CliHome, 'path'>, ref: string): Promise<number> {
  const state = await readLiveState(home.path('run', 'server.json'));
  if (state === undefined) throw new Error('no server runs');
  const slots = (await requestJson(state, {
    method: 'GET',
    path: `/slots?model=${encodeURIComponent(ref)}`,
  })) as readonly { readonly is_processing: boolean }[];
  return slots.filter((slot) => slot.is_processing).length;
}
