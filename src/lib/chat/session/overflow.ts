import type { LlameroError } from '../../errors.ts';
import { ContextExceeded } from '../../server/request.ts';
import { compact } from './compact.ts';
import { lengthOf, planCompaction, planDrop } from './compaction.ts';
import type { Choice } from './io.ts';
import type { Session } from './session.ts';

type WayOut = 'compact' | 'larger' | 'drop';

/** The share of a context that is filled when room is made, so that an answer finds some too. */
const FILLED = 0.6;

/**
 * Explains that a conversation has outgrown the context, and does what the user chooses: sum up,
 * load the model with a larger context, or drop the oldest turns.
 *
 * @param length characters of the question that did not fit and is no part of the conversation now
 * @returns whether it is worth asking again
 */
export async function makeRoom(
  session: Session,
  failure: LlameroError,
  length: number,
): Promise<boolean> {
  const { compaction, conversation, host, io } = session;
  io.warn(failure.message);
  const figures = failure.cause instanceof ContextExceeded ? failure.cause : undefined;
  // What a token is in characters is known best from what was just counted.
  const characters = lengthOf(conversation.messages) + length;
  const perToken = figures === undefined ? undefined : characters / figures.promptTokens;
  const room =
    figures === undefined || perToken === undefined
      ? Math.floor(characters / 2)
      : Math.floor(figures.contextSize * FILLED * perToken);
  const larger = figures === undefined ? undefined : largerContext(figures);
  const plan = planCompaction(conversation, { keepTurns: compaction.keepTurns });
  const drop = planDrop(conversation, Math.max(0, room - length));
  const choices: Choice<WayOut>[] = [
    ...(plan === undefined
      ? []
      : [{ value: 'compact', label: 'Sum up what was said before' } as const]),
    ...(larger === undefined
      ? []
      : [
          {
            value: 'larger',
            label: `Load the model with a context of ${larger} tokens`,
            remark: 'takes more memory',
          } as const,
        ]),
    ...(drop === undefined
      ? []
      : [{ value: 'drop', label: 'Leave out the oldest turns' } as const]),
  ];
  if (choices.length === 0) {
    io.note('Load the model with a larger context (/set ctx-size), or say it shorter');
    return false;
  }
  const chosen = await session.interruptible((signal) =>
    io.choose('The conversation does not fit any more. What now?', choices, signal),
  );
  switch (chosen) {
    case 'compact':
      return compact(session, { maximumLength: room });
    case 'larger':
      io.note(`Loading ${session.model} with a context of ${larger} tokens`);
      await session.interruptible((signal) =>
        session.changeModel(
          session.model,
          { ...session.loadSettings, 'ctx-size': larger ?? 0 },
          signal,
        ),
      );
      return true;
    case 'drop':
      if (drop === undefined) return false;
      io.note(`The model is no longer sent the first ${drop.covers} messages`);
      conversation.summarise(drop);
      session.saveParameters();
      return true;
    case undefined:
      host.signal.throwIfAborted();
      return false;
  }
}

function largerContext({ contextSize, promptTokens }: ContextExceeded): number {
  const wanted = Math.ceil((promptTokens * 1.5) / 1024) * 1024;
  return Math.max(wanted, contextSize * 2);
}
