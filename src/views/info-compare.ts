import { formatDiskSize, formatMemorySize } from '../lib/format.ts';
import type { ModelInfo, QuantInfo } from '../lib/info/types.ts';
import { renderTable, shorten } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { FIT_WORDS, type Fact, hubFacts, judgedBy, modelFacts } from './info-text.ts';

/** Two models side by side, a fact a line; of each the quant that was asked for, or the default. */
export function renderComparison(
  models: readonly ModelInfo[],
  terminal: Terminal,
  now: Date,
): string {
  const columns = models.map((model) => new Map(factsOf(model, now)));
  const names = new Set(columns.flatMap((facts) => [...facts.keys()]));
  const labels = ordered(names);
  // What is compared gets equal room.
  const room = terminal.columns - Math.max(...labels.map(({ length }) => length));
  const width = terminal.stdoutIsTerminal ? Math.floor(room / models.length) - GAP : undefined;
  const fitted = (text: string): string => (width === undefined ? text : shorten(text, width));
  return renderTable({
    columns: [{ header: '' }, ...models.map((model) => ({ header: fitted(model.repo) }))],
    headerStyle: terminal.headerStyle,
    rows: labels.map((name) => [
      { text: name, style: terminal.outStyle.dim },
      ...columns.map((facts) => fitted(facts.get(name) ?? '–')),
    ]),
  });
}

/** Blanks before a column of a table. */
const GAP = 2;

const ORDER = [
  'Author',
  'License',
  'Access',
  'Base model',
  'Task',
  'Updated',
  'Downloads',
  'Likes',
  'Architecture',
  'Parameters',
  'Context',
  'Layers',
  'Width',
  'Heads',
  'Vocabulary',
  'Template',
  'Can',
];

/** In one order, whichever of the models has a fact. */
function ordered(names: ReadonlySet<string>): string[] {
  const known = ORDER.filter((name) => names.has(name));
  return [...known, ...[...names].filter((name) => !ORDER.includes(name))];
}

function factsOf(model: ModelInfo, now: Date): Fact[] {
  const { quants } = model;
  const chosen =
    quants.find(({ label }) => label === model.asked) ?? quants.find(({ isDefault }) => isDefault);
  const sizes = quants.map(({ size }) => size);
  const least = formatDiskSize(Math.min(...sizes));
  const most = formatDiskSize(Math.max(...sizes));
  return [
    ...hubFacts(model, now),
    ...modelFacts(model),
    ['Quants', sizes.length < 2 ? String(sizes.length) : `${sizes.length}, ${least} to ${most}`],
    ...(chosen === undefined ? [] : quantFacts(chosen)),
  ];
}

function quantFacts(quant: QuantInfo): Fact[] {
  const { bitsPerWeight, fit, isOtherVersion, label, size, stored } = quant;
  const here = isOtherVersion === true ? 'in another version' : 'yes';
  return [
    ['Quant', label],
    ['Size', formatDiskSize(size)],
    ['Bits', bitsPerWeight?.toFixed(2) ?? '–'],
    ['Memory', fit === undefined ? '–' : formatMemorySize(fit.memory)],
    ['Fit', fit === undefined ? '–' : FIT_WORDS[fit.verdict]],
    ['Here', stored?.state === 'complete' ? here : 'no'],
  ];
}

/** What fit was judged by; of each, where the contexts differ. */
export function comparisonLines(models: readonly ModelInfo[]): string[] {
  const lines = new Set(models.map((model) => judgedBy(model)));
  return lines.size === 1 ? [...lines] : models.map((model) => `${model.repo}: ${judgedBy(model)}`);
}
