import { type LogLevel, parseLogLine } from './log-line.ts';

/** A line of the log, with who wrote it and when. */
export interface LogEntry {
  /** The model whose process wrote it, or that the router speaks of. */
  readonly ref?: string;
  readonly level: LogLevel;
  readonly text: string;
  /** Seconds since the server began, where the line tells. */
  readonly seconds?: number;
  /** Whether a reader who is no developer of llama.cpp can do without it. */
  readonly detail: boolean;
}

/** What the log tells of one process of a model. */
export interface ProcessStory {
  readonly ref: string;
  /** Seconds since the server began. */
  readonly startedAt: number;
  /** Requests that are worked on. */
  readonly tasks: ReadonlySet<string>;
  /** When it became ready or ended its last request, in seconds since the server began. */
  readonly lastActiveAt?: number;
  /** Bytes of weights and KV cache in the memory of the machine and of its devices (GPUs). */
  readonly bytes: { readonly host: number; readonly devices: number };
}

interface Draft {
  ref: string;
  startedAt: number;
  tasks: Set<string>;
  lastActiveAt?: number;
  bytes: { host: number; devices: number };
}

/** The line of ours with which a log begins; what stands above it is of an earlier server. */
export const HEADER = '# llamero starts ';

const SPAWNED = /^spawning server instance with name=(?<id>\S+) on port (?<port>\d+)$/u;
const ABOUT_MODEL = /\bname=(?<id>\S+)/u;
const LAUNCHED = /\btask (?<task>-?\d+) \| processing task/u;
const RELEASED = /\btask (?<task>-?\d+) \| stop processing/u;
const BUFFER = /^\s*(?<device>\S+) (?:model|KV|RS) buffer size = +(?<size>[\d.]+) MiB/u;
const READY = /^model loaded$|^server is exiting sleeping state$/u;

/** What a reader wants to see of what is neither warning nor error. */
const TELLING =
  /^# |^spawning server instance with name=|^model loaded$|^listening on |^loading model '|^server is (?:entering|exiting) sleeping state$|exited with status|^stopping model|^unloading|prompt eval time =|\beval time =|^cancel task|^starting server in router mode|^done request|^log_server/u;
/** Warnings that are true of every server of ours, and meant for those who open it to a network. */
const ALWAYS_THERE =
  /^security: |^setting '\S+' overridden|model name is not specified|^http client error: Connection handling canceled/u;

/**
 * Reads the log of a server from its beginning, line by line, and keeps what it tells: which
 * process has which model, what it works on, and since when it does nothing. It is asked because
 * asking the server itself (`/slots`) wakes a sleeping model and puts off the sleep of another.
 * The words are those of llama.cpp's tools/server, seen on build 11669.
 */
export class LogStory {
  #processes = new Map<number, Draft>();
  #seconds: number | undefined;

  /** The processes of models by their port: the last one that had it. */
  get processes(): ReadonlyMap<number, ProcessStory> {
    return this.#processes;
  }

  /** When the newest line was written, in seconds since the server began. */
  get seconds(): number | undefined {
    return this.#seconds;
  }

  /** Takes the next line. */
  take(raw: string): LogEntry {
    if (raw.startsWith(HEADER)) {
      this.#processes = new Map();
      this.#seconds = undefined;
      return { level: 'info', text: raw.slice(2), detail: false };
    }
    const line = parseLogLine(raw);
    const own = line.port === undefined ? undefined : this.#processes.get(line.port);
    const seconds = this.#sinceStart(line.seconds, line.port, own);
    if (seconds !== undefined) this.#seconds = seconds;
    if (line.port === undefined) this.#learnFromRouter(line.text, seconds);
    else if (own !== undefined) learn(own, line.text, seconds);
    const ref =
      line.port === undefined
        ? refOfId(ABOUT_MODEL.exec(line.text)?.groups?.['id'])
        : (own?.ref ?? `port ${line.port}`);
    return {
      ...(ref === undefined ? {} : { ref }),
      level: line.level,
      text: line.text,
      ...(seconds === undefined ? {} : { seconds }),
      detail: isDetail(line.level, line.text, line.port !== undefined),
    };
  }

  /** The clock of a model's process begins when the router starts it. */
  #sinceStart(
    seconds: number | undefined,
    port: number | undefined,
    own: Draft | undefined,
  ): number | undefined {
    if (seconds === undefined || port === undefined) return seconds;
    return own === undefined ? undefined : own.startedAt + seconds;
  }

  #learnFromRouter(text: string, seconds: number | undefined): void {
    const spawned = SPAWNED.exec(text)?.groups;
    const ref = refOfId(spawned?.['id']);
    if (ref === undefined || seconds === undefined) return;
    this.#processes.set(Number(spawned?.['port']), {
      ref,
      startedAt: seconds,
      tasks: new Set(),
      bytes: { host: 0, devices: 0 },
    });
  }
}

function learn(process: Draft, text: string, seconds: number | undefined): void {
  const launched = LAUNCHED.exec(text)?.groups?.['task'];
  const released = RELEASED.exec(text)?.groups?.['task'];
  if (launched !== undefined) process.tasks.add(launched);
  if (released !== undefined) process.tasks.delete(released);
  if (seconds !== undefined && (released !== undefined || READY.test(text))) {
    process.lastActiveAt = seconds;
  }
  if (text.startsWith("loading model '")) {
    // It is loaded again when it wakes up.
    process.bytes = { host: 0, devices: 0 };
    process.tasks.clear();
  }
  const buffer = BUFFER.exec(text)?.groups;
  if (buffer !== undefined) {
    const where = buffer['device']?.startsWith('CPU') === true ? 'host' : 'devices';
    process.bytes[where] += Number(buffer['size']) * 1024 * 1024;
  }
}

/**
 * The reference of a model from the name of its section, see {@link sectionName}: `user/repo@UD-Q4`
 * is `user/repo:UD-Q4`.
 */
function refOfId(id: string | undefined): string | undefined {
  if (id === undefined || id.includes(':')) return id;
  return id.replace(/@(?=[^@]*$)/u, ':');
}

function isDetail(level: LogLevel, text: string, ofModel: boolean): boolean {
  // Clients have no business with the port of a model's own process.
  if (ALWAYS_THERE.test(text) || (ofModel && text.startsWith('listening on '))) return true;
  return level === 'error' || level === 'warning' ? false : !TELLING.test(text);
}
