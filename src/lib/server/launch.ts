import { type ChildProcess, spawn } from 'node:child_process';
import net from 'node:net';

import { type Engine, describeEngine } from '../engine/engine.ts';
import { LlameroError, systemErrorCode } from '../errors.ts';
import { openLog } from './log-file.ts';
import { portForbidden, portTaken } from './port-taken.ts';
import { processIdentity } from '../process-identity.ts';
import type { ServerAddress } from './request.ts';

/** Names by value for a process: `process.env` or a part of it. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** How a router is started. */
export interface LaunchOptions extends ServerAddress {
  readonly engine: Engine;
  readonly presetsFile: string;
  readonly logFile: string;
  /** A folder that stays empty: what llama.cpp takes for its own cache of models. */
  readonly cacheFolder: string;
  readonly modelsMax: number;
  /** The file with the key that clients have to send. */
  readonly apiKeyFile?: string | undefined;
  readonly environment: Environment;
}

/** A process that was started. */
export interface LaunchedRouter {
  readonly pid: number;
  readonly identity: string;
  /** Whether it has ended by now. */
  hasEnded(): boolean;
  /** Lets the program end while the router goes on. */
  release(): void;
}

/**
 * Starts llama-server in router mode, in a session of its own so that it outlives the terminal,
 * with everything it says going to the log.
 *
 * @throws LlameroError ENGINE_UNUSABLE when the program cannot be run at all
 */
export async function launchRouter(options: LaunchOptions): Promise<LaunchedRouter> {
  const { engine } = options;
  const [program, ...first] = engine.command;
  const log = await openLog(options.logFile, describeEngine(engine));
  try {
    const child = spawn(program, [...first, ...routerArguments(options)], {
      cwd: engine.folder,
      detached: true,
      env: routerEnvironment(options.environment, options.cacheFolder),
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    });
    const pid = await spawned(child, program);
    const identity = await processIdentity(pid);
    return {
      pid,
      identity: identity ?? '',
      hasEnded: () => child.exitCode !== null || child.signalCode !== null,
      release: () => child.unref(),
    };
  } finally {
    await log.close();
  }
}

function spawned(child: ChildProcess, program: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => {
      reject(
        new LlameroError('ENGINE_UNUSABLE', `${program} cannot be started: ${error.message}`, {
          hint: 'Install a build for this machine with `llamero update`',
          cause: error,
        }),
      );
    });
    child.once('spawn', () => {
      if (child.pid !== undefined) resolve(child.pid);
    });
  });
}

/**
 * The first build on which verbosity 4 was seen to tell of buffers and to keep prompts to itself;
 * before, it was the level of debugging.
 */
const TRACES_SINCE_BUILD = 11_669;

/**
 * The router's command line. What follows the router's own flags is passed on by it to every model.
 */
export function routerArguments(
  options: Pick<
    LaunchOptions,
    'apiKeyFile' | 'engine' | 'host' | 'port' | 'presetsFile' | 'modelsMax'
  >,
): string[] {
  const { apiKeyFile, engine, host, modelsMax, port, presetsFile } = options;
  const args = ['--models-preset', presetsFile, '--host', host, '--port', String(port)];
  if (engine.flags.has('--models-max')) args.push('--models-max', String(modelsMax));
  // Models are files of ours: the server has no business on the network.
  if (engine.flags.has('--offline')) args.push('--offline');
  if (engine.flags.has('--log-colors')) args.push('--log-colors', 'off');
  // By file, because a command line can be read by everybody on the machine.
  if (apiKeyFile !== undefined) args.push('--api-key-file', apiKeyFile);
  // Where the weights lie, on the GPU or beside it, is told from this level on.
  if ((engine.build ?? 0) >= TRACES_SINCE_BUILD) args.push('--log-verbosity', '4');
  return args;
}

/** Tokens that the server has no use for: it makes no request to any hub. */
const SECRETS = ['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', 'GH_TOKEN', 'GITHUB_TOKEN'];

/**
 * The environment of the router: the user's, without what would change the server behind our back.
 * `LLAMA_ARG_*` are flags by another name, and a `LLAMA_API_KEY` would lock us out. `LLAMA_CACHE`
 * points at a folder that stays empty, because the router adds every model of the user's Hugging
 * Face cache to its list, and one that is called like a model of ours would be loaded in its place.
 */
export function routerEnvironment(environment: Environment, cacheFolder: string): Environment {
  const kept = Object.entries(environment).filter(
    ([name]) =>
      !/^LLAMA_(?:ARG_|API_KEY$|SERVER_|APP_CMD$)/iu.test(name) && !SECRETS.includes(name),
  );
  return {
    ...Object.fromEntries(kept),
    LLAMA_CACHE: cacheFolder,
    // A crash would start a debugger to print a backtrace, which can take minutes.
    GGML_NO_BACKTRACE: '1',
  };
}

/**
 * Checks that a port can be listened on, so that an answer from it later is our server's own.
 *
 * @param presetsFile the list of models of this home, see {@link portTaken}
 * @throws LlameroError PORT_TAKEN; SERVER_START_FAILED when the host is none of this machine's
 */
export async function requireFreePort(address: ServerAddress, presetsFile: string): Promise<void> {
  const { host, port } = address;
  const server = net.createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EADDRINUSE') throw await portTaken(address, presetsFile, error);
    if (code === 'EACCES') throw portForbidden(address, error);
    throw new LlameroError(
      'SERVER_START_FAILED',
      `Nobody can listen on ${host} here: ${(error as Error).message}`,
      { hint: 'Correct it: `llamero config set server.host 127.0.0.1`', cause: error },
    );
  } finally {
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  }
}
