import { z } from 'zod';

import type { ReleaseAsset } from './choose-asset.ts';

// What the releases' API answers is hostile until it has passed here. The fields are those of
// https://docs.github.com/en/rest/releases/releases; all others are left out.

/** A build of llama.cpp that can be downloaded. */
export interface Release {
  /** `b11669`. */
  readonly tag: string;
  readonly build: number;
  readonly publishedAt?: Date;
  readonly assets: readonly ReleaseAsset[];
  /** The stable version it was resolved from: `v0.7.0`. */
  readonly stable?: string;
}

/** Since August 2026 a stable release has no binaries: this file names the build that has them. */
export const BUILD_FILE = 'nightly-tag.txt';

const RELEASES_A_PAGE = 100;
const ASSET_LIMIT = 500;
const SIZE_LIMIT = 2 ** 40;

const Asset = z.object({
  name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$/u),
  size: z.int().nonnegative().max(SIZE_LIMIT),
  // An asset whose hash cannot be checked although it has one is worse than one without.
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/iu)
    .nullish(),
  // Mirrors made by other software have no state: what they list is whole.
  state: z
    .string()
    .regex(/^[a-z_]{1,30}$/u)
    .default('uploaded'),
  browser_download_url: z
    .string()
    .max(2000)
    .refine((text) => isDownloadUrl(text)),
});

/** One release, with those of its assets that can be used. */
export const releaseAnswer = z.object({
  tag_name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/u),
  draft: z.boolean().default(false),
  published_at: z.iso.datetime({ offset: true }).nullish().catch(undefined),
  assets: z
    .array(z.unknown())
    .transform((items) =>
      items.slice(0, ASSET_LIMIT).flatMap((item) => Asset.safeParse(item).data ?? []),
    ),
});

/** A page of releases, without those that cannot be used. */
export const releaseListAnswer = z
  .array(z.record(z.string(), z.unknown()))
  .transform((items) =>
    items.slice(0, RELEASES_A_PAGE).flatMap((item) => releaseAnswer.safeParse(item).data ?? []),
  );

/** A release of any tag, in the API's own shape. */
export type ReleaseAnswer = z.output<typeof releaseAnswer>;

/**
 * The build that an answer describes; undefined when it is a draft, or its tag none of a build.
 *
 * @param base where the answer came from: over https it may not lead to plain http
 */
export function readRelease(answer: ReleaseAnswer, base: URL): Release | undefined {
  const build = readBuildTag(answer.tag_name);
  if (build === undefined || answer.draft) return undefined;
  const { published_at: published } = answer;
  return {
    tag: answer.tag_name,
    build,
    ...(typeof published === 'string' ? { publishedAt: new Date(published) } : {}),
    assets: readAssets(answer, base),
  };
}

/** The assets of a release that may be downloaded. */
export function readAssets(answer: ReleaseAnswer, base: URL): ReleaseAsset[] {
  return answer.assets
    .filter(({ browser_download_url: url }) => base.protocol === 'http:' || !isPlainHttp(url))
    .map(({ browser_download_url: url, digest, name, size, state }) => ({
      name,
      size,
      url,
      state,
      ...(typeof digest === 'string'
        ? { digest: digest.slice('sha256:'.length).toLowerCase() }
        : {}),
    }));
}

/** The number in a tag such as `b11669`. */
export function readBuildTag(tag: string): number | undefined {
  const digits = /^b(\d{1,9})$/u.exec(tag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isDownloadUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { password, protocol, username } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && username + password === '';
}

function isPlainHttp(url: string): boolean {
  return new URL(url).protocol === 'http:';
}
