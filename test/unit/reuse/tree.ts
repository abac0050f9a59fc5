import { createHash, randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** A content with its digest, different at every call. */
export interface Content {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Random bytes and what they are. */
export function someContent(size: number): Content {
  return contentOf(randomBytes(size));
}

/** What some bytes are. */
export function contentOf(bytes: Buffer): Content {
  return { bytes, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A temporary folder in which a test lays out files as other tools do. */
export class Tree implements AsyncDisposable {
  readonly root: string;

  private constructor(root: string) {
    this.root = root;
  }

  static async create(): Promise<Tree> {
    // The real path: what is found is told by its real path, and a temporary folder may be a link.
    const root = await realpath(await mkdtemp(path.join(tmpdir(), 'llamero-reuse-')));
    // Tests that give up their rights must still get in.
    await chmod(root, 0o755);
    return new Tree(root);
  }

  at(name: string): string {
    return path.join(this.root, ...name.split('/'));
  }

  /** Writes a file that was last changed an hour ago; answers its path. */
  async put(name: string, content: Content | string): Promise<string> {
    const file = this.at(name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, typeof content === 'string' ? content : content.bytes);
    const then = new Date(Date.now() - 3_600_000);
    await utimes(file, then, then);
    return file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.root, { recursive: true, force: true });
  }
}
