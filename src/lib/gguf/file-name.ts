// Longer paths than this are refused by the file systems we write to; none is published.
const MAX_PATH_BYTES = 4096;
const MAX_NAME_BYTES = 255;

// C0, DEL and C1 controls, the separators and stream marks of Windows, and its wildcards.
const UNSAFE = /[\u0000-\u001F\u007F-\u009F\\:<>"|?*]/u;

/**
 * Whether a path from a file list stays inside the folder it is listed in, on every system, and
 * can be written there under its own name: relative, no `.` or `..`, no control characters.
 */
export function isSafePath(path: string): boolean {
  if (UNSAFE.test(path) || Buffer.byteLength(path) > MAX_PATH_BYTES) return false;
  return path.split('/').every(isSafeName);
}

function isSafeName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && Buffer.byteLength(name) <= MAX_NAME_BYTES;
}

/** The folders of a path, from the outermost: `a/b/c.gguf` lies in `['a', 'b']`. */
export function foldersOf(path: string): string[] {
  return path.split('/').slice(0, -1);
}

/** The last part of a path: `a/b/c.gguf` is called `c.gguf`. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a path ends in `.gguf`, in any case. */
export function isGguf(path: string): boolean {
  return /\.gguf$/iu.test(path);
}

/** A path without its `.gguf`. */
export function withoutExtension(path: string): string {
  return path.replace(/\.gguf$/iu, '');
}

/**
 * Upper case for the letters A to Z only. Names are compared in ASCII, because the full Unicode rules
 * turn foreign letters into Latin ones (`ſ` into `S`) and change the length of a text (`ß`).
 */
export function asciiUpperCase(text: string): string {
  return text.replace(/[a-z]+/gu, (letters) => letters.toUpperCase());
}

/** Orders texts by their code units: the same on every machine, whatever its language. */
export function compareText(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
