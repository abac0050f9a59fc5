import { createHash } from 'node:crypto';

import { storeFile } from './stored-file.ts';
import type { FileSource } from './stored-file.ts';
import { commitOid } from './tree.ts';
import type { FileMap } from './tree.ts';

/** What is in a repository besides files, and who may read it. */
export interface RepoOptions {
  readonly gated?: false | 'auto' | 'manual';
  readonly private?: boolean;
  readonly disabled?: boolean;
  /** The repository has moved: every request is sent on to this id by a relative 307. */
  readonly renamedTo?: string;
  /** Commit of the first version, 40 hex digits; computed as git would when not given. */
  readonly sha?: string;
  /** Tokens that may read a private repository and that were granted a gated one. */
  readonly tokensWithAccess?: readonly string[];
  readonly downloads?: number;
  readonly likes?: number;
  readonly trendingScore?: number;
  /** Tags of the model (`filter=`); `gguf`, licence and base models are added by themselves. */
  readonly tags?: readonly string[];
  readonly pipelineTag?: string;
  readonly cardData?: Readonly<Record<string, unknown>>;
  /** What the Hub read from a GGUF header: `{ total, architecture, context_length … }`. */
  readonly gguf?: Readonly<Record<string, unknown>>;
  readonly createdAt?: string;
  readonly lastModified?: string;
  /** Further branches, by name, at a commit (`refs/pr/1` is one); an unknown commit holds the same files. */
  readonly branches?: Readonly<Record<string, string>>;
  /** Git tags, by name, at a commit. */
  readonly gitTags?: Readonly<Record<string, string>>;
}

/** One version of a repository. */
export interface Commit {
  readonly sha: string;
  readonly title: string;
  readonly date: Date;
  readonly files: FileMap;
}

/** What a test holds of a repository it added. */
export interface RepoHandle {
  readonly id: string;
  /** Commit at the head of `main`. */
  readonly sha: string;
  /** The files at the head of `main`: sizes and digests to compare with. */
  readonly files: FileMap;
  /** Replaces the files of a branch (`main` unless told) by a new commit and returns its id. */
  commit(files: Readonly<Record<string, FileSource>>, options?: CommitOptions): Promise<string>;
}

export interface CommitOptions {
  readonly branch?: string;
  readonly sha?: string;
  readonly title?: string;
}

const FIRST_DATE = '2026-01-02T03:04:05.000Z';

/** A repository: commits, the names that point at them, and what the API tells about it. */
export class Repo implements RepoHandle {
  readonly id: string;
  readonly options: RepoOptions;
  readonly commits = new Map<string, Commit>();
  readonly branches = new Map<string, string>();
  readonly gitTags = new Map<string, string>();

  private constructor(id: string, options: RepoOptions) {
    this.id = id;
    this.options = options;
  }

  /** Hashes the files and lays the first commit. */
  static async create(
    id: string,
    files: Readonly<Record<string, FileSource>>,
    options: RepoOptions = {},
  ): Promise<Repo> {
    const repo = new Repo(id, options);
    await repo.commit(files, options.sha === undefined ? {} : { sha: options.sha });
    const first = repo.head;
    const names = [
      [options.branches, repo.branches],
      [options.gitTags, repo.gitTags],
    ] as const;
    for (const [wanted, known] of names) {
      for (const [name, sha] of Object.entries(wanted ?? {})) {
        known.set(name, sha);
        if (!repo.commits.has(sha)) repo.commits.set(sha, { ...first, sha });
      }
    }
    return repo;
  }

  get head(): Commit {
    const commit = this.commits.get(this.branches.get('main') ?? '');
    if (commit === undefined) throw new Error(`The repository ${this.id} has no main branch`);
    return commit;
  }

  get sha(): string {
    return this.head.sha;
  }

  get files(): FileMap {
    return this.head.files;
  }

  /** The id the Hub's database gives a repository: 24 hex digits. */
  get databaseId(): string {
    return createHash('sha1').update(this.id).digest('hex').slice(0, 24);
  }

  /** The commit that a branch, a tag, a full ref or a commit id names. */
  revision(name: string): Commit | undefined {
    const plain = name.replace(/^refs\/(?:heads|tags)\//u, '');
    const sha =
      plain === 'HEAD'
        ? this.sha
        : (this.branches.get(plain) ?? this.gitTags.get(plain) ?? plain.toLowerCase());
    return this.commits.get(sha);
  }

  async commit(
    files: Readonly<Record<string, FileSource>>,
    options: CommitOptions = {},
  ): Promise<string> {
    const branch = options.branch ?? 'main';
    const title = options.title ?? 'Upload files';
    const stored = new Map(
      await Promise.all(
        Object.entries(files)
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(async ([path, source]) => [path, await storeFile(path, source)] as const),
      ),
    );
    const first = Date.parse(this.options.lastModified ?? FIRST_DATE);
    const date = new Date(first + this.commits.size * 1000);
    const sha = options.sha ?? commitOid(stored, this.branches.get(branch), title, date);
    if (!/^[0-9a-f]{40}$/u.test(sha)) throw new Error(`Not a commit id of 40 hex digits: ${sha}`);
    this.commits.set(sha, { sha, title, date, files: stored });
    this.branches.set(branch, sha);
    return sha;
  }
}
