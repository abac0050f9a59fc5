import type { Capability } from '../gguf/header-description.ts';

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

/** A model repository with its files, as one request brings them. */
export interface HubListing {
  readonly model: HubModel;
  readonly files: readonly HubFile[];
  /**
   * The chat template that the hub read from one GGUF file of the repository, empty where that has
   * none; undefined where the hub has read no header.
   */
  readonly chatTemplate?: string;
}

/** A repository that a search found; it holds at least one GGUF model. */
export interface HubSearchHit extends HubFacts {
  /** Paths of its GGUF models, without projectors, importance matrices and draft heads. */
  readonly ggufFiles: readonly string[];
  /** What it can do, as far as its chat template, its task and its files tell. */
  readonly capabilities: readonly Capability[];
  readonly createdAt?: Date;
  readonly license?: string;
}

/** Orders of a search, always the largest or newest first. */
export type HubSearchSort = 'downloads' | 'likes' | 'trending' | 'updated' | 'created';

/** What a search may be narrowed by. */
export interface HubSearchOptions {
  readonly author?: string | undefined;
  readonly sort?: HubSearchSort | undefined;
  /** Bounds on the number of parameters, themselves included. */
  readonly minParameters?: number | undefined;
  readonly maxParameters?: number | undefined;
  /** As the hub writes it: `apache-2.0`. */
  readonly license?: string | undefined;
  /** Only those that ask for consent first, or only those that do not. */
  readonly gated?: boolean | undefined;
  /** Tags of the hub, all of which a repository has to have. */
  readonly tags?: readonly string[] | undefined;
  /** What all of them can do. */
  readonly capabilities?: readonly Capability[] | undefined;
  /** What else a hit has to be, as only the caller can tell. */
  readonly accept?: ((hit: HubSearchHit) => boolean) | undefined;
  /** The most hits wanted. */
  readonly limit: number;
  /** Which page of so many hits, from 1 to the last that there is a `next` to. */
  readonly page?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a search found. */
export interface HubSearchResult {
  readonly models: readonly HubSearchHit[];
  /** The page after this one, where there may be more. */
  readonly next?: number;
  /** Whether there are models, but none on a page so late. */
  readonly behind: boolean;
  /** Whether the hub's list is longer than what of it was looked through for this. */
  readonly cut: boolean;
}

/** The account that a token belongs to. */
export interface HubAccount {
  readonly name: string;
  /** What the token may do: `read`, `write`, `fineGrained`. */
  readonly role?: string;
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
  /**
   * What {@link Hub.model} and {@link Hub.files} tell, in one request where the hub can.
   *
   * @throws LlameroError REVISION_NOT_FOUND, REFERENCE_INVALID
   */
  listing(
    repo: string,
    options?: HubRequestOptions & { readonly revision?: string | undefined },
  ): Promise<HubListing>;
  /**
   * The model card: Markdown, which is as hostile as whoever wrote it. Undefined without one.
   *
   * @throws LlameroError GATED, REVISION_NOT_FOUND, REFERENCE_INVALID
   */
  card(repo: string, commit: string, options?: HubRequestOptions): Promise<string | undefined>;
  /** Repositories with GGUF models whose name fits a query. */
  search(query: string, options: HubSearchOptions): Promise<HubSearchResult>;
  /** The account of the token; undefined where no token is set. */
  account(options?: HubRequestOptions): Promise<HubAccount | undefined>;
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
