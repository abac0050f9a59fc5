import { BACKEND_NAMES } from '../lib/engine/backend.ts';
import { describePlan, type UpdatePlan } from '../lib/engine/update-plan.ts';
import { formatDiskSize } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** A plan as `--json` shows it. */
export interface PlanDocument {
  readonly build: number;
  readonly tag: string;
  readonly stable?: string;
  readonly backend: string;
  readonly reason: string;
  /** ISO 8601. */
  readonly publishedAt?: string;
  /** Bytes to fetch when nothing of it is here. */
  readonly size: number;
  readonly state: UpdatePlan['state'];
  /** Newer releases that lack what this machine needs. */
  readonly skipped: readonly string[];
  /** The build that updates stay at, null when none. */
  readonly pinned: number | null;
  /** The build used before this command, null when none. */
  readonly before: { readonly build: number; readonly backend: string } | null;
}

/** A plan for scripts. */
export function planDocument(plan: UpdatePlan): PlanDocument {
  const { backend, current, pinned, reason, release, size, skipped, state } = plan;
  return {
    build: release.build,
    tag: release.tag,
    ...(release.stable === undefined ? {} : { stable: release.stable }),
    backend,
    reason,
    ...(release.publishedAt === undefined
      ? {}
      : { publishedAt: release.publishedAt.toISOString() }),
    size,
    state,
    skipped,
    pinned: pinned ?? null,
    before: current === undefined ? null : { build: current.build, backend: current.backend },
  };
}

/** A plan for people: what, why, and how it differs from what is used. */
export function explainPlan(terminal: Terminal, plan: UpdatePlan): void {
  const { current, pinned, reason, size, skipped, state } = plan;
  const what = describePlan(plan);
  if (skipped.length > 0) {
    const tags = skipped.length > 3 ? `${skipped.length} newer releases` : skipped.join(', ');
    terminal.note(oneLine(`Passed over, as they lack what this machine needs: ${tags}`));
  }
  if (pinned !== undefined) {
    terminal.note(`Stays at b${pinned} until \`llamero update --version latest\``);
  }
  if (state === 'used') {
    terminal.note(`${what} is in use already`);
    return;
  }
  terminal.note(terminal.style.bold(what));
  terminal.note(terminal.style.dim(oneLine(reason)));
  const amount = state === 'new' ? `${formatDiskSize(size)} to fetch` : 'installed already';
  const before =
    current === undefined
      ? ''
      : `; in use is b${current.build} (${nameOfBackend(current.backend)})`;
  terminal.note(`${amount}${before}`);
}

/** How a backend is called in a sentence. */
export function nameOfBackend(backend: string): string {
  return (BACKEND_NAMES as Partial<Record<string, string>>)[backend] ?? backend;
}
