import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { Header } from 'tar';

/** An entry of a tar, however hostile: nothing of it is checked. */
export interface TarEntry {
  readonly path: string;
  /** tar's own word; File unless told. */
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice';
  readonly content?: string | Buffer;
  /** Declared in place of the true size. */
  readonly size?: number;
  readonly target?: string;
  readonly mode?: number;
}

/** Writes a `.tar.gz` with exactly these entries. */
export async function writeTar(file: string, entries: readonly TarEntry[]): Promise<void> {
  const blocks = entries.flatMap(({ content = '', mode = 0o644, path, size, target, type }) => {
    const body = Buffer.from(content);
    const header = new Header({
      path,
      type: type ?? 'File',
      size: size ?? body.length,
      mode,
      mtime: new Date('2026-10-01T00:00:00Z'),
      ...(target === undefined ? {} : { linkpath: target }),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return [block, body, Buffer.alloc((512 - (body.length % 512)) % 512)];
  });
  await writeFile(file, gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)])));
}
