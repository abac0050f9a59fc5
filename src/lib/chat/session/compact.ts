import { LlameroError } from '../../errors.ts';
import type { ChatAnswer } from '../../server/client.ts';
import { askModel } from './ask-model.ts';
import { type CompactionPlan, judgeSummary, lengthOf, planCompaction } from './compaction.ts';
import { shareInUse } from './context-use.ts';
import type { Session } from './session.ts';

const MOST_TOKENS = 2048;
/** Messages that have to come before a summary is tried again by itself after it failed. */
const MESSAGES_BETWEEN = 4;

/** How a conversation is summed up. */
export interface CompactOptions {
  readonly focus?: string;
  /** Characters that may be sent for it, where the whole would not fit. */
  readonly maximumLength?: number;
}

/**
 * Sums up all but the last turns. What was said stays in the history and in exports; the model
 * gets the summary in its place from now on.
 *
 * @returns whether it was done; why not was told
 */
export async function compact(session: Session, options: CompactOptions = {}): Promise<boolean> {
  const { compaction, conversation, io } = session;
  const maximumLength = options.maximumLength ?? roomInCharacters(session);
  const plan = planCompaction(conversation, {
    keepTurns: compaction.keepTurns,
    ...options,
    ...(maximumLength === undefined ? {} : { maximumLength }),
  });
  if (plan === undefined) {
    io.note('There is nothing to sum up yet');
    return false;
  }
  let answer: ChatAnswer;
  io.status('Summing up what was said …');
  try {
    answer = await session.interruptible((signal) => askForSummary(session, plan, signal));
  } catch (error) {
    io.status(undefined);
    if (session.host.signal.aborted || !(error instanceof LlameroError)) throw error;
    io.note(
      error.code === 'INTERRUPTED'
        ? 'It was not summed up'
        : `It could not be summed up: ${error.message}`,
    );
    return false;
  }
  io.status(undefined);
  const result =
    answer.finishReason === 'length'
      ? ({ type: 'refused', reason: 'it came to no end' } as const)
      : judgeSummary(plan, answer.text);
  if (result.type === 'refused') {
    io.note(`The summary is not used: ${result.reason}`);
    return false;
  }
  const before = conversation.summary?.covers ?? 0;
  conversation.summarise(result.summary);
  session.saveParameters();
  session.forgetFigures();
  const { length } = result.summary.text;
  io.note(
    `Summed up ${plan.covers - before} messages: ${plan.originalLength} characters became ${length}`,
  );
  return true;
}

/** Sums up by itself once so much of the context is in use, where that is wanted. */
export async function compactWhenFull(session: Session): Promise<void> {
  const { compaction, contextUse, conversation } = session;
  if (!compaction.automatic || contextUse === undefined) return;
  if (shareInUse(contextUse) < compaction.at) return;
  const questions = conversation.recent.filter(({ role }) => role === 'user').length;
  // The last turn is never summed up unasked.
  if (questions < 2 || conversation.turns.length < session.compactionFrom) return;
  if (!(await compact(session))) {
    session.compactionFrom = conversation.turns.length + MESSAGES_BETWEEN;
  }
}

async function askForSummary(
  session: Session,
  plan: CompactionPlan,
  signal: AbortSignal,
): Promise<ChatAnswer> {
  const ready = await session.connect(signal);
  const { contextSize, supportsThinking } = await session.props(ready, signal);
  const body = session.request(ready, {
    messages: plan.messages,
    sampling: { ...session.sampling, predict: longestSummary(contextSize) },
    think: supportsThinking ? 'off' : undefined,
  });
  return askModel(session, ready, body, { signal });
}

/** Tokens that a summary may take: a quarter of the context, which is left free for it. */
function longestSummary(contextSize: number | undefined): number {
  return contextSize === undefined
    ? MOST_TOKENS
    : Math.min(MOST_TOKENS, Math.floor(contextSize / 4));
}

/** Characters of which a summary can be made, as far as the last answer tells. */
function roomInCharacters({ contextUse, conversation }: Session): number | undefined {
  if (contextUse === undefined || contextUse.used === 0) return undefined;
  const { size, used } = contextUse;
  const charactersPerToken = lengthOf(conversation.messages) / used;
  return Math.floor((size - longestSummary(size)) * charactersPerToken);
}
