import { createHmac, randomBytes } from 'node:crypto';

import { Refusal } from '../hub/answer.ts';
import type { Answer } from '../hub/answer.ts';
import type { Fault } from '../hub/faults.ts';
import { fileAnswer } from '../hub/file-answer.ts';
import type { HostRequest } from '../hub/request.ts';
import type { StoredAsset, StoredRelease } from './release.ts';

const FOLDER = '/github-production-release-asset/612354784';
const DEFAULT_LIFE_SECONDS = 3600;

/** The host that assets come from: it knows nobody, and serves whoever holds a signed URL. */
export class Storage {
  readonly #objects = new Map<string, { readonly asset: StoredAsset; readonly subject: string }>();
  readonly #lifeSeconds: number;
  #key = randomBytes(32);

  constructor(lifeSeconds = DEFAULT_LIFE_SECONDS) {
    this.#lifeSeconds = lifeSeconds;
  }

  /** A URL, without its origin, that serves this asset for a while; signed as Azure signs. */
  sign(release: StoredRelease, asset: StoredAsset): string {
    const rawPath = `${FOLDER}/${release.id}-${asset.id}`;
    this.#objects.set(rawPath, { asset, subject: `/${release.tag}/${asset.name}` });
    const expires = new Date(Date.now() + this.#lifeSeconds * 1000).toISOString();
    const query = new URLSearchParams({
      sp: 'r',
      sv: '2018-11-09',
      sr: 'b',
      se: expires.replace(/\.\d+Z$/u, 'Z'),
      rscd: `attachment; filename=${asset.name}`,
      rsct: 'application/octet-stream',
    });
    query.append('sig', this.#signature(rawPath, query));
    return `${rawPath}?${query.toString()}`;
  }

  /** Every URL signed so far stops working at once. */
  revoke(): void {
    this.#key = randomBytes(32);
  }

  /** `/<tag>/<asset>` of what a request is for. */
  subject(request: HostRequest): string {
    return this.#objects.get(request.rawPath)?.subject ?? request.rawPath;
  }

  /** @throws Refusal 403, 404 */
  answer(request: HostRequest, faults: readonly Fault[]): Answer {
    const given = request.query.get('sig');
    const isSigned = given === this.#signature(request.rawPath, request.query);
    const isOver = Date.parse(request.query.get('se') ?? '') <= Date.now();
    if (!isSigned || isOver) throw refusal(403, 'AuthenticationFailed');
    const object = this.#objects.get(request.rawPath);
    if (object === undefined) throw refusal(404, 'BlobNotFound');
    const { file } = object.asset;
    return fileAnswer(
      request,
      file,
      `"0x8D${file.sha256.slice(0, 12).toUpperCase()}"`,
      {
        'content-type': request.query.get('rsct') ?? 'application/octet-stream',
        'content-disposition': request.query.get('rscd') ?? 'attachment',
        'x-ms-blob-type': 'BlockBlob',
      },
      faults,
    );
  }

  #signature(rawPath: string, query: URLSearchParams): string {
    const signed = [...query]
      .filter(([name]) => name !== 'sig')
      .map(([name, value]) => `${name}=${value}`)
      .sort();
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([rawPath, signed]))
      .digest('base64');
  }
}

function refusal(status: number, code: string): Refusal {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code></Error>`;
  const headers = { 'content-type': 'application/xml', 'x-ms-error-code': code };
  return new Refusal({ status, headers, body: Buffer.from(body) });
}
