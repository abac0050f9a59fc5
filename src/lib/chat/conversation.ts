/** One message of a conversation. */
export interface Message {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

/**
 * How the next token is chosen; each under the name of its llama-server flag. What is not set is
 * left to the server.
 */
export interface Sampling {
  readonly temp?: number | undefined;
  readonly 'top-p'?: number | undefined;
  readonly 'top-k'?: number | undefined;
  readonly 'min-p'?: number | undefined;
  readonly 'repeat-penalty'?: number | undefined;
  readonly seed?: number | undefined;
  /** The most tokens an answer may have; -1 for no limit. */
  readonly predict?: number | undefined;
}

/**
 * What each flag is called in a request. Source: llama.cpp, tools/server/README.md, POST
 * /completion.
 */
const FIELDS = {
  temp: 'temperature',
  'top-p': 'top_p',
  'top-k': 'top_k',
  'min-p': 'min_p',
  'repeat-penalty': 'repeat_penalty',
  seed: 'seed',
  predict: 'max_tokens',
} as const satisfies Record<keyof Sampling, string>;

/** A conversation as far as it has come. */
export class Conversation {
  readonly #system: string | undefined;
  #turns: Message[] = [];

  constructor(system?: string) {
    this.#system = system === '' ? undefined : system;
  }

  /**
   * The messages as they are sent. The head never changes, so that the server need not read it
   * again.
   */
  get messages(): readonly Message[] {
    const head: Message[] =
      this.#system === undefined ? [] : [{ role: 'system', content: this.#system }];
    return [...head, ...this.#turns];
  }

  /** Adds what the user says. */
  ask(content: string): void {
    this.#turns.push({ role: 'user', content });
  }

  /** Adds an answer, also one that was stopped halfway. */
  answer(content: string): void {
    this.#turns.push({ role: 'assistant', content });
  }

  /** Takes the last question back, when nothing at all was answered to it. */
  withdraw(): void {
    if (this.#turns.at(-1)?.role === 'user') this.#turns.pop();
  }
}

/**
 * The body of a request for the next answer.
 *
 * @param model the name the server calls the model by
 */
export function requestBody(
  model: string,
  messages: readonly Message[],
  sampling: Sampling,
): Record<string, unknown> {
  const body: Record<string, unknown> = { model, messages };
  for (const [flag, field] of Object.entries(FIELDS)) {
    const value = sampling[flag as keyof Sampling];
    if (value !== undefined) body[field] = value;
  }
  return body;
}

/**
 * A prompt from the command line and one from a pipe as one message: the words first, then the text
 * they are about.
 */
export function joinPrompt(argument: string | undefined, piped: string | undefined): string {
  const parts = [argument, piped?.trimEnd()];
  return parts.filter((part) => part !== undefined && part.trim() !== '').join('\n\n');
}
