/**
 * How long a shell waits for what should be there at once, beside `node -e 0`: all of them in turn, the
 * median of many runs, and the peak memory of each. Then the size of the package.
 *
 *   npm run build && node bench/startup.ts [--models 1000] [--runs <n>]
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';

import { fillStore } from './stored-models.ts';

const execute = promisify(execFile);
const PROGRAM = path.resolve(import.meta.dirname, '../bin/run.js');

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: '1000' },
    runs: { type: 'string', default: '41' },
  },
});
const models = Number(values.models);
const runs = Number(values.runs);

/** What is run, in a home without models or in one with many. */
const CASES: readonly {
  readonly what: string;
  readonly home: 'empty' | 'full';
  readonly words: readonly string[];
}[] = [
  { what: 'node -e 0', home: 'empty', words: ['-e', '0'] },
  { what: '--version', home: 'empty', words: [PROGRAM, '--version'] },
  {
    what: 'Tab after `pu`',
    home: 'empty',
    words: [PROGRAM, '__complete', 'fish', '0', 'pu'],
  },
  { what: 'list, no models', home: 'empty', words: [PROGRAM, 'list'] },
  { what: `list, ${models} models`, home: 'full', words: [PROGRAM, 'list'] },
  { what: `list --quiet, ${models} models`, home: 'full', words: [PROGRAM, 'list', '--quiet'] },
  { what: 'ps, no server', home: 'empty', words: [PROGRAM, 'ps'] },
  { what: '--help', home: 'empty', words: [PROGRAM, '--help'] },
];

/** Tells the peak memory of the process it is loaded into, in kB: that of its own pages alone. */
const MEMORY_PROBE = `process.once('exit', () => {
  const { readFileSync, writeSync } = require('node:fs');
  writeSync(2, '\\nVmHWM ' + /^VmHWM:\\s+(\\d+)/mu.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
});`;

const folder = mkdtempSync(path.join(tmpdir(), 'llamero-bench-'));
try {
  fillStore(path.join(folder, 'full', 'models'), models);
  const times = await measureTimes();
  const peaks = process.platform === 'linux' ? await measureMemory() : [];
  print(times, peaks);
  await printPackage();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Milliseconds of each case, every run of one beside the same run of the others. */
async function measureTimes(): Promise<number[]> {
  const times = CASES.map((): number[] => []);
  // The first rounds fill the caches of the disk and of the compiler.
  for (let run = -2; run < runs; run += 1) {
    for (const [index, { home, words }] of CASES.entries()) {
      const started = performance.now();
      await start(home, words);
      if (run >= 0) times[index]?.push(performance.now() - started);
    }
  }
  return times.map(median);
}

/** Peak memory of each case in bytes. */
async function measureMemory(): Promise<number[]> {
  const probe = path.join(folder, 'probe.cjs');
  writeFileSync(probe, MEMORY_PROBE);
  const peaks: number[] = [];
  for (const { home, words } of CASES) {
    const { stderr } = await start(home, ['--require', probe, ...words]);
    peaks.push(Number(/VmHWM (\d+)/u.exec(stderr)?.[1]) * 1024);
  }
  return peaks;
}

async function start(home: string, words: readonly string[]) {
  const env = { PATH: process.env['PATH'], LLAMERO_HOME: path.join(folder, home) };
  return execute(process.execPath, words, { env, maxBuffer: 64 * 1024 * 1024 });
}

function print(times: readonly number[], peaks: readonly number[]): void {
  const [nothing = 0] = times;
  process.stdout.write(`median of ${runs} runs each, in turn\n\n`);
  process.stdout.write(
    '| command | ms | to `node -e 0` | peak MB |\n| --- | ---: | ---: | ---: |\n',
  );
  for (const [index, { what }] of CASES.entries()) {
    const time = times[index] ?? 0;
    const peak = peaks[index] === undefined ? '' : (peaks[index] / 1e6).toFixed(0);
    process.stdout.write(
      `| ${what} | ${time.toFixed(1)} | ${(time / nothing).toFixed(2)} × | ${peak} |\n`,
    );
  }
}

/** What `npm pack` would make, and what an installation of it brings along. */
async function printPackage(): Promise<void> {
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const words = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await execute(npm, words, { maxBuffer: 64 * 1024 * 1024 });
  const [packed] = JSON.parse(stdout) as [
    { readonly size: number; readonly unpackedSize: number; readonly entryCount: number },
  ];
  const { size, unpackedSize, entryCount } = packed;
  const { default: pjson } = (await import('../package.json', { with: { type: 'json' } })) as {
    default: { dependencies?: Record<string, string> };
  };
  const dependencies = Object.keys(pjson.dependencies ?? {}).length;
  process.stdout.write(
    `\npackage: ${megabytes(size)} packed, ${megabytes(unpackedSize)} installed, ` +
      `${entryCount} files, ${dependencies} dependencies\n`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function median(figures: readonly number[]): number {
  const middle = figures.toSorted((one, other) => one - other)[Math.floor(figures.length / 2)];
  if (middle === undefined) throw new Error('--runs has to be 1 or more');
  return middle;
}
