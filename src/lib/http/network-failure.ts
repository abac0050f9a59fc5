import { LlameroError, systemErrorCode } from '../errors.ts';
import { redact } from '../plain-text.ts';

/** Why no answer came, in words, and whether another try has a chance. */
export interface NetworkFailure {
  readonly reason: string;
  readonly passing: boolean;
  readonly hint?: string;
}

const UNTRUSTED =
  'Where a company or a school checks traffic, point NODE_EXTRA_CA_CERTS at its certificate (a PEM file)';

const CUT: NetworkFailure = { reason: 'the connection was cut', passing: true };
const NO_ROUTE: NetworkFailure = { reason: 'there is no way to it on this network', passing: true };
const UNTRUSTED_ISSUER: NetworkFailure = {
  reason: 'its TLS certificate is not signed by anyone this machine trusts',
  passing: false,
  hint: UNTRUSTED,
};

/** By the code of the error: those of libuv, of Node, of OpenSSL and of got. */
const FAILURES: Readonly<Record<string, NetworkFailure>> = {
  ENOTFOUND: { reason: 'its name could not be resolved', passing: false },
  EAI_AGAIN: { reason: 'its name could not be looked up, DNS does not answer', passing: true },
  ECONNREFUSED: { reason: 'the connection was refused', passing: true },
  ECONNRESET: CUT,
  EPIPE: CUT,
  ECONNABORTED: CUT,
  ERR_STREAM_PREMATURE_CLOSE: CUT,
  ERR_HTTP_CONTENT_LENGTH_MISMATCH: CUT,
  ERR_READING_RESPONSE_STREAM: CUT,
  Z_BUF_ERROR: CUT,
  Z_DATA_ERROR: { reason: 'the answer arrived damaged', passing: true },
  ETIMEDOUT: { reason: 'no answer came in time', passing: true },
  EHOSTUNREACH: NO_ROUTE,
  ENETUNREACH: NO_ROUTE,
  ENETDOWN: NO_ROUTE,
  EADDRNOTAVAIL: NO_ROUTE,
  CERT_HAS_EXPIRED: {
    reason: 'its TLS certificate has expired',
    passing: false,
    hint: 'Check the date and time of this machine',
  },
  CERT_NOT_YET_VALID: {
    reason: 'its TLS certificate is not valid yet',
    passing: false,
    hint: 'Check the date and time of this machine',
  },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    reason: 'its TLS certificate is made out to another name',
    passing: false,
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED_ISSUER,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED_ISSUER,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED_ISSUER,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED_ISSUER,
  EPROTO: { reason: 'no TLS connection could be agreed on', passing: false },
  ERR_PROXY_TUNNEL: { reason: 'the proxy refused the connection', passing: false },
};

/**
 * What a failed request failed of.
 *
 * @returns undefined for an error that is none of the network
 */
export function readNetworkFailure(error: unknown): NetworkFailure | undefined {
  const code = systemErrorCode(error);
  if (code === undefined || error instanceof LlameroError) return undefined;
  const known = FAILURES[code];
  if (known !== undefined) return known;
  if (code.startsWith('HPE_')) return { reason: 'what answers is no HTTP server', passing: false };
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code.startsWith('CERT_')) {
    return { reason: `no TLS connection could be agreed on (${code})`, passing: false };
  }
  return { reason: `the request failed (${code})`, passing: false };
}

/**
 * The error for a request that got no answer.
 *
 * @param proxy which proxy is set, as a phrase
 * @param cause the error of the HTTP library; it holds the request's headers and is not passed on
 */
export function networkError(
  host: string,
  failure: NetworkFailure,
  proxy: string | undefined,
  cause: unknown,
): LlameroError {
  const hints = [
    failure.hint,
    proxy === undefined ? undefined : `${proxy}: check that the proxy is right and running`,
  ].filter((hint) => hint !== undefined);
  return new LlameroError('NETWORK', `Could not reach ${host}: ${failure.reason}`, {
    hint: hints.length === 0 ? undefined : hints.join('\n'),
    cause: withoutSecrets(cause),
  });
}

function withoutSecrets(error: unknown): Error | undefined {
  if (!(error instanceof Error)) return undefined;
  const plain = new Error(redact(error.message));
  return Object.assign(plain, { code: systemErrorCode(error) });
}
