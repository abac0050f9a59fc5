import { oneLine } from '../lib/plain-text.ts';
import { type Column, renderTable } from '../lib/ui/table.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import type { ModelExplanation } from './explain.ts';

/** Prints how a model is loaded: the program, its flags, and what requests carry. */
export function printExplanation(terminal: Terminal, explanation: ModelExplanation): void {
  const { command, engine, flags, requests } = explanation;
  const { cyan, dim } = terminal.outStyle;
  terminal.note(`${explanation.model} on ${engine}: ${oneLine(command[0] ?? '')}`);
  const rows = flags.map(({ flag, origin, source, value = '' }) => {
    const style = source === 'engine' ? dim : undefined;
    return style === undefined
      ? [flag, { text: value, style: cyan }, origin]
      : [flag, value, origin].map((text) => ({ text, style }));
  });
  printTable(terminal, 'FLAG', rows);
  if (requests.length > 0) {
    terminal.print('');
    const sent = requests.map(({ name, origin, value }) => [
      name,
      { text: oneLine(String(value)), style: cyan },
      origin,
    ]);
    printTable(terminal, 'IN REQUESTS', sent);
  }
}

/** Says whether it cannot be loaded so, and whether it runs otherwise now. */
export function printRemarks(terminal: Terminal, { problem, running }: ModelExplanation): void {
  if (problem !== undefined) terminal.warn(`it cannot be loaded so: ${oneLine(problem)}`);
  if (running === undefined) return;
  if (running.differences.length > 0) {
    terminal.note('It runs with other settings now, until it is loaded again:');
  } else if (problem === undefined) {
    terminal.note('It runs with these settings now');
  }
  for (const { flag, running: now = 'not given', settings = 'not given' } of running.differences) {
    terminal.note(`  ${flag}: ${oneLine(now)} now, ${oneLine(settings)} then`);
  }
}

function printTable(
  terminal: Terminal,
  header: string,
  rows: Parameters<typeof renderTable>[0]['rows'],
): void {
  const columns: Column[] = [
    { header },
    { header: 'VALUE', shrinks: true },
    { header: 'SOURCE', shrinks: true },
  ];
  const width = terminal.stdoutIsTerminal ? terminal.columns : undefined;
  terminal.print(renderTable({ columns, rows, width, headerStyle: terminal.outStyle.dim }));
}
