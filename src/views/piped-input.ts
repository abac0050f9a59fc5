import { decodeText } from '../lib/chat/user-file.ts';
import { LlameroError, abortError } from '../lib/errors.ts';
import type { Terminal } from '../lib/ui/terminal.ts';

/** Far more than any context holds. */
const MAX_BYTES = 64 * 1024 * 1024;

const REMARK_AFTER_MS = 3_000;

/**
 * Everything that is piped in; undefined when stdin is a terminal.
 *
 * @throws LlameroError USAGE when it is far too much or no text, INTERRUPTED
 */
export async function readPipedInput(
  terminal: Terminal,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { stdin } = terminal.streams;
  if (stdin.isTTY) return undefined;
  // A pipe that nobody writes to and nobody closes looks like a program that hangs.
  const remark = setTimeout(() => {
    terminal.note('Waiting for text on stdin; add `< /dev/null` if there is none');
  }, REMARK_AFTER_MS);
  const pieces: Buffer[] = [];
  let size = 0;
  const stop = (): void => void stdin.destroy(abortError(signal));
  signal.addEventListener('abort', stop, { once: true });
  try {
    for await (const piece of stdin as AsyncIterable<Buffer>) {
      clearTimeout(remark);
      size += piece.length;
      if (size > MAX_BYTES) {
        throw new LlameroError('USAGE', 'More than 64 MiB was piped in', {
          hint: 'Pipe in less: no context holds so much text',
        });
      }
      pieces.push(piece);
    }
  } finally {
    clearTimeout(remark);
    signal.removeEventListener('abort', stop);
  }
  if (signal.aborted) throw abortError(signal);
  return decodeText(Buffer.concat(pieces), 'What is piped in');
}
