import { shellLine } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import { formatAge, formatCount, formatDiskSize } from '../format.ts';
import type { StoredModel } from '../store/model.ts';
import { formatReference, parseReference } from '../store/reference.ts';
import type { Finding } from './types.ts';

/** Until then somebody may mean to continue. */
const OLD_DAYS = 7;
const DAY_MS = 86_400_000;
const PRUNE = 'llamero prune --partials';

/** Whether there are pulls that were begun long ago and never ended. */
export function checkPartials(
  models: readonly StoredModel[],
  now: Date,
  platform: NodeJS.Platform,
): Finding[] {
  const id = 'partials';
  const unfinished = models.filter(({ state }) => state === 'partial');
  const old = unfinished.filter(
    ({ modifiedAt }) => now.getTime() - modifiedAt.getTime() > OLD_DAYS * DAY_MS,
  );
  const [first] = old;
  if (first === undefined) return [{ id, severity: 'ok', message: describeYoung(unfinished, now) }];
  const size = formatDiskSize(old.reduce((sum, model) => sum + model.size, 0));
  if (old.length === 1) {
    const begun = formatAge(first.modifiedAt, now);
    const message = `The pull of ${first.ref} was left unfinished ${begun}, ${size} of it on the disk`;
    const fix = canBePulled(first.ref)
      ? shellLine(['llamero', 'pull', first.ref], platform)
      : PRUNE;
    return [{ id, severity: 'note', message, fix }];
  }
  const message = `${formatCount(old.length, 'pull')} were left unfinished more than ${OLD_DAYS} days ago, ${size} on the disk`;
  return [{ id, severity: 'note', message, fix: PRUNE }];
}

/** Whether `pull` understands a reference as it stands; a folder may have a name that no repository has. */
function canBePulled(ref: string): boolean {
  try {
    return formatReference(parseReference(ref)) === ref;
  } catch (error) {
    if (error instanceof LlameroError) return false;
    throw error;
  }
}

/** Pulls that are at work, or may go on any day. */
function describeYoung(unfinished: readonly StoredModel[], now: Date): string {
  const [first, ...others] = unfinished;
  if (first === undefined) return 'No pull was left unfinished';
  if (others.length > 0) {
    return `${unfinished.length} pulls are not finished; they were at work in the last ${OLD_DAYS} days`;
  }
  return `The pull of ${first.ref} is not finished; it was at work ${formatAge(first.modifiedAt, now)}`;
}
