import type { Faults } from './faults.ts';
import type { Host } from './host.ts';
import type { HostName, RecordedRequest, RequestLog, WaitOptions } from './log.ts';

/** Servers that are up or down together or each, with one log and one list of faults. */
export interface ServedHosts<Name extends HostName> {
  /** Every request to the hosts since the start or the last clear, in the order of arrival. */
  readonly requests: readonly RecordedRequest[];
  clearRequests(): void;
  readonly faults: Faults;
  /** Resolves once so many bytes of bodies were sent for requests that match, past ones included. */
  waitForBytes(path: string | RegExp, bytes: number, options?: WaitOptions): Promise<void>;
  /** Cuts all connections and refuses new ones: of one host, or of all. */
  goDown(host?: Name): Promise<void>;
  /** Comes back on the same ports. */
  comeUp(host?: Name): Promise<void>;
  /** @throws AggregateError when a request met a bug of the servers themselves */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the hosts on free ports of 127.0.0.1. */
export async function serveHosts<Name extends HostName>(
  hosts: Readonly<Record<Name, Host>>,
  log: RequestLog,
  faults: Faults,
): Promise<ServedHosts<Name>> {
  const all = Object.values<Host>(hosts);
  const chosen = (name?: Name): Host[] => (name === undefined ? all : [hosts[name]]);
  const goDown = async (name?: Name): Promise<void> => {
    await Promise.all(chosen(name).map((host) => host.stop()));
  };
  const comeUp = async (name?: Name): Promise<void> => {
    await Promise.all(chosen(name).map((host) => host.start()));
  };
  const close = async (): Promise<void> => {
    await goDown();
    for (const host of all) host.throwBugs();
  };
  await comeUp();
  return {
    requests: log.requests,
    clearRequests: () => log.clear(),
    faults,
    waitForBytes: async (path, bytes, wait = {}) => log.waitForBytes(path, bytes, wait),
    goDown,
    comeUp,
    close,
    [Symbol.asyncDispose]: close,
  };
}
