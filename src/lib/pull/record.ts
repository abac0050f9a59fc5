import path from 'node:path';

import type { QuantRecord } from '../store/metadata.ts';
import { updateMetadata } from '../store/metadata.ts';
import type { PlannedFile, PullPlan } from './plan.ts';

/** Where the files of a plan come from. */
export interface Origin {
  /** The hub's address. */
  readonly endpoint: string;
  readonly signal: AbortSignal;
}

/** Notes what is going to come, so that an interrupted pull can be listed with its percentage. */
export async function recordBegin(plan: PullPlan, origin: Origin): Promise<void> {
  await updateMetadata(
    plan.folder,
    plan.repo,
    (metadata) => {
      const { lastUsedAt } = metadata.quants[plan.quant] ?? {};
      metadata.quants[plan.quant] = {
        ...toRecord(plan, origin, 'model'),
        ...(lastUsedAt === undefined ? {} : { lastUsedAt }),
      };
    },
    origin.signal,
  );
}

/** Notes what has come and was verified. */
export async function recordEnd(plan: PullPlan, origin: Origin): Promise<void> {
  const pulledAt = new Date().toISOString();
  await updateMetadata(
    plan.folder,
    plan.repo,
    (metadata) => {
      const before = metadata.quants[plan.quant];
      metadata.quants[plan.quant] = {
        ...toRecord(plan, origin, 'model'),
        pulledAt: before?.revision === plan.commit ? (before.pulledAt ?? pulledAt) : pulledAt,
        ...(before?.lastUsedAt === undefined ? {} : { lastUsedAt: before.lastUsedAt }),
      };
      for (const { kind, label } of plan.files) {
        if (kind === 'projector') {
          metadata.projectors[label] = { ...toRecord(plan, origin, 'projector'), pulledAt };
        }
      }
    },
    origin.signal,
  );
}

/** Where a file lies below its repository's folder, as the metadata writes it. */
export function storedName({ folder }: PullPlan, { target }: Pick<PlannedFile, 'target'>): string {
  return path.relative(folder, target).split(path.sep).join('/');
}

function toRecord(plan: PullPlan, origin: Origin, kind: PlannedFile['kind']): QuantRecord {
  return {
    revision: plan.commit,
    source: origin.endpoint,
    files: plan.files
      .filter((file) => file.kind === kind)
      .map(({ hubFile, target }) => ({
        name: hubFile.path,
        file: storedName(plan, { target }),
        size: hubFile.size,
        ...(hubFile.sha256 === undefined ? {} : { sha256: hubFile.sha256 }),
      })),
  };
}
