import { type FileHandle, open } from 'node:fs/promises';

import { systemErrorCode } from '../errors.ts';
import { logFiles } from './log-file.ts';
import { HEADER, type LogEntry, LogStory } from './log-story.ts';

/** A line of the log with the time at which it was written, as near as can be told. */
export interface DatedEntry extends LogEntry {
  readonly at?: Date;
}

const CHUNK_BYTES = 1024 * 1024;
/** A line without end is cut here. */
const LONGEST_LINE = 64 * 1024;
const HEADER_BYTES = Buffer.from(HEADER);

interface Place {
  readonly file: string;
  readonly inode: number;
  position: number;
}

/**
 * Reads the log of a server from its beginning, over the files it was rotated into, and then what
 * is added each time it is asked.
 *
 * The log counts time on a clock that stands still while the machine sleeps. So the time of a line
 * is counted back from the last time the file was written to, not forward from the server's start.
 */
export class LogReader {
  readonly #file: string;
  readonly #story = new LogStory();
  #place: Place | undefined;
  #rest = '';
  readonly #decoder = new TextDecoder();
  #writtenAt: Date | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  get story(): LogStory {
    return this.#story;
  }

  /** When the log was last written to. */
  get writtenAt(): Date | undefined {
    return this.#writtenAt;
  }

  /** The lines that were added since the last call, the oldest first. */
  async read(): Promise<DatedEntry[]> {
    const entries: DatedEntry[] = [];
    for (const file of await this.#filesToRead()) {
      const read = await this.#readFile(file);
      entries.push(...this.#dated(read));
    }
    return entries;
  }

  /** Seconds since a moment on the server's clock; undefined while nothing is known. */
  secondsSince(moment: number, now: Date): number | undefined {
    const latest = this.#story.seconds;
    if (latest === undefined || this.#writtenAt === undefined) return undefined;
    return Math.max(0, latest - moment + (now.getTime() - this.#writtenAt.getTime()) / 1000);
  }

  /** At first all files; later the one that is read, after the rest of it where it was rotated. */
  async #filesToRead(): Promise<readonly string[]> {
    const place = this.#place;
    if (place === undefined) return filesOfThisServer(this.#file);
    const now = await fileFacts(this.#file);
    if (now === undefined) return [];
    if (now.inode === place.inode && now.size >= place.position) return [this.#file];
    const rotated = `${this.#file}.1`;
    const before = await fileFacts(rotated);
    const unread = before !== undefined && before.size >= place.position;
    this.#place = unread ? { ...place, file: rotated, inode: before.inode } : undefined;
    return unread ? [rotated, this.#file] : [this.#file];
  }

  async #readFile(file: string): Promise<LogEntry[]> {
    let handle: FileHandle;
    try {
      handle = await open(file, 'r');
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return [];
      throw error;
    }
    try {
      const { ino, mtime, size } = await handle.stat();
      const from = this.#place?.inode === ino && this.#place.position <= size;
      let position = from ? (this.#place?.position ?? 0) : 0;
      const entries: LogEntry[] = [];
      const buffer = Buffer.alloc(Math.min(CHUNK_BYTES, Math.max(0, size - position)));
      while (position < size) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, position);
        if (bytesRead === 0) break;
        position += bytesRead;
        entries.push(
          ...this.#takeText(this.#decoder.decode(buffer.subarray(0, bytesRead), { stream: true })),
        );
      }
      if (size > 0) this.#writtenAt = mtime;
      this.#place = { file, inode: ino, position };
      return entries;
    } finally {
      await handle.close();
    }
  }

  #takeText(text: string): LogEntry[] {
    const lines = `${this.#rest}${text}`.split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LONGEST_LINE);
    return lines.filter((line) => line !== '').map((line) => this.#story.take(line));
  }

  #dated(entries: readonly LogEntry[]): DatedEntry[] {
    const latest = this.#story.seconds;
    const { writtenAt } = this;
    if (latest === undefined || writtenAt === undefined) return [...entries];
    return entries.map((entry) =>
      entry.seconds === undefined
        ? entry
        : { ...entry, at: new Date(writtenAt.getTime() - (latest - entry.seconds) * 1000) },
    );
  }
}

/** The files that tell of the server that wrote the newest one: from the last that begins it. */
async function filesOfThisServer(file: string): Promise<readonly string[]> {
  const files = logFiles(file);
  for (let index = files.length - 1; index >= 0; index -= 1) {
    const candidate = files[index];
    if (candidate !== undefined && (await beginsServer(candidate))) return files.slice(index);
  }
  return files;
}

async function beginsServer(file: string): Promise<boolean> {
  let handle: FileHandle;
  try {
    handle = await open(file, 'r');
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return false;
    throw error;
  }
  try {
    const start = Buffer.alloc(HEADER_BYTES.length);
    await handle.read(start, 0, start.length, 0);
    return start.equals(HEADER_BYTES);
  } finally {
    await handle.close();
  }
}

async function fileFacts(file: string): Promise<{ inode: number; size: number } | undefined> {
  try {
    const handle = await open(file, 'r');
    try {
      const { ino, size } = await handle.stat();
      return { inode: ino, size };
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}
