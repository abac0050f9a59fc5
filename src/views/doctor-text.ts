import { formatCount } from '../lib/format.ts';
import type { Finding, Severity } from '../lib/doctor/types.ts';
import { oneLine } from '../lib/plain-text.ts';
import type { Terminal } from '../lib/ui/terminal.ts';
import { wrapText } from './chat-list.ts';

const MARKS = {
  ok: '✓',
  note: '·',
  warning: '!',
  error: '✗',
} as const satisfies Record<Severity, string>;

/** Columns of the mark and what parts it from the text. */
const INDENT = 2;

/**
 * The findings, a paragraph each: what was found, and below it the command that mends it, which is
 * never broken into lines. With --quiet those alone that call for something to be done.
 */
export function renderFindings(findings: readonly Finding[], terminal: Terminal): string {
  const { outStyle, stdoutIsTerminal, verbosity } = terminal;
  const styles = {
    ok: outStyle.green,
    note: outStyle.cyan,
    warning: outStyle.yellow,
    error: outStyle.red,
  } as const;
  const shown =
    verbosity === 'quiet'
      ? findings.filter(({ severity }) => severity === 'warning' || severity === 'error')
      : findings;
  return shown
    .flatMap(({ fix, message, severity }) => {
      const lines = stdoutIsTerminal
        ? wrapText(message, Math.max(20, terminal.columns - INDENT))
        : [oneLine(message)];
      return [
        ...lines.map((line, index) =>
          index === 0 ? `${styles[severity](MARKS[severity])} ${line}` : `  ${line}`,
        ),
        ...(fix === undefined ? [] : [`  ${outStyle.dim('fix:')} ${outStyle.bold(oneLine(fix))}`]),
      ];
    })
    .join('\n');
}

/** The findings in a line: `1 error, 2 warnings`; that all is well where it is. */
export function summariseFindings(findings: readonly Finding[]): string {
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const parts = [
    [count('error'), 'error'],
    [count('warning'), 'warning'],
    [count('note'), 'note'],
  ] as const;
  const told = parts.flatMap(([number, noun]) => (number === 0 ? [] : [formatCount(number, noun)]));
  return told.length === 0 ? 'All is well' : told.join(', ');
}
