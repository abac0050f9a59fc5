import { EventEmitter } from 'node:events';

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { AnswerText } from '../../../src/lib/chat/answer-text.ts';
import { Conversation, joinPrompt, requestBody } from '../../../src/lib/chat/conversation.ts';
import { type AnswerCallbacks, type ChatInput, chatLoop } from '../../../src/lib/chat/loop.ts';
import { LlameroError, abortError } from '../../../src/lib/errors.ts';
import { stripControls } from '../../../src/lib/plain-text.ts';
import { caught } from '../../support/caught.ts';

describe('a conversation', () => {
  test('keeps its head and its order', () => {
    const conversation = new Conversation('Be brief.');
    conversation.ask('one');
    conversation.answer('first');
    conversation.ask('two');
    expect(conversation.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'first' },
      { role: 'user', content: 'two' },
    ]);
    conversation.withdraw();
    expect(conversation.messages.at(-1)).toEqual({ role: 'assistant', content: 'first' });
    conversation.withdraw();
    expect(conversation.messages).toHaveLength(3);
  });

  test('has no system message when none was given', () => {
    for (const system of [undefined, '']) {
      expect(new Conversation(system).messages).toEqual([]);
    }
  });

  test('becomes a request with the sampling that was set and nothing else', () => {
    expect(requestBody('m', [], {})).toEqual({ model: 'm', messages: [] });
    const sampling = {
      temp: 0,
      'top-p': 0.9,
      'top-k': 40,
      'min-p': 0.1,
      'repeat-penalty': 1.1,
      seed: 7,
      predict: -1,
    };
    expect(requestBody('m', [], sampling)).toEqual({
      model: 'm',
      messages: [],
      temperature: 0,
      top_p: 0.9,
      top_k: 40,
      min_p: 0.1,
      repeat_penalty: 1.1,
      seed: 7,
      max_tokens: -1,
    });
  });

  test.each([
    ['ask', undefined, 'ask'],
    ['', 'text\n', 'text'],
    ['ask', 'text\n\n', 'ask\n\ntext'],
    ['ask', '', 'ask'],
    [undefined, ' \n', ''],
    [undefined, undefined, ''],
  ])('begins with %j and %j as %j', (argument, piped, expected) => {
    expect(joinPrompt(argument, piped)).toBe(expected);
  });
});

describe('the text of an answer', () => {
  function shownOf(pieces: readonly string[]): string {
    let shown = '';
    const answer = new AnswerText((text) => {
      shown += text;
    });
    for (const piece of pieces) answer.add(piece);
    answer.end();
    return shown;
  }

  test.each([
    [['\n\n', ' Hello', ' you'], 'Hello you\n'],
    [['ends\n'], 'ends\n'],
    [['\u001B', ']0;title\u0007', 'x'], ']0;titlex\n'],
    [['a\u001B[3', '1mb\r'], 'a[31mb\n'],
    [['abc\u202Etxt'], 'abctxt\n'],
    [[], ''],
    [[' ', '\n'], ''],
  ])('%j is shown as %j', (pieces, shown) => {
    expect(shownOf(pieces)).toBe(shown);
  });

  test('is the same however it is cut, and never holds a control character', () => {
    const hostile = fc.string({
      unit: fc.oneof(
        fc.constantFrom('\u001B', '\u009B', '\u0007', '\r', '\b', '[31m', '\n', '\u202E'),
        fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
      ),
    });
    fc.assert(
      fc.property(fc.array(hostile), (pieces) => {
        const shown = shownOf(pieces);
        expect(shown).toBe(shownOf([pieces.join('')]));
        expect(stripControls(shown)).toBe(shown);
        expect(shown).not.toMatch(/[\u0000-\u0008\u000B-\u001F\u007F-\u009F]/u);
      }),
    );
  });
});

describe('the chat loop', () => {
  /** A terminal on which a script types, and a model that answers by it. */
  class Stage {
    shown = '';
    readonly notes: string[] = [];
    readonly sent: string[][] = [];
    readonly conversation = new Conversation();
    readonly ending = new AbortController();
    readonly #keys = new EventEmitter();

    async play(
      inputs: readonly (string | ChatInput)[],
      answer: (callbacks: AnswerCallbacks, turn: number) => Promise<unknown>,
    ): Promise<void> {
      const queue = [...inputs];
      await chatLoop({
        terminal: {
          question: () => {
            const next = queue.shift() ?? { type: 'closed' };
            return Promise.resolve(typeof next === 'string' ? { type: 'line', text: next } : next);
          },
          write: (text) => {
            this.shown += text;
          },
          note: (line) => this.notes.push(line),
        },
        conversation: this.conversation,
        answer: (messages, callbacks) => {
          this.sent.push(messages.map(({ content }) => content));
          return answer(callbacks, this.sent.length);
        },
        takeOverInterrupt: (handler) => {
          this.#keys.on('interrupt', handler);
          return () => this.#keys.off('interrupt', handler);
        },
        signal: this.ending.signal,
      });
    }

    /** Presses Ctrl+C; answers whether anybody took it. */
    interrupt(): boolean {
      return this.#keys.emit('interrupt');
    }
  }

  const say =
    (text: string) =>
    (callbacks: AnswerCallbacks): Promise<void> => {
      callbacks.onText(text);
      return Promise.resolve();
    };

  /** Says something and then waits to be stopped, as a request to the server does. */
  function untilStopped({ signal }: AnswerCallbacks): Promise<never> {
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(abortError(signal)), { once: true });
    });
  }

  test('sends what was said before with every question', async () => {
    const stage = new Stage();
    await stage.play(['one', '  ', 'two', '/bye', 'three'], say(' an answer'));
    expect(stage.sent).toEqual([['one'], ['one', 'an answer', 'two']]);
    expect(stage.shown).toBe('an answer\nan answer\n');
  });

  test('keeps what came of a stopped answer and goes on', async () => {
    const stage = new Stage();
    await stage.play(['one', 'two'], async (callbacks, turn) => {
      callbacks.onText('half');
      if (turn > 1) return;
      queueMicrotask(() => stage.interrupt());
      await untilStopped(callbacks);
    });
    expect(stage.notes).toEqual(['(stopped)']);
    expect(stage.sent[1]).toEqual(['one', 'half', 'two']);
    expect(stage.interrupt()).toBe(false);
  });

  test('takes a question back that nothing was answered to', async () => {
    const stage = new Stage();
    await stage.play(['one', 'two'], async (callbacks, turn) => {
      if (turn > 1) return;
      queueMicrotask(() => stage.interrupt());
      await untilStopped(callbacks);
    });
    expect(stage.sent[1]).toEqual(['two']);
  });

  test('tells a failure of the server with its hint and goes on', async () => {
    const stage = new Stage();
    await stage.play(['one', 'two'], (callbacks, turn) =>
      turn === 1
        ? Promise.reject(new LlameroError('SERVER_GONE', 'It is gone', { hint: 'do this' }))
        : say('yes')(callbacks),
    );
    expect(stage.notes).toEqual(['It is gone', 'do this']);
    expect(stage.shown).toBe('yes\n');
  });

  test('does not hide a bug', async () => {
    const stage = new Stage();
    const bug = new TypeError('x is not a function');
    await expect(stage.play(['one'], () => Promise.reject(bug))).rejects.toBe(bug);
  });

  test('says once that the model thinks', async () => {
    const stage = new Stage();
    await stage.play(['one'], (callbacks) => {
      callbacks.onReasoning('a');
      callbacks.onReasoning('b');
      return say('c')(callbacks);
    });
    expect(stage.notes).toEqual(['(thinking)']);
    expect(stage.shown).toBe('c\n');
  });

  test('leaves at the second Ctrl+C in a row, not when something was typed in between', async () => {
    const stage = new Stage();
    const interrupted = { type: 'interrupted' } as const;
    await stage.play([interrupted, 'one', interrupted, interrupted, 'two'], say('yes'));
    expect(stage.sent).toEqual([['one']]);
    expect(stage.notes).toHaveLength(2);
  });

  test('helps, and does not send a mistyped command to the model', async () => {
    const stage = new Stage();
    await stage.play(['/help', '/hlep', '/usr/bin is what?'], say('a folder'));
    expect(stage.notes.join('\n')).toContain('/bye');
    expect(stage.notes.at(-1)).toBe('/hlep is no command here; /help lists them');
    expect(stage.sent).toEqual([['/usr/bin is what?']]);
  });

  test('ends with the error of the program when that is asked to end', async () => {
    const stage = new Stage();
    const end = new LlameroError('TERMINATED', 'Terminated');
    const error = await caught(
      stage.play(['one'], async (callbacks) => {
        queueMicrotask(() => stage.ending.abort(end));
        await untilStopped(callbacks);
      }),
    );
    expect(error).toBe(end);
  });
});
