import { formatAge, formatDiskSize } from '../lib/format.ts';
import type { ModelInfo } from '../lib/info/types.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { beginning, renderCard } from './info-card.ts';
import { type Fact, hubFacts, judgementLines, modelFacts, renderQuants } from './info-text.ts';

/** All there is to see of a model at once: facts, quants, the beginning of its card. */
export async function printOverview(
  info: ModelInfo,
  page: string,
  terminal: Terminal,
  now: Date,
): Promise<void> {
  const { outStyle } = terminal;
  const sections = [
    [outStyle.bold(info.repo), ...(info.listing === undefined ? [] : [outStyle.dim(page)])],
    factLines(hubFacts(info, now), terminal),
    factLines(modelFacts(info), terminal),
    [renderQuants(info, terminal)],
    judgementLines(info),
    besideLines(info, terminal),
    await cardLines(info, terminal),
  ];
  terminal.print(
    sections
      .filter((lines) => lines.length > 0)
      .map((lines) => lines.join('\n'))
      .join('\n\n'),
  );
  printProblems(info, terminal, now);
}

/** Says on stderr what could not be learnt, and how old is what was. */
export function printProblems(
  { listing, problems }: ModelInfo,
  terminal: Terminal,
  now: Date,
): void {
  if (listing?.outdated !== undefined) {
    terminal.note(
      `As the hub told it ${formatAge(listing.askedAt, now)}. ${listing.outdated.message}`,
    );
  }
  for (const { hint, message } of problems) {
    terminal.note(oneLine(hint === undefined ? message : `${message}. ${hint}`));
  }
}

function factLines(facts: readonly Fact[], { outStyle }: Terminal): string[] {
  const width = Math.max(...facts.map(([name]) => name.length), 0);
  return facts.map(([name, text]) => `${outStyle.dim(name.padEnd(width))}  ${text}`);
}

/** Projectors, and how many other files there are. */
function besideLines({ other, projectors }: ModelInfo, { outStyle }: Terminal): string[] {
  const told = other.filter(({ kind }) => kind !== 'other');
  return [
    ...projectors.map(
      ({ isStored, label, path, size }) =>
        `${outStyle.dim('Projector')}  ${label}, ${formatDiskSize(size)}, ${oneLine(path)}${isStored ? ' (here)' : ''}`,
    ),
    ...told.map(
      ({ kind, path, reason }) =>
        `${outStyle.dim('Not a model')}  ${oneLine(path)}: ${reason ?? kind}`,
    ),
  ];
}

async function cardLines({ card, repo }: ModelInfo, terminal: Terminal): Promise<string[]> {
  if (card === undefined) return [];
  const { isAll, text } = beginning(await renderCard(card, terminal));
  if (text === '') return [];
  const more = terminal.outStyle.dim(`… the whole card: llamero info ${repo} --card`);
  return isAll ? [text] : [text, more];
}
