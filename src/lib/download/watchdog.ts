/** Calls back when it has been running for a time: it is stopped while our own disk is waited for. */
export class Watchdog {
  readonly #milliseconds: number;
  readonly #bark: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(seconds: number, bark: () => void) {
    this.#milliseconds = seconds * 1000;
    this.#bark = bark;
  }

  start(): void {
    this.stop();
    this.#timer = setTimeout(this.#bark, this.#milliseconds);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
