import { stat } from 'node:fs/promises';
import path from 'node:path';

import { LlameroError } from '../errors.ts';
import type { ImageAttachment } from './message.ts';
import { MAX_TEXT_BYTES, type UserText, decodeText, readUserFile, userPath } from './user-file.ts';

/** What was found in a text that somebody typed. */
export interface Attachments {
  readonly images: readonly ImageAttachment[];
  readonly files: readonly UserText[];
  /** What was written like a file and is none; it is left in the text. */
  readonly missing: readonly string[];
}

const MAX_IMAGE_BYTES = 50_000_000;
const IMAGE_NAME = /\.(?:png|jpe?g|gif|webp|bmp)$/iu;

/**
 * Reads a picture. What it is decides its beginning, not its name.
 *
 * @throws LlameroError FILE_NOT_FOUND; USAGE when it is no picture that llama.cpp reads
 */
export async function readImage(
  text: string,
  cwd: string,
  home?: string,
): Promise<ImageAttachment> {
  const { bytes, name } = await readUserFile(userPath(text, cwd, home), text, {
    maxBytes: MAX_IMAGE_BYTES,
    tooLarge: 'Make it smaller first; a model sees no more than a few million pixels',
    hint: 'Check the path of the picture',
  });
  return imageOf(bytes, name);
}

/**
 * Reads a text that is to be included.
 *
 * @throws LlameroError FILE_NOT_FOUND; USAGE when it is too large or no text
 */
export async function readTextFile(text: string, cwd: string, home?: string): Promise<UserText> {
  const { bytes, name } = await readUserFile(userPath(text, cwd, home), text, TEXT_LIMITS);
  return { name, text: decodeText(bytes, name) };
}

const TEXT_LIMITS = {
  maxBytes: MAX_TEXT_BYTES,
  tooLarge: 'No context holds so much text: include a part of it',
};

/**
 * Finds what a typed text refers to: `@path` words, which include a text file or a picture, and
 * paths of pictures, as terminals write them when a file is dropped on them (quoted, or with `\`
 * before blanks). A word that names no file stays a word. Only for what somebody typed: a text
 * from elsewhere must not choose files.
 *
 * @throws LlameroError as {@link readImage} and {@link readTextFile}, for files that are there
 */
export async function findAttachments(
  text: string,
  cwd: string,
  home?: string,
): Promise<Attachments> {
  const images: ImageAttachment[] = [];
  const files: UserText[] = [];
  const missing: string[] = [];
  const seen = new Set<string>();
  for (const { marked, name } of fileWords(text)) {
    const place = userPath(name, cwd, home);
    if (seen.has(place)) continue;
    seen.add(place);
    if (!(await isThere(place))) {
      if (marked || name.includes('/')) missing.push(name);
    } else if (IMAGE_NAME.test(name)) {
      images.push(await readImage(name, cwd, home));
    } else {
      files.push(await readTextFile(name, cwd, home));
    }
  }
  return { images, files, missing };
}

/**
 * A prompt with texts that go with it: the texts first, each under its name, so that what is asked
 * stands last.
 */
export function promptWithFiles(prompt: string, files: readonly UserText[]): string {
  const parts = files.map(({ name, text }) => {
    const fence = fenceFor(text);
    return `${name}:\n${fence}\n${text.trimEnd()}\n${fence}`;
  });
  return [...parts, prompt].filter((part) => part !== '').join('\n\n');
}

/**
 * Refuses pictures for a model that cannot see.
 *
 * @throws LlameroError USAGE
 */
export function requireVision(
  props: { readonly vision: boolean },
  ref: string,
  images: readonly ImageAttachment[],
): void {
  const [first] = images;
  if (props.vision || first === undefined) return;
  throw new LlameroError('USAGE', `${ref} cannot see ${first.name}: it has no projector`, {
    hint: `A model that sees comes with an mmproj file: \`llamero info ${ref.replace(/:.*$/u, '')}\` lists what there is, \`llamero pull --mmproj ${ref}\` fetches it`,
  });
}

interface FileWord {
  readonly name: string;
  /** Whether it was marked with `@`. */
  readonly marked: boolean;
}

// Quoted, or a word in which `\` keeps a blank; at the beginning or after white space or a bracket,
// so that an address like a@b is none.
const WORD =
  /(?<![^\s([{])(?<mark>@?)(?:"(?<double>[^"\n]+)"|'(?<single>[^'\n]+)'|(?<bare>(?![([{])(?:\\.|[^\s\\"'])+))/gu;

function fileWords(text: string): FileWord[] {
  const words: FileWord[] = [];
  for (const { groups } of text.matchAll(WORD)) {
    const marked = groups?.['mark'] === '@';
    const quoted = groups?.['double'] ?? groups?.['single'];
    const name = quoted ?? plainWord(groups?.['bare'] ?? '');
    const isFile = marked || (IMAGE_NAME.test(name) && !name.includes('://'));
    if (name !== '' && isFile) words.push({ name, marked });
  }
  return words;
}

/** Without the `\` of a shell and the punctuation of a sentence. */
function plainWord(word: string): string {
  return word.replace(/[.,;:!?)\]}]+$/u, '').replace(/\\(.)/gu, '$1');
}

async function isThere(file: string): Promise<boolean> {
  try {
    return (await stat(file)).isFile();
  } catch {
    // Whatever the reason, nobody could read it: the word stays a word.
    return false;
  }
}

interface ImageKind {
  readonly mimeType: string;
  /** What stands at which byte, in Latin 1. */
  readonly marks: readonly (readonly [offset: number, text: string])[];
}

// https://en.wikipedia.org/wiki/List_of_file_signatures
const KINDS: readonly ImageKind[] = [
  { mimeType: 'image/png', marks: [[0, '\u0089PNG\r\n\u001A\n']] },
  { mimeType: 'image/jpeg', marks: [[0, '\u00FF\u00D8\u00FF']] },
  { mimeType: 'image/gif', marks: [[0, 'GIF87a']] },
  { mimeType: 'image/gif', marks: [[0, 'GIF89a']] },
  { mimeType: 'image/bmp', marks: [[0, 'BM']] },
  {
    mimeType: 'image/webp',
    marks: [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  },
];

function imageOf(bytes: Buffer, name: string): ImageAttachment {
  const mimeType = KINDS.find((kind) => hasMarks(bytes, kind))?.mimeType;
  if (mimeType === undefined) {
    throw new LlameroError('USAGE', `${name} is no picture that a model can be shown`, {
      hint: 'PNG, JPEG, GIF and BMP are; convert it to one of them',
    });
  }
  // llama.cpp reads pictures with stb_image, which does not know WebP; build 11669 answers
  // "Failed to load image or audio file".
  if (mimeType === 'image/webp') {
    throw new LlameroError('USAGE', `${name} is a WebP picture, which llama.cpp does not read`, {
      hint: 'Convert it to PNG or JPEG first',
    });
  }
  return { name: path.basename(name), mimeType, data: bytes.toString('base64') };
}

function hasMarks(bytes: Buffer, { marks }: ImageKind): boolean {
  return marks.every(
    ([offset, text]) => bytes.toString('latin1', offset, offset + text.length) === text,
  );
}

/** A fence longer than any in the text, so that nothing in it ends it. */
function fenceFor(text: string): string {
  const longest = Math.max(0, ...(text.match(/`{3,}/gu) ?? []).map((run) => run.length));
  return '`'.repeat(Math.max(3, longest + 1));
}
