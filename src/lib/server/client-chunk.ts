import { z } from 'zod';

/** Tokens of one answer. */
export interface Usage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  readonly totalTokens: number;
}

/** What an answer took. */
export interface Timings {
  /** Tokens of the prompt that were worked on. */
  readonly promptTokens: number;
  /** Tokens of the prompt that the server still knew from before. */
  readonly cachedTokens: number;
  readonly promptTokensPerSecond: number;
  readonly completionTokens: number;
  readonly completionTokensPerSecond: number;
}

/** How far the server has read the prompt, in tokens. */
export interface PromptProgress {
  readonly total: number;
  /** Tokens that the server still knew from before; they need no work. */
  readonly cached: number;
  /** Tokens that are done, those from before among them. */
  readonly processed: number;
}

/** A part of a tool call; the arguments arrive in pieces. */
export interface ToolCallPiece {
  readonly index: number;
  readonly id?: string | undefined;
  readonly name?: string | undefined;
  readonly arguments: string;
}

/** One event of an answer. What it does not tell is empty or undefined. */
export interface AnswerChunk {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCallPiece[];
  readonly finishReason: string | undefined;
  readonly usage: Usage | undefined;
  readonly timings: Timings | undefined;
  readonly progress: PromptProgress | undefined;
}

const toolCallSchema = z.object({
  index: z.number().int().default(0),
  id: z.string().nullish(),
  function: z.object({ name: z.string().nullish(), arguments: z.string().nullish() }).nullish(),
});

const choiceSchema = z.object({
  // A chat answers in `delta`, a plain completion in `text`.
  text: z.string().nullish(),
  delta: z
    .object({
      content: z.string().nullish(),
      reasoning_content: z.string().nullish(),
      tool_calls: z.array(toolCallSchema).nullish(),
    })
    .nullish(),
  finish_reason: z.string().nullish(),
});

const chunkSchema = z.object({
  error: z.null().optional(),
  choices: z.array(choiceSchema).default([]),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      total_tokens: z.number(),
    })
    .nullish(),
  timings: z
    .object({
      cache_n: z.number().default(0),
      prompt_n: z.number(),
      prompt_per_second: z.number().nullable(),
      predicted_n: z.number(),
      predicted_per_second: z.number().nullable(),
    })
    .nullish(),
  prompt_progress: z
    .object({ total: z.number(), cache: z.number().default(0), processed: z.number() })
    .nullish(),
});

/**
 * Reads one event of `/v1/chat/completions` or `/v1/completions`. Source: llama.cpp,
 * tools/server/README.md, and the answers of build 11669.
 *
 * @returns undefined when it is no part of an answer: a failure, or nonsense
 */
export function readChunk(data: string): AnswerChunk | undefined {
  const chunk = chunkSchema.safeParse(parseJson(data));
  if (!chunk.success) return undefined;
  const { choices, prompt_progress: progress, timings, usage } = chunk.data;
  // One answer is asked for, so there is one choice at the most.
  const [choice] = choices;
  return {
    text: choice?.delta?.content ?? choice?.text ?? '',
    reasoning: choice?.delta?.reasoning_content ?? '',
    toolCalls: (choice?.delta?.tool_calls ?? []).map((call) => ({
      index: call.index,
      id: call.id ?? undefined,
      name: call.function?.name ?? undefined,
      arguments: call.function?.arguments ?? '',
    })),
    finishReason: choice?.finish_reason ?? undefined,
    usage: usage
      ? {
          promptTokens: usage.prompt_tokens,
          completionTokens: usage.completion_tokens,
          totalTokens: usage.total_tokens,
        }
      : undefined,
    timings: timings
      ? {
          promptTokens: timings.prompt_n,
          cachedTokens: timings.cache_n,
          promptTokensPerSecond: timings.prompt_per_second ?? 0,
          completionTokens: timings.predicted_n,
          completionTokensPerSecond: timings.predicted_per_second ?? 0,
        }
      : undefined,
    progress: progress
      ? { total: progress.total, cached: progress.cache, processed: progress.processed }
      : undefined,
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
