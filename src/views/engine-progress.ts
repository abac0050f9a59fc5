import type { ReleaseAsset } from '../lib/engine/choose-asset.ts';
import type { InstallEvent } from '../lib/engine/install.ts';
import type { TrialStep } from '../lib/engine/trial.ts';
import { formatDiskSize, formatDuration } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { RateMeter } from '../lib/ui/rate.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { BarStack } from './bar-stack.ts';
import { describeProgress, type ProgressFigures } from './progress-line.ts';

const LINE_EVERY_MS = 5_000;

const STEPS: Readonly<Record<TrialStep, string>> = {
  version: 'Trying it: does it run',
  devices: 'Trying it: does it see its devices',
  load: 'Trying it: does it load a model',
};

type DownloadEvent = Extract<InstallEvent, { type: 'download' }>;

/** Tells how an installation goes: a bar on a terminal, lines elsewhere, nothing with --quiet. */
export class EngineProgress {
  readonly #terminal: Terminal;
  readonly #bars: BarStack | undefined;
  #meter = new RateMeter();
  #lastLine = Date.now();

  private constructor(terminal: Terminal, bars: BarStack | undefined) {
    this.#terminal = terminal;
    this.#bars = bars;
  }

  /** Loads what is needed to draw. */
  static async create(terminal: Terminal): Promise<EngineProgress> {
    const bars = terminal.canDraw ? await BarStack.create(terminal) : undefined;
    return new EngineProgress(terminal, bars);
  }

  /** Takes an event of the installation. */
  handle(event: InstallEvent): void {
    switch (event.type) {
      case 'waiting':
        this.#say(
          `Waiting for another llamero (process ${event.holder.pid}), which is ${event.holder.purpose}`,
        );
        break;
      case 'download':
        this.#download(event);
        break;
      case 'shared':
        this.#say(`${nameOf(event.asset)} is here already: an installed build has it`);
        break;
      case 'unpacking':
        this.#say(`Unpacking ${nameOf(event.asset)}`);
        break;
      case 'trying':
        this.#say(STEPS[event.step]);
        break;
      case 'model at fault':
        this.stop();
        this.#terminal.warn(
          oneLine(`the trial model could not be loaded: ${event.model} (${event.reason})`),
        );
        break;
      case 'removed':
        this.#say(`Removed the old ${event.name}`);
        break;
    }
  }

  /** Takes what is drawn away. */
  stop(): void {
    this.#bars?.clear();
  }

  #say(line: string): void {
    this.stop();
    this.#terminal.note(oneLine(line));
  }

  #download({ asset, event }: DownloadEvent): void {
    const name = nameOf(asset);
    switch (event.type) {
      case 'begin':
        this.#meter = new RateMeter();
        this.#show({ name, done: event.received, size: event.size });
        break;
      case 'progress':
        this.#show({ name, done: event.received, size: event.size });
        break;
      case 'verify':
        this.#bars?.draw([{ name: `verifying ${name}`, done: event.checked, size: event.size }]);
        break;
      case 'wait':
        this.#say(`${event.reason}, next try in ${formatDuration(Math.ceil(event.seconds))}`);
        break;
      case 'restart':
        this.#say(`${name} is begun anew: ${event.reason}`);
        break;
      case 'end':
        this.stop();
        this.#terminal.note(
          `${this.#terminal.style.green('✓')} ${name} (${formatDiskSize(asset.size)})`,
        );
        break;
    }
  }

  #show(figures: ProgressFigures): void {
    const now = Date.now();
    this.#meter.add(now, figures.done);
    const line = { ...figures, rate: this.#meter.rate };
    if (this.#bars !== undefined) {
      this.#bars.draw([line]);
    } else if (now - this.#lastLine >= LINE_EVERY_MS) {
      this.#lastLine = now;
      this.#terminal.note(describeProgress(line));
    }
  }
}

function nameOf({ name }: ReleaseAsset): string {
  return oneLine(name);
}
