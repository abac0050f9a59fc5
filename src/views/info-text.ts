import { formatAge, formatDiskSize, formatMemorySize, formatParameters } from '../lib/format.ts';
import { type FitVerdict, describeRoom } from '../lib/gguf/fit.ts';
import { isTemplateKnown } from '../lib/info/description.ts';
import type { ModelInfo, QuantInfo } from '../lib/info/types.ts';
import { oneLine } from '../lib/plain-text.ts';
import { type Cell, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** How a fit is said. */
export const FIT_WORDS = {
  gpu: 'fits in GPU',
  fits: 'fits',
  tight: 'tight',
  'too-large': 'too large',
} as const satisfies Record<FitVerdict, string>;

/** A fact of a model: what it is about, and what is known. */
export type Fact = readonly [name: string, text: string];

/** What the hub tells of a model, in the order in which it is shown. */
export function hubFacts({ listing, repo }: ModelInfo, now: Date): Fact[] {
  if (listing === undefined) return [];
  const { model } = listing;
  const { createdAt, updatedAt } = model;
  const created = createdAt === undefined ? '' : `, created ${formatAge(createdAt, now)}`;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Author', model.author],
    ['License', model.license],
    ['Access', accessWords(model.gated, model.private)],
    ['Base model', model.baseModels.filter((base) => base !== repo).join(', ')],
    ['Task', model.pipeline],
    ['Updated', updatedAt === undefined ? undefined : `${formatAge(updatedAt, now)}${created}`],
    ['Downloads', `${formatNumber(model.downloads)} in 30 days`],
    ['Likes', formatNumber(model.likes)],
  ];
  return facts.flatMap(([name, text]) =>
    text === undefined || text === '' ? [] : [[name, oneLine(text)] as const],
  );
}

function accessWords(gated: false | 'auto' | 'manual', isPrivate: boolean): string {
  const words = { auto: 'gated: given to who agrees', manual: 'gated: given by the author' };
  const open = isPrivate ? 'private' : 'open to all';
  return gated === false ? open : words[gated];
}

/** What the header tells of a model, in the order in which it is shown. */
export function modelFacts(info: ModelInfo): Fact[] {
  const { description } = info;
  const { headCount, headCountKv, parameters } = description;
  const sharing =
    headCountKv === undefined || headCountKv === headCount
      ? ''
      : `, ${headCountKv} for keys and values`;
  const facts: readonly Fact[] = [
    ['Architecture', description.architecture],
    ['Parameters', parameters === undefined ? '' : formatParameters(parameters)],
    ['Context', suffixed(count(description.contextLength), ' tokens')],
    ['Layers', count(description.blockCount)],
    ['Width', count(description.embeddingLength)],
    ['Heads', suffixed(count(headCount), sharing)],
    ['Vocabulary', suffixed(count(description.vocabularySize), ' tokens')],
    ['Template', templateText(info)],
    ['Can', description.capabilities.join(', ')],
  ];
  return facts
    .filter(([, text]) => text !== '')
    .map(([name, text]) => [name, oneLine(text)] as const);
}

function templateText(info: ModelInfo): string {
  const { chatTemplate } = info.description;
  if (chatTemplate !== undefined) return formatDiskSize(Buffer.byteLength(chatTemplate));
  return isTemplateKnown(info) ? 'none' : '';
}

function suffixed(text: string, suffix: string): string {
  return text === '' ? '' : `${text}${suffix}`;
}

function count(value: number | undefined): string {
  return value === undefined ? '' : formatNumber(value);
}

function formatNumber(value: number): string {
  return value.toLocaleString('en');
}

/** The quants as a table, the smallest first. */
export function renderQuants(info: ModelInfo, terminal: Terminal): string {
  const { outStyle } = terminal;
  const styles = {
    gpu: outStyle.green,
    fits: outStyle.green,
    tight: outStyle.yellow,
    'too-large': outStyle.red,
  } as const;
  return renderTable({
    columns: [
      { header: 'QUANT', shrinks: true },
      { header: 'SIZE', align: 'right' },
      { header: 'BITS', align: 'right' },
      { header: 'MEMORY', align: 'right' },
      { header: 'FIT' },
      { header: 'NOTE', shrinks: true },
    ],
    headerStyle: terminal.headerStyle,
    rows: info.quants
      .toSorted((one, other) => one.size - other.size)
      .map((quant): Cell[] => [
        quant.isDefault ? { text: quant.label, style: outStyle.bold } : quant.label,
        formatDiskSize(quant.size),
        quant.bitsPerWeight?.toFixed(2) ?? '',
        quant.fit === undefined ? '' : formatMemorySize(quant.fit.memory),
        quant.fit === undefined
          ? ''
          : { text: FIT_WORDS[quant.fit.verdict], style: styles[quant.fit.verdict] },
        notesOf(quant, info).join(', '),
      ]),
    width: terminal.stdoutIsTerminal ? terminal.columns : undefined,
  });
}

function notesOf(quant: QuantInfo, { asked }: ModelInfo): string[] {
  const { isDefault, isGone, label, missingShards, stored } = quant;
  return [
    ...(isDefault ? ['default'] : []),
    ...(label === asked ? ['asked for'] : []),
    ...(missingShards.length > 0 && stored === undefined ? ['lacks shards'] : []),
    ...(stored === undefined
      ? []
      : [stored.state === 'complete' ? hereWords(quant) : 'partly here']),
    ...(isGone === undefined ? [] : ['no longer at the hub']),
  ];
}

/** How it is said that a quant is here. */
export function hereWords({ isOtherVersion }: QuantInfo): string {
  return isOtherVersion === true ? 'here in another version' : 'here';
}

/** The lines under the table: why the default is that, and what fit was judged by. */
export function judgementLines(info: ModelInfo): string[] {
  const { choice } = info;
  return [...(choice === undefined ? [] : [`Default ${choice.reason}`]), judgedBy(info)];
}

/** What fit was judged by. */
export function judgedBy({ contextSize, machine }: ModelInfo): string {
  return `Memory is with ${contextSize} tokens of context; judged by ${describeRoom(machine)}`;
}
