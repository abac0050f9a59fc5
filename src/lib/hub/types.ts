/** One file of a repository on the hub. */
export interface HubFile {
  /** Path in the repository, with `/`; never absolute, never leading out of it. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Digest of the content, lower-case hex. Every GGUF has one; small text files have none. */
  readonly sha256?: string;
  /** Git's own object name: of the pointer for a file with a sha256, of the content otherwise. */
  readonly gitOid: string;
}

/** Whether the hub asks for consent first: at once (`auto`) or by the author's hand (`manual`). */
export type HubGate = false | 'auto' | 'manual';

/** What a model and a search hit have in common. */
interface HubFacts {
  /** `user/repo` as the hub spells it; differs from what was asked when the repo was renamed. */
  readonly id: string;
  readonly author: string;
  readonly gated: HubGate;
  readonly private: boolean;
  /** Of the last 30 days, as the hub counts them. */
  readonly downloads: number;
  readonly likes: number;
  readonly updatedAt?: Date;
  readonly tags: readonly string[];
  /** `text-generation`, `image-text-to-text` …, where the hub knows. */
  readonly pipeline?: string;
  /** Number of parameters, as the hub read it from one GGUF file of the repo. */
  readonly parameters?: number;
  /** GGUF architecture (`llama`, `gemma3` …), as the hub read it. */
  readonly architecture?: string;
  /** The context the model was trained for, in tokens, as the hub read it. */
  readonly contextLength?: number;
}

/** A model repository at one commit. */
export interface HubModel extends HubFacts {
  /** The 40 hex digits of the commit that the revision stood for. */
  readonly commit: string;
  readonly createdAt?: Date;
  readonly license?: string;
  /** `user/repo` of the models this one was made from. */
  readonly baseModels: readonly string[];
}

/** A repository that a search found; it holds at least one GGUF model. */
export interface HubSearchHit extends HubFacts {
  /** Paths of its GGUF models, without projectors, importance matrices and draft heads. */
  readonly ggufFiles: readonly string[];
}

/** Orders of a search, always the largest or newest first. */
export type HubSearchSort = 'downloads' | 'likes' | 'trending' | 'updated' | 'created';

/** What a search may be narrowed by. */
export interface HubSearchOptions {
  readonly author?: string | undefined;
  readonly sort?: HubSearchSort | undefined;
  /** The most hits wanted. */
  readonly limit: number;
  /** `next` of an earlier answer to the same search. */
  readonly cursor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Where the bytes of a file are. */
export interface HubLocation {
  /** May be signed and lasts about an hour: kept in memory, never stored, logged or shown. */
  readonly url: string;
  /** To be sent with the request; `authorization` only where the URL is the hub's own. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes. */
  readonly size?: number;
  /** Digest of the content, lower-case hex. */
  readonly sha256?: string;
  /** Without quotes. */
  readonly etag?: string;
}

/** What each question to the hub may be given. */
export interface HubRequestOptions {
  readonly signal?: AbortSignal | undefined;
}

/**
 * A Hugging Face Hub. Every question throws LlameroError: NETWORK, RATE_LIMITED, OFFLINE, HUB_ANSWER,
 * TOKEN_REFUSED, FORBIDDEN and REPO_NOT_FOUND, besides what stands with it.
 */
export interface Hub {
  /** Its address without a slash at the end, `https://huggingface.co`. */
  readonly endpoint: string;
  /**
   * A repository and the commit that a revision (branch, tag, commit; `main` unless told) stands for.
   *
   * @throws LlameroError REVISION_NOT_FOUND, REFERENCE_INVALID
   */
  model(
    repo: string,
    options?: HubRequestOptions & { readonly revision?: string | undefined },
  ): Promise<HubModel>;
  /**
   * All files of a repository at a commit.
   *
   * @throws LlameroError REVISION_NOT_FOUND, REFERENCE_INVALID
   */
  files(repo: string, commit: string, options?: HubRequestOptions): Promise<HubFile[]>;
  /** Repositories with GGUF models whose name fits a query. */
  search(
    query: string,
    options: HubSearchOptions,
  ): Promise<{ models: HubSearchHit[]; next?: string }>;
  /**
   * Where a file can be downloaded from, right now.
   *
   * @throws LlameroError GATED, REVISION_NOT_FOUND, FILE_NOT_FOUND, REFERENCE_INVALID
   */
  resolve(
    repo: string,
    commit: string,
    path: string,
    options?: HubRequestOptions,
  ): Promise<HubLocation>;
  /** The address of a repository's page, for messages. */
  page(repo: string): string;
}
