/**
 * Downloads one file with llamero and with the tools people use instead, all against the same server
 * in one run, and prints the figures as a table with ratios.
 *
 *   npm run build && node bench/download.ts [--size <MiB>] [--runs <n>] [--scenario <name>]
 *
 * Needs curl, aria2c and GNU time (`apt-get install curl aria2 time`).
 */
import { spawn } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { ensureEngine } from '../test/support/engine/engine.ts';

const SCENARIOS = {
  open: 'loopback, as fast as it goes',
  throttled: '30 MB/s for each connection',
  'slow-one': '30 MB/s for each connection, the first request 100 kB/s',
} as const;
type Scenario = keyof typeof SCENARIOS;

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '1024' },
    runs: { type: 'string', default: '3' },
    scenario: { type: 'string', multiple: true },
  },
});
const size = Number(values.size) * 1024 * 1024;
const runs = Number(values.runs);
const TIMEOUT_SECONDS = 180;

interface Server {
  readonly endpoint: string;
  readonly direct: string;
}

interface Client {
  readonly name: string;
  /** The scenarios it takes part in; a single connection that is slow would take hours. */
  readonly scenarios: readonly Scenario[];
  readonly command: (server: Server, folder: string) => readonly string[];
  readonly environment?: (server: Server, folder: string) => Record<string, string>;
}

/** What a run took: seconds, and kilobytes at the peak. */
interface Figures {
  readonly wall: number;
  readonly cpu: number;
  readonly peak: number;
}

const engine = await ensureEngine();
const all: readonly Scenario[] = ['open', 'throttled', 'slow-one'];
const noProgress = ['--quiet=true', '--allow-overwrite=true', '--file-allocation=none'];

const llamero = (name: string, more: readonly string[]): Client => ({
  name,
  scenarios: all,
  command: () => [
    process.execPath,
    'bin/run.js',
    'pull',
    'bench/model',
    '-q',
    '--no-reuse',
    ...more,
  ],
  environment: ({ endpoint }, folder) => ({
    LLAMERO_HOME: folder,
    HF_ENDPOINT: endpoint,
    HOME: folder,
  }),
});

const clients: readonly Client[] = [
  llamero('llamero', []),
  llamero('llamero --connections 8', ['--connections', '8']),
  {
    name: 'curl, then sha256sum',
    scenarios: ['open', 'throttled'],
    command: ({ direct }, folder) => [
      'sh',
      '-c',
      'curl -s -o "$0/file" "$1" && sha256sum "$0/file" >/dev/null',
      folder,
      direct,
    ],
  },
  {
    name: 'aria2c -x 8',
    scenarios: all,
    command: ({ direct }, folder) => [
      'aria2c',
      ...noProgress,
      '-x8',
      '-s8',
      `--dir=${folder}`,
      '--out=file',
      direct,
    ],
  },
  {
    name: 'llama-server -hf',
    scenarios: ['open', 'throttled'],
    // It would go on to load what is no model: it is ended when the file is whole.
    command: (_server, folder) => [
      process.execPath,
      'bench/until-file.ts',
      folder,
      String(size),
      engine.llamaServer,
      '-hf',
      'bench/model:Q4_K_M',
      '--port',
      '0',
    ],
    environment: ({ endpoint }, folder) => ({
      HF_ENDPOINT: endpoint,
      HF_HOME: folder,
      HOME: folder,
    }),
  },
];

const work = await mkdtemp(path.join(tmpdir(), 'llamero-bench-'));
const file = path.join(work, 'model.bin');
try {
  await writeNoise(file);
  for (const scenario of all) {
    if (values.scenario !== undefined && !values.scenario.includes(scenario)) continue;
    await runScenario(scenario);
  }
} finally {
  await rm(work, { recursive: true, force: true });
}

async function runScenario(scenario: Scenario): Promise<void> {
  const taking = clients.filter(({ scenarios }) => scenarios.includes(scenario));
  const figures = new Map<string, Figures[]>(taking.map(({ name }) => [name, []]));
  // Interleaved, so that a machine that grows slow does so for all of them.
  for (let run = 0; run < runs; run += 1) {
    for (const client of taking) figures.get(client.name)?.push(await measure(client, scenario));
  }
  const medians = new Map([...figures].map(([name, each]) => [name, median(each)]));
  const curl = medians.get('curl, then sha256sum');
  const aria = medians.get('aria2c -x 8');
  print(
    `\n${SCENARIOS[scenario]}; ${values.size} MiB, median of ${runs}, ${cpus().length} cores\n`,
  );
  print('| client | wall s | to curl + sha256sum | to aria2c | CPU s/GB | peak MB |');
  print('| --- | ---: | ---: | ---: | ---: | ---: |');
  for (const [name, { cpu, peak, wall }] of medians) {
    const cells = [
      name,
      wall.toFixed(2),
      ratio(wall, curl?.wall),
      ratio(wall, aria?.wall),
      ((cpu * 1e9) / size).toFixed(2),
      (peak / 1000).toFixed(0),
    ];
    print(`| ${cells.join(' | ')} |`);
  }
}

async function measure(client: Client, scenario: Scenario): Promise<Figures> {
  const folder = await mkdtemp(path.join(work, 'run-'));
  const server = spawn(process.execPath, ['bench/download-server.ts', file, scenario], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const addresses = JSON.parse(line.toString()) as Server;
    const report = path.join(folder, 'time');
    const words = ['-f', '%e %U %S %M', '-o', report, ...client.command(addresses, folder)];
    const child = spawn('/usr/bin/time', words, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { PATH: process.env['PATH'] ?? '', ...client.environment?.(addresses, folder) },
      timeout: TIMEOUT_SECONDS * 1000,
    });
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0)
      throw new Error(`${client.name} failed in «${scenario}» (${code ?? 'timeout'})`);
    const [wall = 0, user = 0, system = 0, peak = 0] = (await readFile(report, 'utf8'))
      .trim()
      .split(' ')
      .map(Number);
    return { wall, cpu: user + system, peak };
  } finally {
    server.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeNoise(target: string): Promise<void> {
  const handle = await open(target, 'w');
  const block = Buffer.alloc(8 * 1024 * 1024);
  for (let written = 0; written < size; written += block.length) {
    await handle.write(randomFillSync(block), 0, Math.min(block.length, size - written));
  }
  await handle.close();
}

function median(figures: readonly Figures[]): Figures {
  const middle = (pick: (each: Figures) => number): number =>
    figures.map(pick).sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? 0;
  return {
    wall: middle(({ wall }) => wall),
    cpu: middle(({ cpu }) => cpu),
    peak: middle(({ peak }) => peak),
  };
}

function ratio(value: number, base: number | undefined): string {
  return base === undefined ? '–' : `${(value / base).toFixed(2)} ×`;
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
