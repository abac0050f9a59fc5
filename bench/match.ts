/**
 * What the models on this machine cost when there are many: `list`, reading what is stored, and finding
 * a model by what people type. Times of programs come with their ratio to `node -e 0`.
 *
 *   npm run build && node bench/match.ts [--models 1000,10000] [--runs <n>]
 *
 * Each store is made in a temporary folder.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { createMatcher } from '../src/lib/store/match.ts';
import { createStore } from '../src/lib/store/store.ts';
import { fillStore } from './stored-models.ts';

const execute = promisify(execFile);

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '1000,10000' },
    runs: { type: 'string', default: '9' },
  },
});
const runs = Number(values.runs);

/** What people type, by how it is understood. */
const TYPED: readonly (readonly [what: string, text: string])[] = [
  ['whole reference', 'user7/some-model-7-8B-Instruct-GGUF:Q4_K_M'],
  ['name', 'some-model-107-8B-Instruct'],
  ['end', '99-8b-instruct-gguf:q8_0'],
  ['part, many of them', 'model'],
  ['part of a reference', 'gguf:q8'],
  ['misspelled', 'smoe-model-107-8B-Instrcut'],
  ['nothing like it', 'gemma-3-27b'],
  ['pattern', '*:Q4_K_M'],
];

for (const count of values.models.split(',').map(Number)) {
  const home = mkdtempSync(path.join(tmpdir(), 'llamero-bench-'));
  try {
    fillStore(path.join(home, 'models'), count);
    await measure(home, count);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

async function measure(home: string, count: number): Promise<void> {
  const environment = { LLAMERO_HOME: home };
  const empty = await timeProgram(['-e', '0'], {});
  const ratio = (milliseconds: number): [string, string] => [
    `${milliseconds.toFixed(0)} ms`,
    `${(milliseconds / empty).toFixed(2)} × node -e 0`,
  ];
  const list = await timeProgram(['bin/run.js', 'list'], environment);
  const names = await timeProgram(['bin/run.js', 'list', '--quiet'], environment);
  const store = createStore({ models: path.join(home, 'models') });
  const survey = await median(() => store.survey());
  const { models } = await store.survey();
  const index = await median(() => createMatcher(models));
  const matcher = createMatcher(models);
  const rows: Row[] = [
    ['node -e 0', ...ratio(empty)],
    ['llamero list', ...ratio(list)],
    ['llamero list --quiet', ...ratio(names)],
    ['reading what is stored', ...ratio(survey)],
    ['making ready for names', `${index.toFixed(2)} ms`, ''],
  ];
  for (const [what, text] of TYPED) {
    const took = await median(() => matcher.match(text) ?? matcher.suggest(text));
    const match = matcher.match(text);
    const found = match === undefined ? 'none' : `${match.kind}, ${match.candidates.length}`;
    rows.push([`  ${what}: ${text}`, `${took.toFixed(2)} ms`, found]);
  }
  process.stdout.write(`\n${count} models\n`);
  print(rows);
}

type Row = readonly [what: string, took: string, remark: string];

function print(rows: readonly Row[]): void {
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, took, remark] of rows) {
    process.stdout.write(`${what.padEnd(width)}  ${took.padStart(9)}  ${remark}\n`);
  }
}

/** Milliseconds that a program takes from its start to its end. */
function timeProgram(words: readonly string[], more: NodeJS.ProcessEnv): Promise<number> {
  const env = { ...process.env, ...more };
  return median(() => execute(process.execPath, words, { env, maxBuffer: 64 * 1024 * 1024 }));
}

async function median(work: () => unknown): Promise<number> {
  await work();
  const times: number[] = [];
  for (let run = 0; run < runs; run += 1) {
    const start = performance.now();
    await work();
    times.push(performance.now() - start);
  }
  return times.sort((one, other) => one - other)[Math.floor(runs / 2)] ?? Number.NaN;
}
