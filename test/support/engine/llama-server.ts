import type { Readable } from 'node:stream';

import { execa } from 'execa';

import type { TestEngine } from './probe.ts';

/** A llama-server that listens. It ends with the test process at the latest. */
export interface RunningLlamaServer extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  readonly pid: number;
  /** All that it has written to stderr so far. */
  log(): string;
  /** Ends it (SIGTERM, and SIGKILL if it stays) and waits until it has ended. */
  stop(): Promise<void>;
}

/** How the server of a test is started. */
export interface LlamaServerOptions {
  /** Variables to set, or to remove with undefined, beside those of this process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Seconds until it must listen, 60 unless told. */
  readonly readySeconds?: number;
}

/**
 * Starts an unmodified llama-server on a free port of 127.0.0.1 and waits until it listens, which
 * it does once its model is loaded. `LLAMA_*` and `HF_*` of this process are kept from it.
 *
 * @param words its arguments but for host and port: `['-m', path]`
 * @throws Error with its log when it ends or does not listen in time
 */
export async function startLlamaServer(
  engine: TestEngine,
  words: readonly string[],
  options: LlamaServerOptions = {},
): Promise<RunningLlamaServer> {
  const server = execa(engine.llamaServer, [...words, '--host', '127.0.0.1', '--port', '0'], {
    cwd: engine.folder,
    extendEnv: false,
    env: { ...cleanEnvironment(), ...options.environment },
    stdin: 'ignore',
    stdout: 'ignore',
    buffer: false,
    reject: false,
  });
  let log = '';
  server.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const stop = async (): Promise<void> => {
    server.kill('SIGTERM');
    await server;
  };
  const address = await listeningAddress(server.stderr, () => log, options.readySeconds ?? 60);
  if (address === undefined || server.pid === undefined) {
    server.kill('SIGTERM');
    const { shortMessage = 'It ended by itself' } = await server;
    throw new Error(`llama-server does not listen. ${shortMessage}\n${log}`);
  }
  return { url: address, pid: server.pid, log: () => log, stop, [Symbol.asyncDispose]: stop };
}

function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    // oxlint-disable-next-line node/no-process-env -- a child gets what the test process has
    Object.entries(process.env).filter(([name]) => !/^(?:LLAMA_|HF_)/.test(name)),
  );
}

/** The address in the log, or undefined when the log ends or the time is over without it. */
function listeningAddress(
  stderr: Readable,
  log: () => string,
  seconds: number,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => settle(undefined), seconds * 1000);
    const settle = (address: string | undefined): void => {
      clearTimeout(timer);
      stderr.off('data', look).off('end', ended);
      resolve(address);
    };
    const look = (): void => {
      const match = /listening on (http:\/\/[\d.]+:\d+)\s/.exec(log());
      if (match?.[1] !== undefined) settle(match[1]);
    };
    const ended = (): void => settle(undefined);
    stderr.on('data', look).on('end', ended);
  });
}
