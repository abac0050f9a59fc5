/** How much a line of the log matters. */
export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** A line of llama-server's log, taken apart. */
export interface LogLine {
  /** The port of the model's process that wrote it; the router's own lines have none. */
  readonly port?: number;
  /** Seconds since the process that wrote it began. Lines that go on from the one before have none. */
  readonly seconds?: number;
  readonly level: LogLevel;
  /** The message, without port, time, level, and the name of the function that wrote it. */
  readonly text: string;
}

const LEVELS: Readonly<Record<string, LogLevel>> = {
  D: 'debug',
  I: 'info',
  W: 'warning',
  E: 'error',
};

/**
 * `[port] minutes.seconds.milliseconds.microseconds LEVEL tag func: text`; the router repeats what
 * its children write with their port in front. Source:
 * https://github.com/ggml-org/llama.cpp/blob/master/common/log.cpp; seen on build 11669.
 */
const LINE =
  /^(?:\[(?<port>\d{1,5})\] )?(?:(?<minutes>\d+)\.(?<seconds>\d\d)\.(?<ms>\d{3})\.(?<us>\d{3}) (?<level>[DIWE]) )?(?<text>.*)$/su;

/** The tag of three or four letters and the function: `srv  llama_server: `, `slot      release: `. */
const WRITER = /^(?:(?:srv|cmn|slot|que|res|tok) +)?[A-Za-z_][\w:]*(?:\(\))?: +/u;

/** Takes a line of the log apart. Nothing is made safe for a terminal here. */
export function parseLogLine(line: string): LogLine {
  const { level, minutes, ms, port, seconds, text = line, us } = LINE.exec(line)?.groups ?? {};
  const of = port === undefined ? {} : { port: Number(port) };
  if (minutes === undefined) {
    return { ...of, level: /^error\b/iu.test(text) ? 'error' : 'info', text };
  }
  return {
    ...of,
    seconds: Number(minutes) * 60 + Number(seconds) + Number(ms) / 1e3 + Number(us) / 1e6,
    level: LEVELS[level ?? ''] ?? 'info',
    text: text.replace(WRITER, '').trim(),
  };
}
