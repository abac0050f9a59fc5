import { oneLine } from '../../plain-text.ts';
import type { Message } from '../message.ts';

const LONGEST = 60;
const characters = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/**
 * A title from the first prompt of a conversation: its first line that says something, on one line
 * of at most 60 characters, safe for a terminal.
 */
export function titleOf({ content, images = [] }: Message): string {
  const lines = content.split(/[\r\n]+/u).map(oneLine);
  const words = lines.find((line) => /[\p{L}\p{N}]/u.test(line)) ?? lines.find(Boolean);
  if (words !== undefined) return shortened(words);
  const [image] = images;
  return image === undefined ? 'Untitled' : shortened(`Image: ${oneLine(image.name)}`);
}

function shortened(text: string): string {
  // Four code units for a character are rare; what lies far behind the end need not be split.
  const parts = [...characters.segment(text.slice(0, LONGEST * 16))].map(({ segment }) => segment);
  if (parts.length <= LONGEST) return parts.join('');
  return `${parts
    .slice(0, LONGEST - 1)
    .join('')
    .trimEnd()}…`;
}
