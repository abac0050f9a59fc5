import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { Conversation } from '../../../../src/lib/chat/conversation.ts';
import { type ClipboardOptions, copyText } from '../../../../src/lib/chat/session/clipboard.ts';
import { levelReached } from '../../../../src/lib/chat/session/context-use.ts';
import { readParameters, writeParameters } from '../../../../src/lib/chat/session/parameters.ts';
import {
  SAMPLING_PARAMETERS,
  parseSamplingValue,
  samplingFields,
} from '../../../../src/lib/chat/sampling.ts';

describe('the clipboard', () => {
  /** Copies where these programs work; answers what was tried and written. */
  async function copied(
    platform: NodeJS.Platform,
    environment: ClipboardOptions['environment'],
    works: readonly string[],
  ) {
    const tried: string[] = [];
    let written = '';
    const outcome = await copyText('hé', {
      platform,
      environment,
      run: (program, _words, input) => {
        tried.push(program);
        expect(input).toBe('hé');
        return Promise.resolve(works.includes(program));
      },
      write: (text) => {
        written += text;
      },
    });
    return { outcome, tried, written };
  }

  test.each([
    ['darwin', {}, 'pbcopy'],
    ['win32', {}, 'clip.exe'],
    ['linux', { WAYLAND_DISPLAY: 'wayland-0', DISPLAY: ':0' }, 'wl-copy'],
    ['linux', { DISPLAY: ':0' }, 'xclip'],
    ['linux', { DISPLAY: ':0' }, 'xsel'],
    ['linux', { WSL_DISTRO_NAME: 'Debian' }, 'clip.exe'],
  ] as const)('of %s with %j is reached by %s', async (platform, environment, program) => {
    const { outcome, written } = await copied(platform, environment, [program]);
    expect(outcome).toEqual({ by: 'program', program });
    expect(written).toBe('');
  });

  test.each([
    ['darwin', { SSH_TTY: '/dev/pts/1' }, []],
    ['linux', { SSH_CONNECTION: '10.0.0.1', DISPLAY: ':10' }, []],
    ['linux', { DISPLAY: ':0' }, ['xclip', 'xsel']],
    ['linux', {}, []],
  ] as const)('of %s with %j is left to the terminal', async (platform, environment, tries) => {
    const { outcome, tried, written } = await copied(platform, environment, []);
    expect(outcome).toEqual({ by: 'terminal' });
    expect(tried).toEqual(tries);
    expect(written).toBe(`\u001B]52;c;${Buffer.from('hé').toString('base64')}\u0007`);
  });
});

test.each([
  [0, 0],
  [699, 0],
  [700, 0.7],
  [849, 0.7],
  [850, 0.85],
  [1200, 0.85],
])('%i of 1000 tokens reach the level %f', (used, level) => {
  expect(levelReached({ used, size: 1000 })).toBe(level);
});

describe('what is kept with a conversation', () => {
  test('comes back as it was', () => {
    const sampling = fc.record(
      Object.fromEntries(
        SAMPLING_PARAMETERS.map(({ integer, max, min, name }) => [
          name,
          integer
            ? fc.integer({ min, max: Math.min(max, 2_147_483_647) })
            : fc.double({ min, max, noNaN: true }),
        ]),
      ),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(sampling, (values) => {
        const parameters = {
          sampling: values,
          think: 'low' as const,
          summary: { text: 'x', covers: 2 },
        };
        const kept: unknown = JSON.parse(JSON.stringify(writeParameters(parameters)));
        expect(JSON.stringify(readParameters(kept))).toBe(JSON.stringify(parameters));
      }),
    );
  });

  test.each([
    [undefined],
    [null],
    ['text'],
    [{ sampling: { temp: 'hot', unknown: 1, 'top-p': 7 }, think: 'much', summary: { text: 1 } }],
  ])('%j is read as nothing', (kept) => {
    expect(readParameters(kept)).toEqual({ sampling: {}, think: undefined, summary: undefined });
  });
});

describe('sampling', () => {
  test('has each parameter once, with a range that holds what turns it off', () => {
    const names = SAMPLING_PARAMETERS.flatMap(({ field, name }) => [name, field]);
    const different = new Set(names.map((name) => name.replaceAll('_', '-')));
    const same = SAMPLING_PARAMETERS.filter(
      ({ field, name }) => field.replaceAll('_', '-') === name,
    );
    expect(different.size).toBe(names.length - same.length);
    for (const { description, max, min } of SAMPLING_PARAMETERS) {
      const off = /\((-?\d+): off/u.exec(description)?.[1];
      if (off === undefined) continue;
      expect(Number(off)).toBeGreaterThanOrEqual(min);
      expect(Number(off)).toBeLessThanOrEqual(max);
    }
  });

  test('becomes the fields that were set and nothing else', () => {
    expect(samplingFields({})).toEqual({});
    expect(samplingFields({ temp: 0, predict: -1, 'mirostat-lr': 0.2, seed: undefined })).toEqual({
      temperature: 0,
      max_tokens: -1,
      mirostat_eta: 0.2,
    });
  });

  test.each([
    ['0x10', undefined],
    ['', undefined],
    ['1e1', 10],
    ['-1', undefined],
    ['.5', 0.5],
    ['NaN', undefined],
  ])('reads %j as %j', (typed, value) => {
    const temp = SAMPLING_PARAMETERS[0];
    expect(parseSamplingValue(temp, typed)).toBe(value);
  });
});

describe('a conversation', () => {
  test('keeps its head and its order', () => {
    const conversation = new Conversation({ system: 'Be brief.' });
    conversation.ask('one');
    conversation.answer('first', { reasoning: 'hm', stopped: true });
    conversation.ask('two', [{ name: 'a.png', mimeType: 'image/png', data: 'AA==' }]);
    expect(conversation.messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'one' },
      { role: 'assistant', content: 'first', reasoning: 'hm', stopped: true },
      {
        role: 'user',
        content: 'two',
        images: [{ name: 'a.png', mimeType: 'image/png', data: 'AA==' }],
      },
    ]);
    expect(conversation.lastExchange).toBe(1);
    expect(conversation.lastAnswer).toBeUndefined();
    conversation.takeBack(1);
    expect(conversation.lastExchange).toBe(2);
    expect(conversation.lastAnswer?.content).toBe('first');
  });

  test.each([undefined, ''])('has no system message when %j was given', (system) => {
    expect(new Conversation({ system }).messages).toEqual([]);
  });

  test('sends a summary for what it covers, until some of that is taken back', () => {
    const conversation = new Conversation({ system: 's' });
    for (const word of ['a', 'b', 'c']) {
      conversation.ask(word);
      conversation.answer(word.toUpperCase());
    }
    conversation.summarise({ text: 'sum', covers: 4 });
    expect(conversation.messages.map(({ content }) => content)).toEqual([
      's\n\nWhat was said before, summed up:\n\nsum',
      'c',
      'C',
    ]);
    conversation.takeBack(2);
    expect(conversation.messages).toHaveLength(1);
    conversation.takeBack(1);
    expect(conversation.messages.map(({ content }) => content)).toEqual(['s', 'a', 'A', 'b']);
  });
});
