/** Until when servers want to be left alone: all connections keep to it, whoever was told. */
export class HostGates {
  readonly #closedUntil = new Map<string, number>();

  /** @param until milliseconds, of the same clock as in {@link isOpen} */
  close(host: string, until: number): void {
    this.#closedUntil.set(host, Math.max(until, this.#closedUntil.get(host) ?? 0));
  }

  isOpen(host: string, now: number): boolean {
    return now >= (this.#closedUntil.get(host) ?? 0);
  }
}
