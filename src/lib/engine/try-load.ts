import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { createServer } from 'node:net';

import type { Environment } from '../config/environment.ts';
import { throwIfAborted } from '../errors.ts';
import { pause } from '../pause.ts';
import { decisiveLine } from './decisive-line.ts';

const POLL_MS = 100;
const POLITE_SECONDS = 5;
/** The end of the log that is kept in memory. */
const LOG_CHARACTERS = 256 * 1024;
const CONTEXT_SIZE = 512;

/** A model to load, and with what. */
export interface TryLoadOptions {
  readonly program: string;
  readonly folder: string;
  /** The model's file. */
  readonly model: string;
  /** The flags that the program accepts. */
  readonly flags: ReadonlySet<string>;
  readonly environment: Environment;
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

/**
 * Loads a model with a llama-server of its own and ends it again.
 *
 * @returns why it could not be loaded, as the log says it; undefined when it could
 */
export async function tryLoad(options: TryLoadOptions): Promise<string | undefined> {
  const port = await freePort();
  const child = start(options, port);
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    log = (log + text).slice(-LOG_CHARACTERS);
  });
  // What it says to the router that is not there is not wanted, and must not fill the pipe.
  child.stdout?.resume();
  let how: string | undefined;
  const ended = new Promise<void>((resolve) => {
    const settle = (reason: string): void => {
      how ??= reason;
      resolve();
    };
    child.once('error', (error) => settle(error.message));
    // `close` comes after the last word of the log.
    child.once('close', (code, signal) => {
      settle(signal === null ? `it ended with code ${code}` : `it ended by ${signal}`);
    });
  });
  try {
    const deadline = Date.now() + options.timeoutSeconds * 1000;
    for (;;) {
      throwIfAborted(options.signal);
      if (how !== undefined) return decisiveLine(log) ?? how;
      if (await isHealthy(port)) return undefined;
      if (Date.now() >= deadline) return `it was not ready within ${options.timeoutSeconds} s`;
      await pause(POLL_MS, options.signal);
    }
  } finally {
    await end(child, ended);
  }
}

function start({ environment, flags, folder, model, program }: TryLoadOptions, port: number) {
  const words = ['--model', model, '--host', '127.0.0.1', '--port', String(port)];
  words.push('--ctx-size', String(CONTEXT_SIZE));
  if (flags.has('--offline')) words.push('--offline');
  if (flags.has('--log-colors')) words.push('--log-colors', 'off');
  return spawn(program, words, {
    cwd: folder,
    env: {
      ...environment,
      // As a child of the router it ends when its stdin does, so none is left behind should
      // llamero be killed. Seen on build 11669; other builds ignore it at worst.
      LLAMA_SERVER_ROUTER_PORT: String(port),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    windowsHide: true,
  });
}

async function end(child: ChildProcess, ended: Promise<void>): Promise<void> {
  if (child.pid === undefined) return;
  // As a child of the router it waits for this end; any other build ends by the signal.
  child.stdin?.on('error', () => undefined).end();
  child.kill('SIGTERM');
  const stubborn = setTimeout(() => {
    child.kill('SIGKILL');
  }, POLITE_SECONDS * 1000);
  await ended;
  clearTimeout(stubborn);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given out');
  return address.port;
}

/** `/health` answers 503 while the model loads and 200 when it is ready. */
function isHealthy(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get(
      { host: '127.0.0.1', port, path: '/health', agent: false, timeout: 2000 },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', () => {
      resolve(false);
    });
  });
}
