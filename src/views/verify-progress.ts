import type { PullEvent } from '../lib/pull/events.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { VerifyEvent } from '../lib/store/verify.ts';
import { RateMeter } from '../lib/ui/rate.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { BarStack } from './bar-stack.ts';
import { describeProgress, type ProgressFigures } from './progress-line.ts';
import { PullProgress } from './pull-progress.ts';
import type { RepairListener } from './verify.ts';
import { renderModel } from './verify-text.ts';

const LINE_EVERY_MS = 5_000;

/** How far one file is. Bytes. */
interface FileProgress {
  readonly name: string;
  readonly size: number;
  checked: number;
}

/**
 * Tells how a verification goes: a line for each model as soon as it is known, bars on a terminal,
 * a line every few seconds elsewhere, and a repair as a pull.
 */
export class VerifyProgress implements RepairListener {
  readonly #terminal: Terminal;
  readonly #bars: BarStack | undefined;
  readonly #pull: PullProgress;
  /** By path, those that are read whole. */
  readonly #files = new Map<string, FileProgress>();
  readonly #meter = new RateMeter();
  #lastLine = Date.now();

  private constructor(terminal: Terminal, bars: BarStack | undefined, pull: PullProgress) {
    this.#terminal = terminal;
    this.#bars = bars;
    this.#pull = pull;
  }

  /** Loads what is needed to draw. */
  static async create(terminal: Terminal): Promise<VerifyProgress> {
    const bars = terminal.canDraw ? await BarStack.create(terminal) : undefined;
    return new VerifyProgress(terminal, bars, await PullProgress.create(terminal));
  }

  /** Takes an event of the verification. */
  verify(event: VerifyEvent): void {
    switch (event.type) {
      case 'plan':
        for (const { files, repo } of event.models) {
          for (const { file, path, recorded } of files) {
            if (recorded?.sha256 === undefined) continue;
            const name = oneLine(`${repo}/${file}`);
            this.#files.set(path, { name, size: recorded.size, checked: 0 });
          }
        }
        break;
      case 'reading':
        this.#read(event.path, event.checked);
        break;
      case 'model':
        // Bars and results may share a screen.
        this.#bars?.clear();
        // What was not read after all is done with too.
        for (const { path } of event.model.files) this.#finish(path);
        this.#terminal.print(renderModel(event.model, this.#terminal.outStyle));
        break;
      case 'gone':
        this.#bars?.clear();
        this.#terminal.note(`${oneLine(event.ref)} was removed meanwhile`);
        break;
    }
  }

  /** Takes an event of a repair. */
  handle(event: PullEvent): void {
    this.#pull.handle(event);
  }

  repaired(ref: string): void {
    this.stop();
    this.#terminal.print(`${this.#terminal.outStyle.green('✓')} ${oneLine(ref)}  repaired`);
  }

  /** Takes what is drawn away. */
  stop(): void {
    this.#bars?.clear();
    this.#pull.stop();
  }

  #read(path: string, checked: number): void {
    const file = this.#files.get(path);
    if (file === undefined) return;
    file.checked = checked;
    const now = Date.now();
    const total = this.#total();
    this.#meter.add(now, total.done);
    const figures = { ...total, rate: this.#meter.rate };
    if (this.#bars !== undefined) {
      const current = { name: `checking ${file.name}`, done: checked, size: file.size };
      this.#bars.draw(
        this.#files.size === 1 ? [{ ...current, rate: figures.rate }] : [figures, current],
      );
    } else if (now - this.#lastLine >= LINE_EVERY_MS) {
      this.#lastLine = now;
      this.#terminal.note(describeProgress(figures));
    }
  }

  #finish(path: string): void {
    const file = this.#files.get(path);
    if (file !== undefined) file.checked = file.size;
  }

  #total(): ProgressFigures {
    const files = [...this.#files.values()];
    return {
      name: 'total',
      done: files.reduce((sum, { checked }) => sum + checked, 0),
      size: files.reduce((sum, { size }) => sum + size, 0),
    };
  }
}
