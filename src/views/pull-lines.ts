import type { PullEvent } from '../lib/pull/events.ts';
import { bytesToFetch, bytesToWrite, type PendingModel } from '../lib/pull/events.ts';
import { jsonText } from '../lib/json-text.ts';
import type { AdoptedBy } from '../lib/reuse/adopt.ts';
import { type ErrorDocument, errorDocument } from '../lib/ui/error-text.ts';
import type { PullListener } from './pull.ts';

const EVERY_MS = 500;

/** A model of a plan, as `--json` shows it. Bytes. */
export interface PendingDocument {
  readonly ref: string;
  readonly repo: string;
  readonly commit: string;
  readonly quant: string;
  /** Why this quant; missing when it was asked for. */
  readonly reason?: string;
  readonly files: readonly {
    /** Its name at the hub. */
    readonly name: string;
    /** Where it goes. */
    readonly path: string;
    readonly kind: PendingModel['files'][number]['kind'];
    readonly size: number;
    readonly state: PendingModel['files'][number]['state']['kind'];
    readonly toFetch: number;
    readonly toWrite: number;
    /** The copy of another tool that is used, and what holds it. */
    readonly from?: string;
    readonly place?: string;
  }[];
}

/** A line of `pull --json` before the last; the `path` is that of the file in the store. Bytes. */
export type PullLine =
  | { readonly event: 'plan'; readonly models: readonly PendingDocument[] }
  /** Another process fetches it. */
  | { readonly event: 'waiting'; readonly path: string; readonly pid: number }
  | {
      readonly event: 'reused';
      readonly path: string;
      readonly from: string;
      readonly place: string;
      readonly by: AdoptedBy;
    }
  | ({ readonly event: 'failed'; readonly ref: string } & ErrorDocument)
  | {
      readonly event: 'begin' | 'progress';
      readonly path: string;
      readonly received: number;
      readonly size: number;
    }
  | {
      readonly event: 'wait';
      readonly path: string;
      readonly reason: string;
      readonly seconds: number;
    }
  | { readonly event: 'restart'; readonly path: string; readonly reason: string }
  | {
      readonly event: 'verify';
      readonly path: string;
      readonly checked: number;
      readonly size: number;
    }
  | { readonly event: 'end'; readonly path: string; readonly fetched: number };

/** A pull as NDJSON: one JSON document a line, as it happens. */
export class PullLines implements PullListener {
  readonly #print: (line: string) => void;
  readonly #last = new Map<string, number>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  handle(event: PullEvent): void {
    const document = this.#describe(event);
    if (document !== undefined) this.#print(jsonText(document));
  }

  stop(): void {
    this.#last.clear();
  }

  #describe(event: PullEvent): PullLine | undefined {
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

  #describeFile({ event, file }: Extract<PullEvent, { type: 'file' }>): PullLine | undefined {
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

/** A model of a plan as `--json` shows it. */
export function describePending({ files, plan }: PendingModel): PendingDocument {
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
