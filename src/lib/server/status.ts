import { describeEngine } from '../engine/engine.ts';
import type { StoredModel } from '../store/model.ts';
import { addressOf } from './api-key.ts';
import { explainEnd } from './ended.ts';
import { explainFailure, linesOfProcess } from './failures.ts';
import { readLogTail, rotateLog } from './log-file.ts';
import type { LogReader } from './log-reader.ts';
import { type RouterModel, listModels } from './models.ts';
import { answers } from './ready.ts';
import { serverUrl } from './request.ts';
import { type ServerState, readLiveState, readState } from './state.ts';
import type {
  CallOptions,
  ModelServerOptions,
  ModelStatus,
  RunningServer,
  ServerFiles,
  ServerStatus,
} from './types.ts';

/** How the server's state is looked at. */
export interface StatusRequest extends CallOptions {
  readonly server: ModelServerOptions;
  readonly files: ServerFiles;
  /** The log as far as it was read; kept by who looks again and again. */
  readonly log: LogReader;
}

/** What runs now. Changes nothing and starts nothing; neither wakes a model nor keeps it awake. */
export async function serverStatus(request: StatusRequest): Promise<ServerStatus> {
  const { files, log, server, signal } = request;
  const state = await readLiveState(files.state);
  if (state === undefined) return notRunning(request);
  await rotateLog(server.logFile);
  const running = describeServer(state, server.logFile);
  const address = await addressOf(state);
  if (!(await answers(address, signal))) return { server: running, models: [], answers: false };
  const models = await listModels(address, { signal });
  await log.read();
  const stored = await server.models();
  const tail = models.some(({ state: of }) => of === 'failed')
    ? await readLogTail(server.logFile)
    : '';
  return {
    server: running,
    models: models.map((model) =>
      describeModel(model, { log, logFile: server.logFile, stored, tail }),
    ),
    answers: true,
  };
}

async function notRunning({ files, server }: StatusRequest): Promise<ServerStatus> {
  const dead = await readState(files.state);
  const nothing = { server: null, models: [], answers: false };
  return dead === undefined
    ? nothing
    : { ...nothing, ended: await explainEnd(dead, server.logFile) };
}

/** The server as it is shown. */
export function describeServer(state: ServerState, logFile: string): RunningServer {
  return {
    pid: state.pid,
    startedAt: state.startedAt,
    url: serverUrl(state),
    engine: describeEngine(state.engine),
    logFile,
    ...(state.modelsMax === undefined ? {} : { modelsMax: state.modelsMax }),
    ...(state.apiKeyFile === undefined ? {} : { apiKeyFile: state.apiKeyFile }),
  };
}

interface Known {
  readonly log: LogReader;
  readonly logFile: string;
  readonly stored: readonly StoredModel[];
  /** The end of the log, where there is a failed model. */
  readonly tail: string;
}

function describeModel(model: RouterModel, known: Known): ModelStatus {
  const { logFile, stored, tail } = known;
  const { ref } = model;
  const size = stored.find((entry) => entry.ref === ref)?.size;
  const lines = model.port === undefined ? [] : linesOfProcess(tail, model.port);
  return {
    ...model,
    ...(size === undefined ? {} : { size }),
    ...(model.state === 'failed' ? { failure: explainFailure(lines, { ref }, logFile) } : {}),
    ...(model.state === 'loaded' || model.state === 'sleeping' ? activity(model, known.log) : {}),
  };
}

/** What only the log tells. What it does not tell is left out. */
function activity(model: RouterModel, log: LogReader): Partial<ModelStatus> {
  const process = model.port === undefined ? undefined : log.story.processes.get(model.port);
  if (process?.ref !== model.ref) return {};
  const { host, devices } = process.bytes;
  const share = host + devices === 0 ? {} : { deviceShare: devices / (host + devices) };
  if (model.state === 'sleeping') return share;
  const requests = process.tasks.size;
  const idle =
    requests > 0 || process.lastActiveAt === undefined
      ? undefined
      : log.secondsSince(process.lastActiveAt, new Date());
  const sleepsAfter = Number(model.args[model.args.indexOf('--sleep-idle-seconds') + 1]);
  const sleeps = model.args.includes('--sleep-idle-seconds') && sleepsAfter > 0;
  return {
    ...share,
    requests,
    ...(idle === undefined ? {} : { idleSeconds: idle }),
    ...(idle === undefined || !sleeps ? {} : { unloadsInSeconds: Math.max(0, sleepsAfter - idle) }),
  };
}
