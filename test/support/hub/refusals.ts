import { Refusal, jsonAnswer, textAnswer } from './answer.ts';

/** The API answers errors in JSON, `/resolve` in plain text. */
export type Door = 'api' | 'resolve';

/** An error as the Hub words it: status, `X-Error-Code`, `X-Error-Message`, body. */
function refusal(
  door: Door,
  status: number,
  message: string,
  code?: string,
  headers: Readonly<Record<string, string>> = {},
): Refusal {
  const all = {
    ...(code === undefined ? {} : { 'x-error-code': code }),
    'x-error-message': message.replace(/[^\x20-\x7e]/gu, '?'),
    ...headers,
  };
  return new Refusal(
    door === 'api' ? jsonAnswer({ error: message }, all, status) : textAnswer(status, message, all),
  );
}

/** What the Hub says to callers without a token about anything they may not see. */
export function unknownToStrangers(door: Door): Refusal {
  return refusal(door, 401, 'Invalid username or password.');
}

export function repoNotFound(door: Door, withToken: boolean): Refusal {
  if (!withToken) return unknownToStrangers(door);
  return refusal(door, 404, 'Repository not found', 'RepoNotFound');
}

export function badToken(door: Door): Refusal {
  return refusal(door, 401, 'Invalid credentials in Authorization header');
}

export function disabled(door: Door): Refusal {
  return refusal(door, 403, 'Access to this resource is disabled.');
}

export function gated(door: Door, repo: string, withToken: boolean): Refusal {
  if (!withToken) {
    const message = `Access to model ${repo} is restricted. You must have access to it and be authenticated to access it. Please log in.`;
    return refusal(door, 401, message, 'GatedRepo');
  }
  const message = `Access to model ${repo} is restricted and you are not in the authorized list. Visit https://huggingface.co/${repo} to ask for access.`;
  return refusal(door, 403, message, 'GatedRepo');
}

/** A fine-grained token without the permission for gated repositories. */
export function missingScope(door: Door): Refusal {
  const message =
    'Please enable access to public gated repositories in your fine-grained token settings to view this repository.';
  return refusal(door, 403, message);
}

export function revisionNotFound(door: Door, revision: string): Refusal {
  return refusal(door, 404, `Invalid rev id: ${revision}`, 'RevisionNotFound');
}

export function entryNotFound(door: Door, message: string, commit: string): Refusal {
  return refusal(door, 404, message, 'EntryNotFound', { 'x-repo-commit': commit });
}

export function badRequest(message: string): Refusal {
  return refusal('api', 400, message);
}

export function noSuchPage(): Refusal {
  return refusal('api', 404, 'Sorry, we can’t find the page you are looking for.');
}
