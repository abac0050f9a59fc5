/** A file of a repository that is to be had, and that may be on this machine already. */
export interface WantedFile {
  /** Hex digest of its content. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  /** The file's path in its repository, with `/`. */
  readonly name: string;
  /** `user/repo`. */
  readonly repo: string;
}

/** Whether a text is a sha256 as hubs and tools write it, and so is safe in a file name. */
export function isSha256(text: string): boolean {
  return /^[0-9a-f]{64}$/u.test(text);
}

/**
 * The parts of a relative path that came from outside, or undefined when it could lead anywhere
 * but down: an absolute path, `..`, a backslash, a control character.
 */
export function pathParts(name: string): readonly string[] | undefined {
  const parts = name.split('/');
  return parts.every(isPlainPart) ? parts : undefined;
}

function isPlainPart(part: string): boolean {
  const leadsUp = part === '' || part === '.' || part === '..';
  // The name of a file has at most 255 bytes: a longer one names none.
  return !leadsUp && !/[\\\p{Cc}]/u.test(part) && Buffer.byteLength(part) <= 255;
}
