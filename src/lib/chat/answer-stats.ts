import type { ChatAnswer } from '../server/client.ts';

/**
 * What an answer took, in one line: `41.2 tok/s · first token 0.31 s · 512 tokens · context 3.4k of
 * 8.2k (42 %) · 3.1k cached`. What the server did not tell is left out; of an answer without any
 * figures nothing is left.
 *
 * @param contextSize tokens that the context holds
 */
export function answerStats(answer: ChatAnswer, contextSize: number | undefined): string {
  const { firstTokenSeconds, timings } = answer;
  const parts: string[] = [];
  if (timings !== null && timings.completionTokensPerSecond > 0) {
    parts.push(`${threeDigits(timings.completionTokensPerSecond)} tok/s`);
  }
  if (firstTokenSeconds !== undefined) {
    parts.push(`first token ${threeDigits(firstTokenSeconds)} s`);
  }
  const tokens = timings?.completionTokens ?? answer.usage?.completionTokens;
  if (tokens !== undefined) parts.push(`${count(tokens)} ${tokens === 1 ? 'token' : 'tokens'}`);
  const used = contextUsed(answer);
  if (used !== undefined) parts.push(contextWords(used, contextSize));
  if (timings !== null && timings.cachedTokens > 0) {
    parts.push(`${count(timings.cachedTokens)} cached`);
  }
  return parts.join(' · ');
}

/** Tokens in the context after an answer: the prompt, cached or not, and the answer itself. */
export function contextUsed({ timings, usage }: ChatAnswer): number | undefined {
  if (timings === null) return usage?.totalTokens;
  return timings.cachedTokens + timings.promptTokens + timings.completionTokens;
}

function contextWords(used: number, size: number | undefined): string {
  if (size === undefined || size <= 0) return `context ${count(used)}`;
  return `context ${count(used)} of ${count(size)} (${Math.round((100 * used) / size)} %)`;
}

/** Tokens, short: `512`, `3.4k`, `128k`. */
function count(tokens: number): string {
  if (tokens < 1000) return String(tokens);
  const thousands = tokens / 1000;
  return `${thousands < 99.95 ? thousands.toFixed(1).replace(/\.0$/u, '') : Math.round(thousands)}k`;
}

function threeDigits(value: number): string {
  return value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0);
}
