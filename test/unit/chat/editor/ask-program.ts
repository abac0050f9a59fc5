import { Chalk } from 'chalk';

import { LineEditor } from '../../../../src/lib/chat/editor/editor.ts';
import { processHooks } from '../../../../src/lib/chat/editor/process-hooks.ts';

/** Asks until it is closed and prints each answer: the editor in a program of its own. */
const ending = new AbortController();
process.once('SIGTERM', () => ending.abort());
const history: string[] = [];
using editor = new LineEditor({
  input: process.stdin,
  output: process.stdout,
  style: new Chalk({ level: 0 }),
  history: { entries: () => history, add: (text) => history.push(text) },
  complete: async () => undefined,
  hooks: processHooks(process),
  interrupt: () => process.stdout.write('interrupted\n'),
  signal: ending.signal,
});

process.stdout.write(`pid ${process.pid}\n`);
for (;;) {
  const input = await editor.ask('>>> ');
  process.stdout.write(`answer ${JSON.stringify(input)}\n`);
  if (input.type === 'closed') break;
  if (input.type === 'text' && input.text === 'crash') {
    setTimeout(() => {
      throw new Error('crashed');
    }, 300);
  }
}
