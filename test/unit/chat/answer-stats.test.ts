import { describe, expect, test } from 'vitest';

import { answerStats, contextUsed } from '../../../src/lib/chat/answer-stats.ts';
import type { ChatAnswer, Timings } from '../../../src/lib/server/client.ts';

const TIMINGS: Timings = {
  promptTokens: 260,
  cachedTokens: 3100,
  promptTokensPerSecond: 900,
  completionTokens: 512,
  completionTokensPerSecond: 41.23,
};

function answer(change: Partial<ChatAnswer> = {}): ChatAnswer {
  return {
    text: 'x',
    finishReason: 'stop',
    usage: null,
    timings: TIMINGS,
    firstTokenSeconds: 0.312,
    ...change,
  };
}

describe('the figures of an answer', () => {
  test.each<[string, ChatAnswer, number | undefined]>([
    [
      '41.2 tok/s · first token 0.31 s · 512 tokens · context 3.9k of 8.2k (47 %) · 3.1k cached',
      answer(),
      8192,
    ],
    [
      '41.2 tok/s · first token 0.31 s · 512 tokens · context 3.9k · 3.1k cached',
      answer(),
      undefined,
    ],
    [
      '7.50 tok/s · first token 12.4 s · 1 token · context 7 of 128k (0 %)',
      answer({
        firstTokenSeconds: 12.41,
        timings: {
          ...TIMINGS,
          promptTokens: 6,
          cachedTokens: 0,
          completionTokens: 1,
          completionTokensPerSecond: 7.5,
        },
      }),
      128_000,
    ],
    [
      '4 tokens · context 13 of 4.1k (0 %)',
      {
        text: 'x',
        finishReason: 'stop',
        timings: null,
        usage: { promptTokens: 9, completionTokens: 4, totalTokens: 13 },
      },
      4096,
    ],
    ['', { text: 'x', finishReason: null, usage: null, timings: null }, 4096],
  ])('%s', (line, of, contextSize) => {
    expect(answerStats(of, contextSize)).toBe(line);
  });

  test('count what was cached into the context', () => {
    expect(contextUsed(answer())).toBe(3872);
  });
});
