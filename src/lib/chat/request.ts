import type { AnswerFormat } from './answer-format.ts';
import type { Message } from './message.ts';
import { type Sampling, samplingFields } from './sampling.ts';

/** How much a model may think before it answers. */
export const THINK_LEVELS = ['on', 'off', 'low', 'medium', 'high'] as const;

export type ThinkLevel = (typeof THINK_LEVELS)[number];

/** What the next answer of a chat is asked with. */
export interface ChatRequestOptions {
  /** The name the server calls the model by. */
  readonly model: string;
  readonly messages: readonly Message[];
  readonly sampling: Sampling;
  /** Left to the model's template when it is not said. */
  readonly think?: ThinkLevel | undefined;
  readonly format?: AnswerFormat | undefined;
  /**
   * Go on with the last message, which is the model's own and was broken off. The answer then
   * begins with that message.
   */
  readonly continueLast?: boolean | undefined;
}

/** What a text is continued with, without a chat template. */
export interface CompletionRequestOptions {
  readonly model: string;
  readonly prompt: string;
  readonly sampling: Sampling;
  readonly format?: AnswerFormat | undefined;
}

type RequestBody = Record<string, unknown>;

/**
 * The body of a request for the next answer of a chat. Source: llama.cpp, tools/server/README.md,
 * POST /v1/chat/completions.
 */
export function chatRequest(options: ChatRequestOptions): RequestBody {
  const { continueLast, format, messages, model, sampling, think } = options;
  return {
    model,
    messages: messages.map(wireMessage),
    ...samplingFields(sampling),
    ...(think === undefined ? {} : thinkFields(think)),
    ...(format === undefined ? {} : chatFormatFields(format)),
    ...(continueLast === true
      ? { continue_final_message: true, add_generation_prompt: false }
      : {}),
  };
}

/** The body of a request that continues a text as it is: POST /v1/completions. */
export function completionRequest(options: CompletionRequestOptions): RequestBody {
  const { format, model, prompt, sampling } = options;
  return {
    model,
    prompt,
    ...samplingFields(sampling),
    ...(format === undefined ? {} : completionFormatFields(format)),
  };
}

/** A message as it is sent: of what was thought and how it ended nothing goes back to the model. */
function wireMessage({ content, images = [], role }: Message): RequestBody {
  if (images.length === 0) return { role, content };
  return {
    role,
    content: [
      ...images.map(({ data, mimeType }) => ({
        type: 'image_url',
        image_url: { url: `data:${mimeType};base64,${data}` },
      })),
      ...(content === '' ? [] : [{ type: 'text', text: content }]),
    ],
  };
}

/**
 * The template decides what becomes of these. `reasoning_budget_tokens: 0` also ends the thinking
 * of models whose template knows no switch; where the template has closed it already it does
 * nothing. Seen on build 11669.
 */
function thinkFields(think: ThinkLevel): RequestBody {
  if (think === 'off') {
    return { chat_template_kwargs: { enable_thinking: false }, reasoning_budget_tokens: 0 };
  }
  return {
    chat_template_kwargs: {
      enable_thinking: true,
      ...(think === 'on' ? {} : { reasoning_effort: think }),
    },
  };
}

function chatFormatFields(format: AnswerFormat): RequestBody {
  switch (format.type) {
    case 'json':
      return { response_format: { type: 'json_object' } };
    case 'schema':
      return {
        response_format: {
          type: 'json_schema',
          json_schema: { name: 'answer', schema: format.schema },
        },
      };
    case 'grammar':
      return { grammar: format.grammar };
  }
}

/** `response_format` is passed over without a word there. Seen on build 11669. */
function completionFormatFields(format: AnswerFormat): RequestBody {
  switch (format.type) {
    case 'json':
      return { json_schema: { type: 'object' } };
    case 'schema':
      return { json_schema: format.schema };
    case 'grammar':
      return { grammar: format.grammar };
  }
}
