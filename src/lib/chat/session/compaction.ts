import type { Conversation, Summary } from '../conversation.ts';
import type { Message } from '../message.ts';

/** What is to be summed up, and how. */
export interface CompactionPlan {
  /** What is sent to get the summary. It begins like every other request, so the server knows it. */
  readonly messages: readonly Message[];
  /** How many messages the summary will stand for, counted from the first of the conversation. */
  readonly covers: number;
  /** Characters of what it will stand for. */
  readonly originalLength: number;
}

/** How a plan is made. */
export interface CompactionOptions {
  /** How many of the last questions stay word for word with what followed them. */
  readonly keepTurns: number;
  /** What the summary must not lose. */
  readonly focus?: string;
  /**
   * Characters that may be sent, where the whole would not fit; the oldest messages are left out.
   */
  readonly maximumLength?: number;
}

const INSTRUCTION = `Sum up the conversation above so that it can go on without it. Write in the language of the conversation, at most a quarter as long as what you sum up, in short notes under these headings, leaving out the ones that would be empty:
Goal - what the user wants.
Facts - names, numbers, code, decisions and preferences that may be needed again, exactly as they were given.
Done - what was answered or settled.
Open - what is still to do or was asked last.
Write the summary alone.`;

/**
 * Plans a summary of all but the last turns. Of a conversation shorter than what is to be kept,
 * all but the last turn.
 *
 * @returns undefined when there is nothing to sum up
 */
export function planCompaction(
  conversation: Conversation,
  { focus, keepTurns, maximumLength }: CompactionOptions,
): CompactionPlan | undefined {
  const { head, recent } = conversation;
  const questions = recent.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  const kept = Math.min(Math.max(keepTurns, 0), questions.length - 1);
  const end = kept <= 0 ? recent.length : (questions.at(-kept) ?? 0);
  const old = recent.slice(0, end);
  if (old.length === 0) return undefined;
  const request: Message = {
    role: 'user',
    content:
      focus === undefined || focus === ''
        ? INSTRUCTION
        : `${INSTRUCTION}\nAbove all keep: ${focus}`,
  };
  const room = (maximumLength ?? Number.POSITIVE_INFINITY) - lengthOf([...head, request]);
  return {
    messages: [...head, ...withLastWord(newestThatFit(old, room), request)],
    covers: (conversation.summary?.covers ?? 0) + old.length,
    originalLength: lengthOf(old) + (conversation.summary?.text.length ?? 0),
  };
}

/** What came of asking for a summary. */
export type CompactionResult =
  | { readonly type: 'summary'; readonly summary: Summary }
  | { readonly type: 'refused'; readonly reason: string };

/** Judges a summary: an empty one, and one that is no shorter than what it stands for, is refused. */
export function judgeSummary(plan: CompactionPlan, text: string): CompactionResult {
  const summary = text.trim();
  if (summary === '') return { type: 'refused', reason: 'the model wrote none' };
  if (summary.length >= plan.originalLength) {
    return { type: 'refused', reason: 'it is no shorter than what it sums up' };
  }
  return { type: 'summary', summary: { text: summary, covers: plan.covers } };
}

/**
 * Drops the oldest turns without a summary, until what is sent is at most so long. The last
 * question always stays.
 *
 * @returns undefined when there is nothing left to drop
 */
export function planDrop(conversation: Conversation, maximumLength: number): Summary | undefined {
  const { recent, summary } = conversation;
  const questions = recent.flatMap(({ role }, index) => (role === 'user' ? [index] : []));
  const starts = questions.slice(1);
  const start =
    starts.find(
      (index) => lengthOf([...conversation.head, ...recent.slice(index)]) <= maximumLength,
    ) ?? starts.at(-1);
  if (start === undefined) return undefined;
  return { text: summary?.text ?? '', covers: (summary?.covers ?? 0) + start };
}

/** Characters of messages. */
export function lengthOf(messages: readonly Message[]): number {
  return messages.reduce((length, { content }) => length + content.length, 0);
}

/** Adds a question, to the last one where that has no answer: templates want the two in turns. */
function withLastWord(messages: readonly Message[], question: Message): readonly Message[] {
  const last = messages.at(-1);
  if (last?.role !== 'user') return [...messages, question];
  const content = `${last.content}\n\n${question.content}`;
  return [...messages.slice(0, -1), { ...last, content }];
}

/** The last messages within a length, from a question on; the last one in any case, cut if need be. */
function newestThatFit(messages: readonly Message[], length: number): readonly Message[] {
  if (lengthOf(messages) <= length) return messages;
  let start = messages.length;
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    if (lengthOf(messages.slice(index)) > length) break;
    if (messages[index]?.role === 'user') start = index;
  }
  if (start < messages.length) return messages.slice(start);
  const last = messages.at(-1);
  if (last === undefined) return [];
  return [{ role: 'user', content: last.content.slice(-Math.max(0, Math.floor(length))) }];
}
