import { LlameroError, abortError } from '../lib/errors.ts';

/** Far more than any context holds. */
const MAX_BYTES = 64 * 1024 * 1024;

/**
 * Everything that is piped in; undefined when stdin is a terminal.
 *
 * @throws LlameroError USAGE when it is far too much, INTERRUPTED
 */
export async function readPipedInput(
  stdin: NodeJS.ReadStream,
  signal: AbortSignal,
): Promise<string | undefined> {
  if (stdin.isTTY) return undefined;
  const pieces: Buffer[] = [];
  let size = 0;
  const stop = (): void => void stdin.destroy(abortError(signal));
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const piece of stdin as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size > MAX_BYTES) {
        throw new LlameroError('USAGE', 'More than 64 MiB was piped in', {
          hint: 'Pipe in less: no context holds so much text',
        });
      }
      pieces.push(piece);
    }
  } finally {
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw abortError(signal);
  return Buffer.concat(pieces).toString('utf8');
}
