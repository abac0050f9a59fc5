import { LlameroError } from '../../errors.ts';
import { stripControls } from '../../plain-text.ts';
import type { ChatAnswer } from '../../server/client.ts';
import type { ChatRequestOptions } from '../request.ts';
import { requireVision } from '../attachments.ts';
import { askModel } from './ask-model.ts';
import type { Session } from './session.ts';

/** Tokens of a prompt that take so long to read that it is told how far it has come. */
const WORTH_TELLING = 64;

/** What came of asking for an answer. */
export interface Received {
  /** What the model said, as far as it came, without control characters. */
  readonly text: string;
  readonly reasoning: string;
  /** With figures, also of an answer that was broken off; undefined when nothing came at all. */
  readonly answer: ChatAnswer | undefined;
  /** Why it is not whole. */
  readonly failure: LlameroError | undefined;
}

/** What is different about a request. */
export interface ReceiveOptions {
  readonly changes?: Partial<Omit<ChatRequestOptions, 'model'>>;
  /** What the answer repeats at its beginning, and is not shown again. */
  readonly beginning?: string;
}

/**
 * Asks for the next answer and shows it as it comes. Ctrl+C stops it: the connection is closed, and
 * with that the server's work. Why an answer is not whole stands in the result.
 */
export async function receiveAnswer(
  session: Session,
  { beginning = '', changes = {} }: ReceiveOptions = {},
): Promise<Received> {
  const { io, markdown, thinking } = session;
  let text = '';
  let reasoning = '';
  let answer: ChatAnswer | undefined;
  let failure: LlameroError | undefined;
  const view = io.answer({ markdown, thinking });
  const skip = skipBeginning(beginning);
  try {
    answer = await session.interruptible(async (signal) => {
      const ready = await session.connect(signal);
      const props = await session.props(ready, signal);
      const messages = changes.messages ?? session.conversation.messages;
      requireVision(
        props,
        session.model,
        messages.flatMap(({ images = [] }) => images),
      );
      return askModel(session, ready, session.request(ready, changes), {
        signal,
        onProgress: ({ cached, processed, total }) => {
          const work = total - cached;
          if (work >= WORTH_TELLING) view.progress((processed - cached) / work);
        },
        onReasoning: (piece) => {
          const safe = stripControls(piece);
          reasoning += safe;
          view.reasoning(safe);
        },
        onText: (piece) => {
          const safe = skip(stripControls(piece));
          text += safe;
          if (safe !== '') view.text(safe);
        },
        onPartial: (partial) => {
          answer = partial;
        },
      });
    });
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    failure = error;
  } finally {
    view.end();
  }
  return { text, reasoning, answer, failure };
}

/** Takes a known beginning away from what comes in pieces; what begins otherwise stays whole. */
function skipBeginning(beginning: string): (piece: string) => string {
  let pending = '';
  let done = beginning === '';
  return (piece) => {
    if (done) return piece;
    pending += piece;
    if (pending.length < beginning.length && beginning.startsWith(pending)) return '';
    done = true;
    return pending.startsWith(beginning) ? pending.slice(beginning.length) : pending;
  };
}
