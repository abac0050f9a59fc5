import { toLlameroError } from './error-conversion.ts';
import type { LlameroError } from './lib/errors.ts';
import { jsonText } from './lib/json-text.ts';
import { errorDocument, renderError } from './lib/ui/error-text.ts';
import { Terminal } from './lib/ui/terminal.ts';
import { program } from './program.ts';

/** Prints the one document of a command that was asked for `--json`. */
export function printDocument(document: unknown): void {
  process.stdout.write(`${jsonText(document, 2)}\n`);
}

/**
 * Ends a command in a failure, the only place that does: as JSON on stdout or as text on stderr, with
 * its exit code.
 *
 * @param commandId of oclif, where a command is known
 */
export function endInFailure(
  error: unknown,
  { commandId, json }: { readonly commandId?: string | undefined; readonly json: boolean },
): void {
  const failure = toLlameroError(error, commandId);
  if (json) printDocument(errorDocument(failure));
  else if (failure.exitCode !== 0) tellFailure(failure);
  process.exitCode = failure.exitCode;
}

/** Tells a failure as text. */
export function tellFailure(failure: LlameroError): void {
  const { environment } = program;
  const { style } = new Terminal(process, 'normal', environment);
  process.stderr.write(renderError(failure, style, environment['LLAMERO_DEBUG']));
}
