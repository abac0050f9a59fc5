import type { ModelCheck } from '../lib/store/verify.ts';
import type { FileCheck, FileStatus } from '../lib/store/verify-file.ts';
import { errorDocument } from '../lib/ui/error-text.ts';
import type { Repair } from './verify.ts';

/** The `--json` document of `verify`. */
export interface VerifyDocument {
  readonly models: readonly ({
    readonly ref: string;
    /** Its pull has not ended. Such a model has no files here unless it was named. */
    readonly unfinished?: true;
    readonly files: readonly FileDocument[];
    /** Of a damaged one, where a repair was asked for. */
    readonly repaired?: boolean;
    /** Repaired, and a running server still works with what was there before. */
    readonly loaded?: true;
  } & /** Why it was not repaired. */ Partial<ReturnType<typeof errorDocument>>)[];
  /** How many models are damaged, missing files or unreadable now. */
  readonly damaged: number;
}

interface FileDocument {
  /** Path in the repository at the hub. */
  readonly name: string;
  /** Path in the repository's folder here. */
  readonly file: string;
  readonly path: string;
  /** Bytes on disk. */
  readonly size: number;
  readonly status: FileStatus;
  readonly expected?: number | string | undefined;
  readonly found?: number | string | undefined;
  readonly reason?: string | undefined;
}

/** What was found, and what became of it. */
export function toVerifyDocument(
  models: readonly ModelCheck[],
  repairs: readonly Repair[],
): VerifyDocument {
  const byRef = new Map(repairs.map((each) => [each.ref, each]));
  const described = models.map(({ files, ref, unfinished }) => {
    const repair = byRef.get(ref);
    return {
      ref,
      ...(unfinished ? { unfinished } : {}),
      files: files.map(toFileDocument),
      ...(repair === undefined ? {} : { repaired: repair.error === undefined }),
      ...(repair?.isLoaded === true ? { loaded: true as const } : {}),
      ...(repair?.error === undefined ? {} : errorDocument(repair.error)),
    };
  });
  const isWhole = ({ isDamaged, ref }: ModelCheck): boolean =>
    !isDamaged || (byRef.has(ref) && byRef.get(ref)?.error === undefined);
  return { models: described, damaged: models.filter((model) => !isWhole(model)).length };
}

/** Keys that are undefined are left out of JSON. */
function toFileDocument(check: FileCheck): FileDocument {
  const { expected, file, found, name, path, reason, size, status } = check;
  return { name, file, path, size, status, expected, found, reason };
}
