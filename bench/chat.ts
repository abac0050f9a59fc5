/**
 * The same prompt to the same llama-server, through `llamero run` and through curl, in turn: time to
 * the first token after the request, tokens per second, CPU for a thousand tokens, and the bytes that
 * a reply takes on a terminal. Prints a table with ratios.
 *
 *   npm run build && node bench/chat.ts [--runs <n>] [--words <n>]
 *
 * The model computes on a core of its own, with one thread; who asks, who passes on and who measures
 * share the others. Without that two cores measure who waits for a turn.
 *
 * Needs curl, GNU time, script and taskset (`apt-get install curl time bsdutils util-linux`), and two
 * cores.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { ensureEngine } from '../test/support/engine/engine.ts';
import { freePort } from '../test/support/free-port.ts';
import { writeTinyModel } from '../test/support/gguf/tiny-model.ts';
import { type Relay, startRelay } from './relay.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '7' },
    words: { type: 'string', default: '1000' },
  },
});
const runs = Number(values.runs);
const words = Number(values.words);
const MODEL = 'bench/chat:F32';
/** So heavy that a token takes as long as those of small real models do: a few milliseconds. */
const WEIGHT = { embeddingSize: 768, blockCount: 4 } as const;
const QUESTION = 'POST /v1/chat/completions';
const PROGRAM = [process.execPath, 'bin/run.js'] as const;
const ASK = [...PROGRAM, 'run', MODEL, '-q', '--no-save'] as const;

/** What an answer took. */
interface Figures {
  /** Milliseconds from the request to the first token on stdout. */
  readonly first: number;
  /** Milliseconds from the first token to the last. */
  readonly rest: number;
  /** Seconds of user and system time, the start of the program included. */
  readonly cpu: number;
}

interface Client {
  readonly name: string;
  /** Asks for an answer of so many tokens at most; -1: whole. */
  readonly command: (port: number, prompt: string, limit: number) => readonly string[];
  /** Whether stdout tells that the first token is there. */
  readonly hasToken: (output: string) => boolean;
}

/** The record of the server, as far as it is needed. */
interface ServerState {
  readonly pid: number;
  readonly port: number;
}

const clients: readonly Client[] = [
  {
    name: 'curl',
    command: (port, prompt, limit) => [
      'curl',
      '-sN',
      `http://127.0.0.1:${port}/v1/chat/completions`,
      '-H',
      'content-type: application/json',
      '-d',
      JSON.stringify({
        model: MODEL,
        max_tokens: limit,
        stream: true,
        stream_options: { include_usage: true },
        messages: [{ role: 'user', content: prompt }],
      }),
    ],
    hasToken: (output) => /"content":"[^"]/u.test(output),
  },
  {
    name: 'llamero run',
    command: (_port, prompt, limit) => [...ASK, '--predict', String(limit), prompt],
    hasToken: (output) => output !== '',
  },
];

const engine = await ensureEngine();
const home = await mkdtemp(path.join(tmpdir(), 'llamero-bench-'));
const environment = {
  PATH: process.env['PATH'] ?? '',
  HOME: home,
  LLAMERO_HOME: path.join(home, 'llamero'),
  LLAMERO_LLAMA_SERVER: engine.llamaServer,
  LLAMERO_PORT: String(await freePort()),
};
const stateFile = path.join(environment.LLAMERO_HOME, 'run/server.json');
let relay: Relay | undefined;
let serverPort: number | undefined;
try {
  await storeModel();
  await output(['taskset', '-acp', `1-${cpus().length - 1}`, String(process.pid)]);
  await output([...PROGRAM, 'run', MODEL, '-q', '--threads', '1', 'hello']);
  // The program is led through the relay by the record of the server that it finds.
  serverPort = await changePort((port) => port);
  await giveCoreOfItsOwn();
  relay = await startRelay(serverPort);
  const through = relay.port;
  await changePort(() => through);
  await compare(relay);
  await terminalBytes();
} finally {
  if (serverPort !== undefined) {
    const back = serverPort;
    await changePort(() => back);
    await output([...PROGRAM, 'stop', '--all']);
  }
  relay?.close();
  await rm(home, { recursive: true, force: true });
}

async function compare(through: Relay): Promise<void> {
  const whole = new Map<string, Figures[]>(clients.map(({ name }) => [name, []]));
  const short = new Map<string, Figures[]>(clients.map(({ name }) => [name, []]));
  // Interleaved, so that a machine that grows slow does so for both; the first round is a warm-up.
  for (let run = 0; run <= runs; run += 1) {
    for (const [index, client] of clients.entries()) {
      // Another question each time, so that nothing is answered from a cache, and all of one length.
      const number = String(run * clients.length + index).padStart(4, '0');
      const one = await measure(client, through, `${number} begin`, 1);
      const all = await measure(client, through, `${number} question`, -1);
      if (run === 0) continue;
      short.get(client.name)?.push(one);
      whole.get(client.name)?.push(all);
    }
  }
  const tokens = await answerTokens();
  print(`\n${tokens} tokens, median of ${runs}, ${cpus().length} cores\n`);
  print('| client | first token ms | to curl | tokens/s to curl | CPU ms per 1000 tokens |');
  print('| --- | ---: | ---: | ---: | ---: |');
  const curl = median(whole.get('curl') ?? []);
  for (const { name } of clients) {
    const { cpu, first, rest } = median(whole.get(name) ?? []);
    const start = median(short.get(name) ?? []).cpu;
    const difference = first - curl.first;
    const cells = [
      name,
      first.toFixed(1),
      `${difference < 0 ? '−' : '+'}${Math.abs(difference).toFixed(1)} ms`,
      `${(curl.rest / rest).toFixed(3)} ×`,
      // What the program takes to start is no part of it: an answer of one token has that as well.
      (((cpu - start) * 1_000_000) / (tokens - 1)).toFixed(0),
    ];
    print(`| ${cells.join(' | ')} |`);
  }
}

async function answerTokens(): Promise<number> {
  const document = JSON.parse((await output([...ASK, '--json', 'count'])).toString('utf8')) as {
    readonly usage: { readonly completionTokens: number };
  };
  return document.usage.completionTokens;
}

async function measure(
  client: Client,
  through: Relay,
  prompt: string,
  limit: number,
): Promise<Figures> {
  const report = path.join(home, 'time');
  const command = client.command(through.port, prompt, limit);
  const child = spawn('/usr/bin/time', ['-f', '%U %S', '-o', report, ...command], {
    // That a limit ended the answer is said there, which is what was asked for.
    stdio: ['ignore', 'pipe', 'ignore'],
    env: environment,
  });
  let seen = '';
  let firstAt: number | undefined;
  let lastAt = 0;
  child.stdout.on('data', (data: Buffer) => {
    lastAt = performance.now();
    if (firstAt !== undefined) return;
    seen += data.toString('utf8');
    if (client.hasToken(seen)) firstAt = lastAt;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const askedAt = through.requestedAt(QUESTION);
  if (code !== 0 || firstAt === undefined || askedAt === undefined) {
    throw new Error(`${client.name} failed (${code ?? 'killed'}): ${seen}`);
  }
  const [user = 0, system = 0] = (await readFile(report, 'utf8')).trim().split(' ').map(Number);
  return { first: firstAt - askedAt, rest: lastAt - firstAt, cpu: user + system };
}

/** The bytes that the terminal gets, for a reply of so many. */
async function terminalBytes(): Promise<void> {
  const asked = [...ASK, 'hello'];
  const plain = await output(asked);
  const drawn = await output([
    'script',
    '-qfec',
    `stty cols 100 rows 40; ${asked.join(' ')}`,
    '/dev/null',
  ]);
  print(`\nThe reply has ${plain.length} bytes; on a terminal ${drawn.length} are written.`);
}

async function storeModel(): Promise<void> {
  const file = path.join(environment.LLAMERO_HOME, 'models/bench/chat/F32.gguf');
  await mkdir(path.dirname(file), { recursive: true });
  const syllables = ['lla', 'ma', 'pa', 'co', 'ro', 'ta', 'ni', 'su'];
  const sentence = Array.from({ length: words }, (_each, index) => {
    const [one, two, three] = [index % 8, Math.floor(index / 8) % 8, Math.floor(index / 64) % 8];
    return `${syllables[one] ?? ''}${syllables[two] ?? ''}${syllables[three] ?? ''}`;
  });
  await writeTinyModel({
    path: file,
    sentence: sentence.join(' '),
    contextSize: words * 4,
    ...WEIGHT,
  });
}

/** Moves the process that computes, which is the child of the server, to the first core. */
async function giveCoreOfItsOwn(): Promise<void> {
  const { pid } = await serverState();
  const children = (await output(['pgrep', '-P', String(pid)])).toString('utf8').trim();
  for (const child of children.split('\n')) await output(['taskset', '-acp', '0', child]);
}

async function serverState(): Promise<ServerState> {
  return JSON.parse(await readFile(stateFile, 'utf8')) as ServerState;
}

async function changePort(change: (port: number) => number): Promise<number> {
  const state = await serverState();
  const { port } = state;
  await writeFile(stateFile, JSON.stringify({ ...state, port: change(port) }));
  return port;
}

async function output(command: readonly string[]): Promise<Buffer> {
  const [program = '', ...rest] = command;
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], env: environment });
  const pieces: Buffer[] = [];
  child.stdout.on('data', (data: Buffer) => pieces.push(data));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code ?? 'a signal'}`);
  return Buffer.concat(pieces);
}

function median(figures: readonly Figures[]): Figures {
  const middle = (pick: (each: Figures) => number): number =>
    figures.map(pick).sort((one, other) => one - other)[Math.floor(figures.length / 2)] ?? 0;
  return {
    first: middle(({ first }) => first),
    rest: middle(({ rest }) => rest),
    cpu: middle(({ cpu }) => cpu),
  };
}

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
