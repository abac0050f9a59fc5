import type { PullEvent } from '../lib/pull/events.ts';
import { bytesToFetch, bytesToWrite, type PendingModel } from '../lib/pull/events.ts';
import { errorDocument } from '../lib/ui/error-text.ts';
import type { PullListener } from './pull.ts';

const EVERY_MS = 500;

/** A pull as NDJSON: one JSON document a line, as it happens. */
export class PullLines implements PullListener {
  readonly #print: (line: string) => void;
  readonly #last = new Map<string, number>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  handle(event: PullEvent): void {
    const document = this.#describe(event);
    if (document !== undefined) this.#print(JSON.stringify(document));
  }

  stop(): void {
    this.#last.clear();
  }

  #describe(event: PullEvent): object | undefined {
    switch (event.type) {
      case 'looking':
        return undefined;
      case 'plan':
        return { event: 'plan', models: event.models.map(describePending) };
      case 'waiting':
        return { event: 'waiting', path: event.file.target, pid: event.holder.pid };
      case 'adopted':
        return {
          event: 'reused',
          path: event.file.target,
          from: event.copy.path,
          place: event.copy.place,
          by: event.by,
        };
      case 'failed':
        return { event: 'failed', ref: event.ref, ...errorDocument(event.error) };
      case 'file':
        return this.#describeFile(event);
    }
  }

  #describeFile({ event, file }: Extract<PullEvent, { type: 'file' }>): object | undefined {
    const path = file.target;
    switch (event.type) {
      case 'begin':
        return { event: 'begin', path, received: event.received, size: event.size };
      case 'progress':
        if (!this.#isDue(path)) return undefined;
        return { event: 'progress', path, received: event.received, size: event.size };
      case 'wait':
        return { event: 'wait', path, reason: event.reason, seconds: event.seconds };
      case 'restart':
        return { event: 'restart', path, reason: event.reason };
      case 'verify':
        if (!this.#isDue(`${path} verify`)) return undefined;
        return { event: 'verify', path, checked: event.checked, size: event.size };
      case 'end':
        return { event: 'end', path, fetched: event.fetched };
    }
  }

  #isDue(key: string): boolean {
    const now = Date.now();
    if (now - (this.#last.get(key) ?? 0) < EVERY_MS) return false;
    this.#last.set(key, now);
    return true;
  }
}

/** A model of a plan as `--json` and `--dry-run` show it. Bytes. */
export function describePending({ files, plan }: PendingModel): object {
  return {
    ref: plan.ref,
    repo: plan.repo,
    commit: plan.commit,
    quant: plan.quant,
    ...(plan.reason === undefined ? {} : { reason: plan.reason }),
    files: files.map((file) => ({
      name: file.hubFile.path,
      path: file.target,
      kind: file.kind,
      size: file.hubFile.size,
      state: file.state.kind,
      toFetch: bytesToFetch(file),
      toWrite: bytesToWrite(file),
      ...(file.state.kind === 'elsewhere'
        ? { from: file.state.copy.path, place: file.state.copy.place }
        : {}),
    })),
  };
}
