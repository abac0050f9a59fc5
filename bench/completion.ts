/**
 * How long a shell waits for a completion: `llamero __complete` beside `node -e 0`, both in turn, the
 * median of many runs, in a home without models and in one with 10,000. Build first.
 *
 *   node bench/completion.ts [--runs <n>]
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const execute = promisify(execFile);
const PROGRAM = path.resolve(import.meta.dirname, '../bin/run.js');
const MODELS = 10_000;
const REPOS_OF_A_USER = 50;

/** What is asked, as fish asks it, and in which home. */
const QUESTIONS = [
  { what: 'nothing: node -e 0', home: 'empty', words: undefined },
  { what: 'a command', home: 'empty', words: ['0', 'pu'] },
  { what: 'a flag', home: 'empty', words: ['2', 'run', 'x', '--im'] },
  { what: 'a setting', home: 'empty', words: ['2', 'config', 'get', 'server.'] },
  { what: 'any of 10,000 models', home: 'full', words: ['1', 'run', ''] },
  { what: 'one of 10,000 models', home: 'full', words: ['1', 'run', 'user7/model-3'] },
  { what: 'a part of 10,000 names', home: 'full', words: ['1', 'run', 'model-33'] },
] as const;

const { values } = parseArgs({ options: { runs: { type: 'string', default: '21' } } });
const folder = await mkdtemp(path.join(tmpdir(), 'llamero-bench-'));
try {
  await fill(path.join(folder, 'full', 'models'));
  await compare(Number(values.runs));
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function fill(models: string): Promise<void> {
  for (let index = 0; index < MODELS; index += 1) {
    const user = `user${Math.floor(index / REPOS_OF_A_USER)}`;
    const repo = path.join(models, user, `model-${index % REPOS_OF_A_USER}-GGUF`);
    await mkdir(repo, { recursive: true });
    await writeFile(path.join(repo, 'Q4_K_M.gguf'), '');
  }
}

async function compare(runs: number): Promise<void> {
  const times = QUESTIONS.map((): number[] => []);
  const lines = QUESTIONS.map(() => 0);
  // The first round fills the caches of the disk and of the compiler.
  for (let run = 0; run <= runs; run += 1) {
    for (const [index, { home, words }] of QUESTIONS.entries()) {
      const started = performance.now();
      const { stdout } = await execute(
        process.execPath,
        words === undefined ? ['-e', '0'] : [PROGRAM, '__complete', 'fish', ...words],
        { env: { LLAMERO_HOME: path.join(folder, home) }, maxBuffer: 64 * 1024 * 1024 },
      );
      if (run > 0) times[index]?.push(performance.now() - started);
      lines[index] = Math.max(0, stdout.split('\n').length - 2);
    }
  }
  const nothing = median(times[0] ?? []);
  const rows = QUESTIONS.map(({ what }, index) => {
    const time = median(times[index] ?? []);
    return [
      what,
      {
        candidates: lines[index],
        'median, ms': Number(time.toFixed(1)),
        ratio: Number((time / nothing).toFixed(2)),
      },
    ];
  });
  process.stdout.write(`median of ${runs} runs each, in turn\n`);
  // eslint-disable-next-line no-console
  console.table(Object.fromEntries(rows));
}

function median(figures: readonly number[]): number {
  const middle = figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)];
  if (middle === undefined) throw new Error('--runs has to be 1 or more');
  return middle;
}
