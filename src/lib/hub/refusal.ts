import { LlameroError } from '../errors.ts';
import { oneLine, redact } from '../plain-text.ts';
import type { Endpoint } from './endpoint.ts';
import type { HubToken } from './token.ts';

/** An answer that is no success, as far as its meaning goes. */
export interface Refusal {
  readonly status: number;
  /** `X-Error-Code`: `RepoNotFound`, `GatedRepo`, `RevisionNotFound`, `EntryNotFound` … */
  readonly errorCode: string | undefined;
  /** What the server says, on one line, without controls and secrets; may be empty. */
  readonly message: string;
}

/** What was asked for, and as whom. */
export interface Subject {
  readonly endpoint: Endpoint;
  readonly token: HubToken | undefined;
  readonly repo?: string | undefined;
  readonly revision?: string | undefined;
  readonly path?: string | undefined;
}

const MESSAGE_LIMIT = 300;

/** Reads the meaning of an answer that is no success. */
export async function readRefusal(response: Response): Promise<Refusal> {
  const spoken = response.headers.get('x-error-message') ?? bodyMessage(await response.text());
  return {
    status: response.status,
    errorCode: response.headers.get('x-error-code') ?? undefined,
    message: redact(oneLine(spoken)).slice(0, MESSAGE_LIMIT),
  };
}

/** The message in `{"error": …}`, in `{"errors": [{"message": …}]}` or in plain text; a page has none. */
function bodyMessage(body: string): string {
  if (/^\s*</u.test(body)) return '';
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body;
  }
  if (typeof value !== 'object' || value === null) return '';
  const { error, errors } = value as { error?: unknown; errors?: unknown };
  if (typeof error === 'string') return error;
  const first: unknown = Array.isArray(error) ? error[0] : Array.isArray(errors) ? errors[0] : '';
  if (typeof first === 'string') return first;
  const message = (first as { message?: unknown } | null)?.message;
  return typeof message === 'string' ? message : '';
}

/**
 * The error that a refusal stands for. The order is that of huggingface_hub's hf_raise_for_status: a
 * hub answers 401 to a stranger who asks for a repository that is not there, and 404 to a member.
 */
export function refusalError(refusal: Refusal, subject: Subject): LlameroError {
  const { errorCode, status } = refusal;
  if (errorCode === 'RevisionNotFound') return revisionNotFound(subject);
  if (errorCode === 'EntryNotFound') return fileNotFound(subject);
  if (errorCode === 'GatedRepo') return gated(subject);
  if (errorCode === 'RepoNotFound') return repoNotFound(subject);
  if (status === 401) return unauthorized(subject);
  if (status === 403) return forbidden(refusal, subject);
  if (status === 404 && subject.path !== undefined) return fileNotFound(subject);
  if (status === 404 && subject.repo !== undefined) return repoNotFound(subject);
  return notUnderstood(refusal, subject);
}

function repoNotFound({ endpoint, repo = 'The repository', token }: Subject): LlameroError {
  const name = repo.split('/').at(-1) ?? repo;
  const access =
    token === undefined
      ? 'if it is private, set HF_TOKEN to a token that may read it'
      : `if it is private, see that the token from ${token.origin} may read it`;
  return new LlameroError(
    'REPO_NOT_FOUND',
    `${repo} does not exist on ${endpoint.host}, or it is private`,
    { hint: `Check the spelling (llamero search ${name}); ${access}` },
  );
}

function revisionNotFound({ endpoint, repo = '', revision = '' }: Subject): LlameroError {
  return new LlameroError('REVISION_NOT_FOUND', `${repo} has no revision «${oneLine(revision)}»`, {
    hint: `Its branches and tags are at ${endpoint.page(repo)}/tree/main`,
  });
}

function fileNotFound({ endpoint, path = '', repo = '', revision }: Subject): LlameroError {
  const where = revision === undefined ? '' : ` at ${oneLine(revision)}`;
  return new LlameroError('FILE_NOT_FOUND', `${repo} has no file ${oneLine(path)}${where}`, {
    hint: `Its files are at ${endpoint.page(repo)}/tree/${encodeURIComponent(revision ?? 'main')}`,
  });
}

function gated({ endpoint, repo = '', token }: Subject): LlameroError {
  const page = endpoint.page(repo);
  if (token === undefined) {
    return new LlameroError(
      'GATED',
      `${repo} is gated: it is given only to accounts that asked for access, and no token is set`,
      {
        hint: `Ask for access at ${page}, make a token at ${endpoint.href}/settings/tokens, then: export HF_TOKEN=<token>`,
      },
    );
  }
  return new LlameroError(
    'GATED',
    `${repo} is gated, and the account of the token from ${token.origin} has no access to it yet`,
    { hint: `Ask for access at ${page}, then run the command again` },
  );
}

function unauthorized(subject: Subject): LlameroError {
  const { endpoint, repo, token } = subject;
  if (token !== undefined) {
    return new LlameroError(
      'TOKEN_REFUSED',
      `${endpoint.host} refuses the token from ${token.origin}: it is wrong, expired or revoked`,
      { hint: `Make a new one at ${endpoint.href}/settings/tokens, or go on without a token` },
    );
  }
  if (repo !== undefined) return repoNotFound(subject);
  return new LlameroError('FORBIDDEN', `${endpoint.host} answers only to those who have a token`, {
    hint: `Make one at ${endpoint.href}/settings/tokens, then: export HF_TOKEN=<token>`,
  });
}

function forbidden({ message }: Refusal, { endpoint, repo, token }: Subject): LlameroError {
  const what = repo ?? endpoint.host;
  if (/resource is disabled/iu.test(message)) {
    return new LlameroError('FORBIDDEN', `${what} is disabled on ${endpoint.host}`, {
      hint: `What its page says: ${repo === undefined ? endpoint.href : endpoint.page(repo)}`,
    });
  }
  const why = message === '' ? '' : `: ${message}`;
  if (token === undefined) {
    return new LlameroError('FORBIDDEN', `${endpoint.host} does not let you read ${what}${why}`, {
      hint: 'If your account may read it, set HF_TOKEN to a token of that account',
    });
  }
  return new LlameroError(
    'FORBIDDEN',
    `${endpoint.host} does not let the token from ${token.origin} read ${what}${why}`,
    { hint: `What the token may do is set at ${endpoint.href}/settings/tokens` },
  );
}

function notUnderstood({ message, status }: Refusal, { endpoint }: Subject): LlameroError {
  const why = message === '' ? '' : `: ${message}`;
  const status5xx = endpoint.isPublicHub
    ? 'Try again later; https://status.huggingface.co says whether it is down'
    : 'Try again later, or check HF_ENDPOINT';
  return new LlameroError('HUB_ANSWER', `${endpoint.host} answered ${status}${why}`, {
    hint: status >= 500 ? status5xx : `Check that ${endpoint.href} is a Hugging Face hub`,
  });
}
