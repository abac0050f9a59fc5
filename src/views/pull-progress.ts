import path from 'node:path';

import type { SingleBar } from 'cli-progress';

import type { DownloadEvent } from '../lib/download/types.ts';
import { formatCount, formatDiskSize, formatDuration, formatRate } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { PendingFile, PullEvent } from '../lib/pull/pull.ts';
import { RateMeter } from '../lib/ui/rate.ts';
import { shorten } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

const FRAMES_PER_SECOND = 10;
const LINE_EVERY_MS = 5_000;
const NARROWEST_BAR = 8;
const WIDEST_BAR = 40;

/** Draws a pull: a bar on a terminal, a line every few seconds elsewhere, nothing with --quiet. */
export class PullProgress {
  readonly #terminal: Terminal;
  #bar: SingleBar | undefined;
  #meter = new RateMeter();
  #phase: 'fetch' | 'verify' = 'fetch';
  #name = '';
  #remark = '';
  #lastLine = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Loads what is needed to draw; to be awaited before the first event. */
  static async create(terminal: Terminal): Promise<PullProgress> {
    const progress = new PullProgress(terminal);
    if (terminal.canDraw) await progress.#loadBar();
    return progress;
  }

  async #loadBar(): Promise<void> {
    const { SingleBar } = await import('cli-progress');
    this.#bar = new SingleBar({
      stream: this.#terminal.streams.stderr,
      fps: FRAMES_PER_SECOND,
      hideCursor: true,
      clearOnComplete: true,
      linewrap: null,
      gracefulExit: false,
      format: (_options, { progress, total, value }) => this.#draw(progress, value, total),
    });
  }

  /** Takes an event of the pull. */
  handle(event: PullEvent): void {
    switch (event.type) {
      case 'plan':
        this.#announce(event.plan.ref, event.plan.reason, event.files);
        break;
      case 'waiting': {
        const { pid, purpose } = event.holder;
        this.#terminal.note(`Waiting for another llamero (process ${pid}), which is ${purpose}`);
        break;
      }
      case 'file':
        this.#name = path.basename(event.file.target);
        this.#handleFile(event.event);
        break;
    }
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
  }

  #announce(ref: string, reason: string | undefined, files: readonly PendingFile[]): void {
    const { style } = this.#terminal;
    const total = files.reduce((sum, { hubFile }) => sum + hubFile.size, 0);
    const here = files.reduce((sum, { received }) => sum + received, 0);
    this.#terminal.note(style.bold(ref));
    if (reason !== undefined) this.#terminal.note(style.dim(oneLine(reason)));
    const what = `${formatCount(files.length, 'file')}, ${formatDiskSize(total)}`;
    if (files.every(({ state }) => state === 'there')) {
      this.#terminal.note(`Already here: ${what}`);
      return;
    }
    const rest = here > 0 ? `${what}; ${formatDiskSize(here)} of it is here already` : what;
    this.#terminal.note(`Fetching ${rest}`);
    for (const { hubFile, state } of files) {
      this.#terminal.trace(`  ${oneLine(hubFile.path)}  ${formatDiskSize(hubFile.size)}  ${state}`);
    }
  }

  #handleFile(event: DownloadEvent): void {
    switch (event.type) {
      case 'begin':
        this.#begin('fetch', event.received, event.size);
        break;
      case 'progress':
        this.#remark = '';
        this.#advance(event.received, event.size);
        break;
      case 'wait':
        this.#remark = `${event.reason}, next try in ${formatDuration(Math.ceil(event.seconds))}`;
        if (this.#bar === undefined) this.#terminal.note(`${this.#name}: ${this.#remark}`);
        break;
      case 'restart':
        this.#interrupt(`${this.#name} is fetched from its beginning: ${event.reason}`);
        break;
      case 'verify':
        if (this.#phase !== 'verify') this.#begin('verify', 0, event.size);
        this.#advance(event.checked, event.size);
        break;
      case 'end':
        this.stop();
        this.#terminal.note(
          `${this.#terminal.style.green('✓')} ${this.#name} ${this.#terminal.style.dim('verified')}`,
        );
        break;
    }
  }

  /** Says a line above the bar. */
  #interrupt(line: string): void {
    this.stop();
    this.#terminal.note(oneLine(line));
  }

  #begin(phase: 'fetch' | 'verify', done: number, size: number): void {
    this.#phase = phase;
    this.#meter = new RateMeter();
    this.#meter.add(Date.now(), done);
    this.#remark = '';
    this.#lastLine = Date.now();
    this.#bar?.start(Math.max(1, size), done);
  }

  #advance(done: number, size: number): void {
    const now = Date.now();
    this.#meter.add(now, done);
    if (this.#bar !== undefined) {
      this.#bar.update(done);
    } else if (now - this.#lastLine >= LINE_EVERY_MS) {
      this.#lastLine = now;
      this.#terminal.note(this.#describe(done, size));
    }
  }

  #describe(done: number, size: number): string {
    const percent = Math.floor((100 * done) / Math.max(1, size));
    const verb = this.#phase === 'verify' ? 'verifying' : this.#name;
    const parts = [`${verb} ${percent} %`, `${formatDiskSize(done)} of ${formatDiskSize(size)}`];
    const { rate } = this.#meter;
    if (rate !== undefined && rate > 0) {
      parts.push(formatRate(rate), `${formatDuration((size - done) / rate)} left`);
    }
    return parts.join(', ');
  }

  #draw(fraction: number, done: number, size: number): string {
    const { style } = this.#terminal;
    const columns = (this.#terminal.streams.stderr.columns ?? 80) - 1;
    const { rate } = this.#meter;
    const percent = `${String(Math.floor(100 * fraction)).padStart(3)} %`;
    const amount = `${formatDiskSize(done)} / ${formatDiskSize(size)}`;
    const pace =
      rate === undefined || rate <= 0
        ? ''
        : `${formatRate(rate)}  ${formatDuration((size - done) / rate)} left`;
    const name = this.#phase === 'verify' ? `verifying ${this.#name}` : this.#name;
    // What gives way when the terminal is narrow: first the bar, then the pace, then the name.
    const detail = this.#remark === '' ? [percent, amount, pace] : [percent, this.#remark];
    let text = detail.filter(Boolean).join('  ');
    let room = columns - name.length - text.length - 4;
    if (room < NARROWEST_BAR && pace !== '' && this.#remark === '') {
      text = [percent, amount].join('  ');
      room = columns - name.length - text.length - 4;
    }
    if (room < NARROWEST_BAR) return shorten(`${name}  ${text}`, columns);
    const width = Math.min(WIDEST_BAR, room);
    const filled = Math.round(width * fraction);
    const bar = style.cyan('━'.repeat(filled)) + style.dim('─'.repeat(width - filled));
    return `${name}  ${bar}  ${text}`;
  }
}
