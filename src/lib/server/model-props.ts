import { z } from 'zod';

import { LlameroError } from '../errors.ts';
import { type ServerAddress, requestJson } from './request.ts';

/** What a loaded model can do, as its server tells it. */
export interface ModelProps {
  /** Tokens that a conversation may take; undefined when the server does not say. */
  readonly contextSize: number | undefined;
  readonly vision: boolean;
  readonly audio: boolean;
  /** The Jinja template that makes one text of the messages. */
  readonly chatTemplate: string | undefined;
  /** What the template can do, by llama.cpp's names: `supports_tools` … */
  readonly templateCapabilities: Readonly<Record<string, boolean>>;
  /** Whether the template knows of thinking, so that it can be switched on or off. */
  readonly supportsThinking: boolean;
  /** Whether the template takes a level of thinking: low, medium, high. */
  readonly supportsThinkLevels: boolean;
}

const propsSchema = z.object({
  default_generation_settings: z.object({ n_ctx: z.number().optional() }).optional(),
  modalities: z
    .object({ vision: z.boolean().optional(), audio: z.boolean().optional() })
    .optional(),
  chat_template: z.string().optional(),
  chat_template_caps: z.record(z.string(), z.unknown()).optional(),
});

/** What templates of thinking models speak of. llama.cpp has no single word for it in `/props`. */
const SIGNS_OF_THINKING = /thinking|<\/?think>|reasoning_/u;

type RequestBody = Readonly<Record<string, unknown>>;

/**
 * Asks what a loaded model can do. Source: llama.cpp, tools/server/README.md, GET /props, seen on
 * build 11669.
 *
 * @param id the name the server calls the model by
 * @throws LlameroError SERVER_GONE, SERVER_ANSWER, INTERRUPTED
 */
export async function modelProps(
  address: ServerAddress,
  id: string,
  signal?: AbortSignal,
): Promise<ModelProps> {
  const path = `/props?model=${encodeURIComponent(id)}`;
  const props = read(propsSchema, await requestJson(address, { method: 'GET', path, signal }));
  const capabilities = Object.entries(props.chat_template_caps ?? {}).flatMap(([name, value]) =>
    typeof value === 'boolean' ? [[name, value] as const] : [],
  );
  const templateCapabilities = Object.fromEntries(capabilities);
  const supportsThinkLevels = templateCapabilities['supports_reasoning_effort'] === true;
  return {
    contextSize: props.default_generation_settings?.n_ctx,
    vision: props.modalities?.vision === true,
    audio: props.modalities?.audio === true,
    chatTemplate: props.chat_template,
    templateCapabilities,
    supportsThinking: supportsThinkLevels || SIGNS_OF_THINKING.test(props.chat_template ?? ''),
    supportsThinkLevels,
  };
}

/**
 * The text that the model is really given for a chat: the template filled with the messages.
 *
 * @param body as for `streamChat`
 * @throws LlameroError SERVER_GONE, SERVER_ANSWER with the server's own words, INTERRUPTED
 */
export async function applyTemplate(
  address: ServerAddress,
  body: RequestBody,
  signal?: AbortSignal,
): Promise<string> {
  const answer = await requestJson(address, {
    method: 'POST',
    path: '/apply-template',
    body,
    signal,
  });
  return read(z.object({ prompt: z.string() }), answer).prompt;
}

/**
 * The number of tokens of a text, without those that a template or the model puts around it.
 *
 * @param id the name the server calls the model by
 * @throws LlameroError as {@link applyTemplate}
 */
export async function countTokens(
  address: ServerAddress,
  id: string,
  text: string,
  signal?: AbortSignal,
): Promise<number> {
  const answer = await requestJson(address, {
    method: 'POST',
    path: '/tokenize',
    body: { model: id, content: text },
    signal,
  });
  return read(z.object({ tokens: z.array(z.unknown()) }), answer).tokens.length;
}

/**
 * The number of tokens that a chat takes in the context before it is answered.
 *
 * @param body as for `streamChat`
 * @throws LlameroError as {@link applyTemplate}
 */
export async function countChatTokens(
  address: ServerAddress,
  body: RequestBody,
  signal?: AbortSignal,
): Promise<number> {
  const answer = await requestJson(address, {
    method: 'POST',
    path: '/v1/chat/completions/input_tokens',
    body,
    signal,
  });
  return read(z.object({ input_tokens: z.number() }), answer).input_tokens;
}

function read<T>(schema: z.ZodType<T>, answer: unknown): T {
  const read = schema.safeParse(answer);
  if (read.success) return read.data;
  throw new LlameroError('SERVER_ANSWER', 'The server answers in a form that is not known', {
    hint: 'It may be a build that is too old or too new; `llamero version` names it',
    cause: read.error,
  });
}
