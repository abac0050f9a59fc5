import { AnswerText } from '../lib/chat/answer-text.ts';
import { Conversation, type Sampling, requestBody } from '../lib/chat/conversation.ts';
import { LineTerminal } from '../lib/chat/line-terminal.ts';
import { chatLoop } from '../lib/chat/loop.ts';
import type { Context } from '../lib/context.ts';
import { type ChatAnswer, streamChat } from '../lib/server/client.ts';
import type { ReadyModel } from '../lib/server/router.ts';
import { load } from './load.ts';

/** How a model is talked to. */
export interface ChatRequest {
  readonly system: string | undefined;
  readonly sampling: Sampling;
}

/** Answers one prompt. The text goes to stdout as it comes, unless it is wanted as a document. */
export async function answerOnce(
  context: Context,
  model: ReadyModel,
  request: ChatRequest & { readonly prompt: string; readonly silent: boolean },
): Promise<ChatAnswer> {
  const { signal, terminal } = context;
  const conversation = new Conversation(request.system);
  conversation.ask(request.prompt);
  const text = new AnswerText((piece) => terminal.write(piece));
  try {
    const body = requestBody(model.id, conversation.messages, request.sampling);
    const answer = await streamChat(model.address, body, {
      signal,
      onText: request.silent ? undefined : (piece) => text.add(piece),
    });
    if (answer.finishReason === 'length') {
      terminal.warn('the answer ends here because a limit of tokens was reached');
    }
    return answer;
  } finally {
    text.end();
  }
}

/** Talks until the user leaves. */
export async function chat(context: Context, ref: string, request: ChatRequest): Promise<void> {
  const { interrupts, signal, terminal } = context;
  terminal.note(`${ref}. /help lists what can be typed, /bye leaves.`);
  await chatLoop({
    terminal: new LineTerminal({
      input: terminal.streams.stdin,
      output: terminal.streams.stdout,
      notes: terminal.streams.stderr,
      signal,
    }),
    conversation: new Conversation(request.system),
    answer: async (messages, callbacks) => {
      // Others may have stopped the server or unloaded the model since the last turn.
      const model = await load(context, ref, {}, callbacks.signal);
      const body = requestBody(model.id, messages, request.sampling);
      return streamChat(model.address, body, callbacks);
    },
    takeOverInterrupt: (handler) => interrupts.takeOver(handler),
    signal,
  });
}
