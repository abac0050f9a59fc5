/**
 * Shows one reply of 4.5 kB in 1,119 pieces, by the Markdown renderer and by a plain write, and prints
 * the bytes and the CPU that each takes. Every way runs in a process of its own, a piece every 4 ms.
 *
 *   node bench/markdown.ts [--runs <n>]
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { Chalk } from 'chalk';

const PIECES = 1119;
const PIECE_LENGTH = 4;
const MILLISECONDS = 4;
const PART =
  'The **quick** brown `fox` jumps over the [lazy](https://example.com) dog, again and again, until ' +
  'the paragraph has a few lines on a terminal of a hundred columns.\n\n' +
  '1. **First**: a list item with some `code` in it\n2. Second, which is a bit longer than that\n\n' +
  '```python\ndef greet(name):\n    return f"Hello {name}"  # a comment\n```\n\n' +
  '| name | value |\n|------|-------|\n| one | two words |\n| three | four |\n\n';
const REPLY = PART.repeat(20).slice(0, PIECES * PIECE_LENGTH);

type Way = 'raw' | 'markdown';

interface Figures {
  readonly bytes: number;
  /** Seconds of the whole process, and of it once the modules are there. */
  readonly cpu: number;
  readonly showing: number;
}

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '3' }, way: { type: 'string' } },
});
if (values.way === undefined) await compare(Number(values.runs));
else await show(values.way === 'markdown' ? 'markdown' : 'raw');

async function compare(runs: number): Promise<void> {
  const rows: Record<string, Record<string, string>> = {};
  const all = { raw: [] as Figures[], markdown: [] as Figures[] };
  for (let run = 0; run < runs; run += 1) {
    all.raw.push(await measure('raw'));
    all.markdown.push(await measure('markdown'));
  }
  const raw = median(all.raw);
  for (const way of ['raw', 'markdown'] as const) {
    const figures = median(all[way]);
    rows[way] = {
      bytes: figures.bytes.toLocaleString('en'),
      'CPU, s': figures.cpu.toFixed(3),
      ratio: (figures.cpu / raw.cpu).toFixed(2),
      'showing, s': figures.showing.toFixed(3),
      'ratio of showing': (figures.showing / raw.showing).toFixed(2),
    };
  }
  process.stdout.write(`${PIECES} pieces, ${REPLY.length} characters; median of ${runs} runs\n`);
  // eslint-disable-next-line no-console
  console.table(rows);
}

function median(figures: readonly Figures[]): Figures {
  const sorted = figures.toSorted((one, other) => one.cpu - other.cpu);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('--runs has to be 1 or more');
  return middle;
}

async function measure(way: Way): Promise<Figures> {
  const child = spawn(process.execPath, [import.meta.filename, '--way', way], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, told] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  const { cpu, showing } = JSON.parse(told) as Omit<Figures, 'bytes'>;
  return { bytes: Buffer.byteLength(output), cpu, showing };
}

/** Writes the reply to stdout in one way, and what it took to stderr. */
async function show(way: Way): Promise<void> {
  const sink = way === 'raw' ? rawSink() : await markdownSink();
  const before = process.cpuUsage();
  for (let place = 0; place < REPLY.length; place += PIECE_LENGTH) {
    sink.add(REPLY.slice(place, place + PIECE_LENGTH));
    await sleep(MILLISECONDS);
  }
  sink.end();
  const showing = seconds(process.cpuUsage(before));
  process.stderr.write(JSON.stringify({ cpu: seconds(process.cpuUsage()), showing }));
}

function rawSink(): { add: (piece: string) => void; end: () => void } {
  return { add: (piece) => process.stdout.write(piece), end: () => process.stdout.write('\n') };
}

async function markdownSink(): Promise<ReturnType<typeof rawSink>> {
  const { createMarkdownSink } = await import('../src/lib/chat/markdown/stream-renderer.ts');
  const screen = {
    columns: 100,
    rows: 40,
    write: (piece: string) => void process.stdout.write(piece),
  };
  return createMarkdownSink({ screen, style: new Chalk({ level: 1 }), links: true });
}

function seconds({ system, user }: NodeJS.CpuUsage): number {
  return (system + user) / 1_000_000;
}
