import { toLlameroError } from './error-conversion.ts';
import type { LlameroError } from './lib/errors.ts';
import { jsonText } from './lib/json-text.ts';
import { errorDocument, renderError } from './lib/ui/error-text.ts';
import { Terminal } from './lib/ui/terminal.ts';
import { program } from './program.ts';

/** Whether a command line asks for JSON; what stands behind `--` are arguments. */
export function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).includes('--json');
}

/**
 * Prints the one document of a command that was asked for `--json`.
 *
 * @param indent blanks for each level; 0 for one line
 */
export function printDocument(document: unknown, indent = 2): void {
  process.stdout.write(`${jsonText(document, indent)}\n`);
}

/**
 * Ends a command in a failure, the only place that does: as JSON on stdout or as text on stderr, with
 * its exit code.
 */
export function endInFailure(error: unknown, { commandId, indent, json }: Ending): void {
  const failure = toLlameroError(error, commandId);
  process.exitCode = failure.exitCode;
  // That is told when everything has ended.
  if (failure === program.outputFailure) return;
  if (json) printDocument(errorDocument(failure), indent);
  else if (failure.exitCode !== 0) tellFailure(failure);
}

/** How a failure is told. */
interface Ending {
  /** Of oclif, where a command is known. */
  readonly commandId?: string | undefined;
  readonly json: boolean;
  /** See {@link printDocument}. */
  readonly indent?: number | undefined;
}

/** Tells a failure as text. */
export function tellFailure(failure: LlameroError): void {
  const { environment } = program;
  const { style } = new Terminal(process, 'normal', environment);
  process.stderr.write(renderError(failure, style, environment['LLAMERO_DEBUG']));
}
