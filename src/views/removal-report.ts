import { toLlameroError } from '../error-conversion.ts';
import type { LlameroError } from '../lib/errors.ts';
import { formatDiskSize } from '../lib/format.ts';
import type { Removal } from '../lib/store/removal.ts';
import { type ErrorDocument, errorDocument } from '../lib/ui/error-text.ts';

/** A model that could not be removed, in part or at all. */
export type FailureDocument = { readonly ref: string } & ErrorDocument;

/** Why a model is not gone, as it is told. */
interface Failure {
  readonly ref: string;
  readonly error: LlameroError;
}

/** What could not be removed, with the reasons as they are told. */
export function failuresOf({ failed }: Removal): Failure[] {
  return failed.map(({ error, ref }) => ({ ref, error: toLlameroError(error) }));
}

/** What could not be removed, for `--json`. */
export function failureDocuments(failures: readonly Failure[]): FailureDocument[] {
  return failures.map(({ error, ref }) => ({ ref, ...errorDocument(error) }));
}

/** Says of files with other names elsewhere why they free nothing; `undefined` where there are none. */
export function describeShared(bytes: number): string | undefined {
  if (bytes === 0) return undefined;
  return `${formatDiskSize(bytes)} stay on the disk: those files have other names elsewhere`;
}
