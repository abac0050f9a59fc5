import type { TextBuffer } from './buffer.ts';
import {
  blankLeft,
  left,
  lineEnd,
  lineEndOrBreak,
  lineStart,
  lineStartOrBreak,
  right,
  textEnd,
  textStart,
  wordLeft,
  wordRight,
} from './motions.ts';

/** The keys that only touch the text, as Emacs and readline have them. */
export const EDITING_KEYS: ReadonlyMap<string, (buffer: TextBuffer) => void> = new Map([
  ...bind(['left', 'ctrl+b'], (buffer) => buffer.move(left)),
  ...bind(['right', 'ctrl+f'], (buffer) => buffer.move(right)),
  ...bind(['home', 'ctrl+a'], (buffer) => buffer.move(lineStart)),
  ...bind(['end', 'ctrl+e'], (buffer) => buffer.move(lineEnd)),
  ...bind(['ctrl+home', 'alt+<'], (buffer) => buffer.move(textStart)),
  ...bind(['ctrl+end', 'alt+>'], (buffer) => buffer.move(textEnd)),
  ...bind(['alt+b', 'ctrl+left', 'alt+left'], (buffer) => buffer.move(wordLeft)),
  ...bind(['alt+f', 'ctrl+right', 'alt+right'], (buffer) => buffer.move(wordRight)),
  ...bind(['backspace', 'shift+backspace'], (buffer) => buffer.deleteLeft()),
  ...bind(['delete', 'ctrl+d'], (buffer) => buffer.deleteRight()),
  ...bind(['ctrl+k'], (buffer) => buffer.kill(lineEndOrBreak)),
  ...bind(['ctrl+u'], (buffer) => buffer.kill(lineStartOrBreak)),
  ...bind(['ctrl+w'], (buffer) => buffer.kill(blankLeft)),
  ...bind(['alt+backspace', 'ctrl+backspace'], (buffer) => buffer.kill(wordLeft)),
  ...bind(['alt+d', 'ctrl+delete', 'alt+delete'], (buffer) => buffer.kill(wordRight)),
  ...bind(['ctrl+y'], (buffer) => buffer.yank()),
  ...bind(['alt+y'], (buffer) => buffer.yankOlder()),
  // Ctrl+/ is the same character on most keyboards and reported apart by some terminals.
  ...bind(['ctrl+_', 'ctrl+/'], (buffer) => buffer.undo()),
  ...bind(['ctrl+j', 'alt+return', 'shift+return', 'ctrl+return', 'ctrl+alt+j'], (buffer) =>
    buffer.insert('\n'),
  ),
  ...bind(['shift+space'], (buffer) => buffer.insert(' ')),
]);

function bind(
  keys: readonly string[],
  act: (buffer: TextBuffer) => void,
): (readonly [key: string, act: (buffer: TextBuffer) => void])[] {
  return keys.map((key) => [key, act] as const);
}
