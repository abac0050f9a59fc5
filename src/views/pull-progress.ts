import path from 'node:path';

import type { DownloadEvent } from '../lib/download/types.ts';
import { formatCount, formatDiskSize, formatDuration } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { PlannedFile } from '../lib/pull/plan.ts';
import {
  bytesToFetch,
  type PendingFile,
  type PendingModel,
  type PullEvent,
} from '../lib/pull/events.ts';
import { RateMeter } from '../lib/ui/rate.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { BarStack } from './bar-stack.ts';
import { describeProgress, type ProgressFigures } from './progress-line.ts';

const LINE_EVERY_MS = 5_000;

/** How far one file is. */
interface FileProgress {
  readonly name: string;
  readonly size: number;
  received: number;
  checked: number;
  remark: string | undefined;
}

/**
 * Tells how a pull goes: bars on a terminal, a line every few seconds elsewhere, nothing with
 * --quiet. It decides nothing: everything it says comes in the events.
 */
export class PullProgress {
  readonly #terminal: Terminal;
  readonly #bars: BarStack | undefined;
  readonly #files = new Map<string, FileProgress>();
  #meter = new RateMeter();
  #lastLine = 0;
  /** What was said last of another process: it holds every file of a model. */
  #waitingFor = '';

  private constructor(terminal: Terminal, bars: BarStack | undefined) {
    this.#terminal = terminal;
    this.#bars = bars;
  }

  /** Loads what is needed to draw. */
  static async create(terminal: Terminal): Promise<PullProgress> {
    const bars = terminal.canDraw ? await BarStack.create(terminal) : undefined;
    return new PullProgress(terminal, bars);
  }

  /** Takes an event of the pull. */
  handle(event: PullEvent): void {
    switch (event.type) {
      case 'looking':
        this.#look(event);
        break;
      case 'plan':
        this.#bars?.clear();
        for (const model of event.models) this.#announce(model);
        this.#prepare(event.models);
        break;
      case 'waiting': {
        const { pid, purpose } = event.holder;
        const whom = `Waiting for another llamero (process ${pid}), which is ${purpose}`;
        if (whom !== this.#waitingFor) this.#terminal.note(whom);
        this.#waitingFor = whom;
        break;
      }
      case 'file':
        this.#handleFile(event.file, event.event);
        break;
      case 'adopted':
        this.#adopted(event);
        break;
      case 'failed':
        this.#terminal.trace(`${event.ref}: ${event.error.message}`);
        break;
    }
  }

  /** Takes what is drawn away. */
  stop(): void {
    this.#bars?.clear();
  }

  #look({ checked, name, size }: Extract<PullEvent, { type: 'looking' }>): void {
    const figures = { name: `checking ${oneLine(path.basename(name))}`, done: checked, size };
    if (checked < size) this.#bars?.draw([figures]);
    else this.#bars?.clear();
  }

  #announce({ files, plan }: PendingModel): void {
    const { style } = this.#terminal;
    this.#terminal.note(style.bold(plan.ref));
    if (plan.reason !== undefined) this.#terminal.note(style.dim(oneLine(plan.reason)));
    const total = files.reduce((sum, { hubFile }) => sum + hubFile.size, 0);
    const what = `${formatCount(files.length, 'file')}, ${formatDiskSize(total)}`;
    const fetch = files.reduce((sum, file) => sum + bytesToFetch(file), 0);
    if (files.every(({ state }) => state.kind === 'there')) {
      this.#terminal.note(`Already here: ${what}`);
    } else if (fetch === total) {
      this.#terminal.note(`Fetching ${what}`);
    } else {
      const here = formatDiskSize(total - fetch);
      this.#terminal.note(`Fetching ${what}; ${here} of it is here already`);
    }
    for (const { hubFile, state } of files) {
      this.#terminal.trace(
        `  ${oneLine(hubFile.path)}  ${formatDiskSize(hubFile.size)}  ${state.kind}`,
      );
    }
  }

  #prepare(models: readonly PendingModel[]): void {
    for (const file of models.flatMap(({ files }) => files)) {
      if (file.state.kind !== 'there') this.#files.set(file.target, newProgress(file));
    }
    this.#meter = new RateMeter();
    this.#meter.add(Date.now(), this.#received());
    this.#lastLine = Date.now();
  }

  #handleFile(file: PlannedFile, event: DownloadEvent): void {
    const progress = this.#files.get(file.target);
    if (progress === undefined) return;
    switch (event.type) {
      case 'begin':
      case 'progress':
        progress.received = event.received;
        progress.remark = undefined;
        break;
      case 'wait':
        progress.remark = `${event.reason}, next try in ${formatDuration(Math.ceil(event.seconds))}`;
        if (this.#bars === undefined) this.#terminal.note(`${progress.name}: ${progress.remark}`);
        break;
      case 'restart':
        progress.received = 0;
        progress.checked = 0;
        this.#terminal.note(oneLine(`${progress.name} is begun anew: ${event.reason}`));
        break;
      case 'verify':
        progress.checked = event.checked;
        break;
      case 'end':
        this.#finish(file, progress, 'verified');
        break;
    }
    this.#show();
  }

  #adopted({ by, copy, file }: Extract<PullEvent, { type: 'adopted' }>): void {
    const progress = this.#files.get(file.target);
    if (progress === undefined) return;
    const how = by === 'hard link' ? 'linked' : by === 'reflink' ? 'cloned' : 'copied';
    this.#finish(file, progress, `0 B downloaded, ${how} from ${copy.place}`);
    this.#terminal.trace(`  ${oneLine(copy.path)}`);
  }

  #finish(file: PlannedFile, progress: FileProgress, how: string): void {
    progress.received = progress.size;
    progress.checked = progress.size;
    progress.remark = undefined;
    const { style } = this.#terminal;
    this.#terminal.note(
      `${style.green('✓')} ${path.basename(file.target)} ${style.dim(oneLine(how))}`,
    );
  }

  #received(): number {
    let received = 0;
    for (const file of this.#files.values()) received += file.received;
    return received;
  }

  #show(): void {
    const now = Date.now();
    this.#meter.add(now, this.#received());
    if (this.#bars !== undefined) {
      this.#bars.draw(this.#lines());
    } else if (now - this.#lastLine >= LINE_EVERY_MS) {
      this.#lastLine = now;
      this.#terminal.note(describeProgress(this.#total()));
    }
  }

  #total(): ProgressFigures {
    const files = [...this.#files.values()];
    const size = files.reduce((sum, file) => sum + file.size, 0);
    const [only] = files;
    const name = files.length === 1 && only !== undefined ? only.name : 'total';
    return { name, done: this.#received(), size, rate: this.#meter.rate };
  }

  /** The total first, then the files that are being worked on. */
  #lines(): ProgressFigures[] {
    const active = [...this.#files.values()].filter(
      ({ checked, received, remark, size }) =>
        (received > 0 || remark !== undefined) && (received < size || checked < size),
    );
    const rows = active.map((file) => toFigures(file));
    const [only] = active;
    if (this.#files.size === 1 && only !== undefined) {
      return [{ ...toFigures(only), rate: this.#meter.rate }];
    }
    return [this.#total(), ...rows];
  }
}

function newProgress(file: PendingFile): FileProgress {
  return {
    name: path.basename(file.target),
    size: file.hubFile.size,
    received: file.state.kind === 'fetch' ? file.state.received : 0,
    checked: 0,
    remark: undefined,
  };
}

function toFigures({ checked, name, received, remark, size }: FileProgress): ProgressFigures {
  if (received < size || remark !== undefined) return { name, done: received, size, remark };
  return { name: `verifying ${name}`, done: checked, size };
}
