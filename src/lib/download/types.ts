/** Where the bytes of a file are right now. The URL may be signed: memory only, never shown. */
export interface Location {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Which file it is: what the bytes must be, whatever server they come from. */
export interface FileIdentity {
  /** The lasting name of the content, without secrets: `https://hub/user/repo@<commit>/path`. */
  readonly source: string;
  /** Bytes. */
  readonly size: number;
  /** Hex; checked when it is known. */
  readonly sha256?: string | undefined;
  /** Git's name of the content; checked when there is no sha256. */
  readonly gitOid?: string | undefined;
}

/** What happens during a download, for whoever draws it. All counts are bytes. */
export type DownloadEvent =
  | { readonly type: 'begin'; readonly received: number; readonly size: number }
  | { readonly type: 'progress'; readonly received: number; readonly size: number }
  | { readonly type: 'wait'; readonly reason: string; readonly seconds: number }
  | { readonly type: 'restart'; readonly reason: string }
  | { readonly type: 'verify'; readonly checked: number; readonly size: number }
  | { readonly type: 'end'; readonly fetched: number };

/** What was done to get a file. */
export interface DownloadResult {
  /** Bytes that came over the network in this call. */
  readonly fetched: number;
  /** Hex digest of the finished file. */
  readonly sha256: string;
}

/** One file to fetch. */
export interface DownloadRequest {
  /** Where it goes, absolute. Its unfinished form lies beside it as `<target>.partial`. */
  readonly target: string;
  readonly identity: FileIdentity;
  /** Finds out where the bytes are; called again when a URL has expired. */
  readonly locate: () => Promise<Location>;
  readonly onEvent: (event: DownloadEvent) => void;
}
