import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import path from 'node:path';

import { Refusal } from './answer.ts';
import type { Answer } from './answer.ts';
import type { Fault } from './faults.ts';
import { fileAnswer } from './file-answer.ts';
import type { HostRequest } from './request.ts';
import type { StoredFile } from './stored-file.ts';

/** How the second host behaves. */
export interface CdnOptions {
  /** Seconds until a signed URL stops working; 3600 unless told. */
  readonly signedUrlSeconds?: number;
  /** Files above so many bytes answer 400 to a GET without a range; 200e9 unless told. */
  readonly rangelessLimit?: number;
}

interface CdnObject {
  readonly file: StoredFile;
  readonly subject: string;
  readonly etag: string;
}

/** The host that large files come from: it knows nobody, and serves whoever holds a signed URL. */
export class Cdn {
  readonly #options: CdnOptions;
  readonly #objects = new Map<string, CdnObject>();
  #key = randomBytes(32);

  constructor(options: CdnOptions) {
    this.#options = options;
  }

  /** A URL, without its origin, that serves this file for a while. */
  sign(repo: { readonly id: string; readonly databaseId: string }, name: string, file: StoredFile) {
    const subject = `/${repo.id}/${name}`;
    // Content-addressed, but not by sha256: the tag must not be taken for one.
    const object = createHash('sha256').update(`object ${subject} ${file.sha256}`).digest('hex');
    const rawPath = `/xet-bridge-us/${repo.databaseId}/${object}`;
    this.#objects.set(rawPath, { file, subject, etag: `"${object}"` });

    const fileName = encodeURIComponent(path.posix.basename(name)).replaceAll("'", '%27');
    const expires = Math.floor(Date.now() / 1000) + (this.#options.signedUrlSeconds ?? 3600);
    const query = new URLSearchParams({
      'X-Xet-Cas-Uid': 'public',
      'response-content-disposition': `inline; filename*=UTF-8''${fileName}; filename="${fileName}";`,
      Expires: String(expires),
      Policy: Buffer.from(JSON.stringify({ expires })).toString('base64url'),
    });
    query.append('Signature', this.#signature(rawPath, query));
    query.append('Key-Pair-Id', 'K2FPYV99P2N66Q');
    return `${rawPath}?${query.toString()}`;
  }

  /** Every URL signed so far stops working at once. */
  revoke(): void {
    this.#key = randomBytes(32);
  }

  /** `/<user>/<repo>/<path>` of the file a request is for. */
  subject(request: HostRequest): string {
    return this.#objects.get(request.rawPath)?.subject ?? request.rawPath;
  }

  /** @throws Refusal 403, 404, 400 */
  answer(request: HostRequest, faults: readonly Fault[]): Answer {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      throw xmlError(403, 'AccessDenied', 'This distribution only serves GET and HEAD');
    }
    this.#checkSignature(request);
    const object = this.#objects.get(request.rawPath);
    if (object === undefined) throw xmlError(404, 'NoSuchKey', 'The key does not exist');
    const headers = {
      'content-type': 'application/octet-stream',
      'content-disposition': request.query.get('response-content-disposition') ?? 'inline',
      'cache-control': 'public, max-age=31536000',
      'x-cache': 'Miss from cloudfront',
    };
    const answer = fileAnswer(request, object.file, object.etag, headers, faults);
    const limit = this.#options.rangelessLimit ?? 200e9;
    if (answer.status === 200 && request.method === 'GET' && object.file.size > limit) {
      throw xmlError(400, 'InvalidRequest', 'The file is too large to be sent at once');
    }
    return answer;
  }

  #checkSignature(request: HostRequest): void {
    const signature = request.query.get('Signature');
    if (signature === null || request.query.get('Key-Pair-Id') === null) {
      throw xmlError(403, 'MissingKey', 'Missing Key-Pair-Id query parameter or cookie value');
    }
    const expected = Buffer.from(this.#signature(request.rawPath, request.query));
    const given = Buffer.from(signature);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw xmlError(403, 'AccessDenied', 'Access denied');
    }
    if (Number(request.query.get('Expires')) * 1000 <= Date.now()) {
      throw xmlError(403, 'AccessDenied', 'The request has expired');
    }
  }

  /** Over the decoded query: clients may encode it in their own way, but not change it. */
  #signature(rawPath: string, query: URLSearchParams): string {
    const signed = [...query]
      .filter(([name]) => name !== 'Signature' && name !== 'Key-Pair-Id')
      .map(([name, value]) => `${name}=${value}`)
      .sort();
    return createHmac('sha256', this.#key)
      .update(JSON.stringify([rawPath, signed]))
      .digest('hex');
  }
}

function xmlError(status: number, code: string, message: string): Refusal {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  return new Refusal({
    status,
    headers: { 'content-type': 'text/xml', 'x-cache': 'Error from cloudfront' },
    body: Buffer.from(body),
  });
}
