import { Chalk } from 'chalk';
import { expect, test } from 'vitest';

import { Highlighter } from '../../../../src/lib/chat/markdown/highlighter.ts';
import { createMarkdownSink } from '../../../../src/lib/chat/markdown/stream-renderer.ts';
import { ManualTimer, recordingScreen } from './streaming.ts';

test('lines are plain until the language is there, and coloured from then on', async () => {
  const highlighter = new Highlighter();
  const screen = recordingScreen(80, 24);
  const timer = new ManualTimer();
  const style = new Chalk({ level: 1 });
  const sink = createMarkdownSink({
    screen,
    style,
    links: false,
    highlighter,
    setTimer: timer.set,
  });
  sink.add('```js\n/* one\nlet\n');
  timer.pass();
  expect(screen.writes.join('')).toContain('/* one\nlet\n');
  await highlighter.load('js');
  sink.add('two */ let a\n');
  sink.end();
  // What was open in the plain lines is known all the same.
  expect(screen.writes.at(-1)).toContain('\u001B[2mtwo */\u001B[22m \u001B[35mlet\u001B[39m a');
});

test('a language that nobody knows stays plain', async () => {
  const highlighter = new Highlighter();
  await highlighter.load('klingon');
  await highlighter.load('__proto__');
  expect(highlighter.highlight('klingon', 'x')).toBeUndefined();
});

test.each(['py', 'TypeScript', 'c++', 'html', 'toml', 'shell'])('%s is known', async (tag) => {
  const highlighter = new Highlighter();
  await highlighter.load(tag);
  expect(
    highlighter
      .highlight(tag, 'x = 1\n')
      ?.runs.map(({ text }) => text)
      .join(''),
  ).toBe('x = 1\n');
});

test('code is closed where nothing is open', async () => {
  const highlighter = new Highlighter();
  await highlighter.load('js');
  expect(highlighter.highlight('js', 'let a = 1;\n')?.closed).toBe(true);
  expect(highlighter.highlight('js', '/* open\n')?.closed).toBe(false);
});
