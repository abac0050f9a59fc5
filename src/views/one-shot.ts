import type { AnswerFormat } from '../lib/chat/answer-format.ts';
import { answerStats } from '../lib/chat/answer-stats.ts';
import { requireVision } from '../lib/chat/attachments.ts';
import type { ImageAttachment, Message } from '../lib/chat/message.ts';
import { type ThinkLevel, chatRequest, completionRequest } from '../lib/chat/request.ts';
import type { Sampling } from '../lib/chat/sampling.ts';
import type { Context } from '../lib/context.ts';
import { type ChatAnswer, streamChat, streamCompletion } from '../lib/server/client.ts';
import { type ModelProps, modelProps } from '../lib/server/model-props.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { ReadyModel } from '../lib/server/router.ts';
import { explainLoss } from './lost-answer.ts';
import type { OneShotOutput } from './one-shot-output.ts';

/** What is asked once. */
export interface Question {
  readonly prompt: string;
  readonly images: readonly ImageAttachment[];
  readonly system: string | undefined;
  readonly sampling: Sampling;
  readonly think: ThinkLevel | undefined;
  readonly format: AnswerFormat | undefined;
  /** Go on with the prompt as it is, without the model's chat template. */
  readonly raw: boolean;
  /** Whether a line of figures follows on stderr. */
  readonly stats: boolean;
}

/**
 * Answers one prompt.
 *
 * @throws LlameroError USAGE when the model cannot see the pictures, and whatever `streamChat` throws
 */
export async function answerOnce(
  context: Context,
  model: ReadyModel,
  question: Question,
  output: OneShotOutput,
): Promise<ChatAnswer> {
  const { signal } = context;
  const { images, stats, think } = question;
  const props =
    images.length > 0 || stats || think !== undefined
      ? await modelProps(model.address, model.id, signal)
      : undefined;
  if (props !== undefined) {
    requireVision(props, model.ref, images);
    warnAboutThinking(context, model.ref, props, think);
  }
  const tellStats = (answer: ChatAnswer): void => {
    if (stats) noteStats(context, answer, props?.contextSize);
  };
  output.start();
  let answer: ChatAnswer;
  try {
    answer = await ask(model, question, {
      ...output,
      signal,
      onPartial: (partial) => {
        output.stop();
        tellStats(partial);
      },
    });
  } catch (error) {
    throw await explainLoss(context, model.ref, error);
  } finally {
    output.stop();
  }
  output.finish(answer);
  warnAboutEnd(context, answer);
  tellStats(answer);
  return answer;
}

function ask(
  model: ReadyModel,
  question: Question,
  options: Parameters<typeof streamChat>[2],
): Promise<ChatAnswer> {
  const { format, prompt, sampling, think } = question;
  if (question.raw) {
    const body = completionRequest({ model: model.id, prompt, sampling, format });
    return streamCompletion(model.address, body, options);
  }
  const body = chatRequest({
    model: model.id,
    messages: messagesOf(question),
    sampling,
    think,
    format,
  });
  return streamChat(model.address, body, options);
}

function messagesOf({ images, prompt, system }: Question): Message[] {
  const head: Message[] =
    system === undefined || system === '' ? [] : [{ role: 'system', content: system }];
  return [...head, { role: 'user', content: prompt, ...(images.length === 0 ? {} : { images }) }];
}

function warnAboutThinking(
  { terminal }: Context,
  ref: string,
  props: ModelProps,
  think: ThinkLevel | undefined,
): void {
  if (think === undefined || think === 'off') return;
  if (!props.supportsThinking) {
    terminal.warn(`--think ${think} may do nothing: the template of ${ref} knows no thinking`);
  } else if (think !== 'on' && !props.supportsThinkLevels) {
    terminal.warn(`--think ${think} is as good as on: the template of ${ref} knows no levels`);
  }
}

function warnAboutEnd({ terminal }: Context, { finishReason, toolCalls = [] }: ChatAnswer): void {
  if (finishReason === 'length') {
    terminal.warn('the answer ends here because a limit of tokens was reached');
  }
  for (const { name } of toolCalls) {
    terminal.warn(`the model asks for the tool ${oneLine(name)}, and run has no tools`);
  }
}

function noteStats({ terminal }: Context, answer: ChatAnswer, contextSize?: number): void {
  const line = answerStats(answer, contextSize);
  if (line !== '') terminal.note(terminal.style.dim(line));
}
