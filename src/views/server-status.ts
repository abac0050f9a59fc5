import { formatAge } from '../lib/format.ts';
import { oneLine } from '../lib/plain-text.ts';
import { isActive } from '../lib/server/models.ts';
import type { ModelStatus, ServerStatus } from '../lib/server/router.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { renderProcesses } from './server-table.ts';

/** The models that are worth a look: those that take memory, and those that would not load. */
export function shownModels({ models }: ServerStatus): readonly ModelStatus[] {
  return models.filter(({ state }) => isActive(state) || state === 'failed');
}

/** One sentence about the server. */
function describeServerStatus({ ended, server }: ServerStatus, now: Date): string {
  if (server !== null) {
    const since = formatAge(new Date(server.startedAt), now);
    return `${server.engine} on ${server.url}, process ${server.pid}, started ${since}`;
  }
  if (ended === undefined) return 'No server runs. `llamero run <ref>` starts one.';
  return `The server has ended without being asked to: ${ended.reason}\n${ended.hint}`;
}

/** What is to be said about the models: why some failed. */
export function describeFailures(models: readonly ModelStatus[]): string[] {
  return models.flatMap(({ failure, ref }) =>
    failure === undefined
      ? []
      : [`${ref} failed: ${oneLine(failure.reason)}`, ...failure.hint.split('\n')],
  );
}

/** Shows the server and its models once. */
export function showStatus(terminal: Terminal, status: ServerStatus): void {
  const models = shownModels(status);
  terminal.note(describeServerStatus(status, new Date()));
  if (models.length > 0) terminal.print(renderProcesses(models, terminal));
  else if (status.server !== null && status.answers) terminal.note('No model is loaded.');
  for (const line of describeFailures(models)) terminal.note(line);
  if (status.server !== null && !status.answers) {
    terminal.warn('the server does not answer; `llamero stop --server` ends it');
  }
}

/** All of it as lines, for a display that is drawn again and again. */
export function statusLines(terminal: Terminal, status: ServerStatus): string[] {
  const models = shownModels(status);
  return [
    describeServerStatus(status, new Date()),
    ...(models.length > 0 ? [renderProcesses(models, terminal)] : []),
    ...describeFailures(models),
    ...(status.server !== null && !status.answers ? ['The server does not answer'] : []),
  ]
    .join('\n')
    .split('\n');
}
