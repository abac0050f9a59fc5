import { LlameroError } from '../errors.ts';
import type { Http } from '../http/types.ts';
import { oneLine } from '../plain-text.ts';
import type { Endpoint } from './endpoint.ts';
import type { Offline } from './offline.ts';
import { type Subject, readRefusal, refusalError } from './refusal.ts';
import type { HubToken } from './token.ts';

/** A tree has 1000 entries a page, https://huggingface.co/docs/hub/api. */
const PAGE_LIMIT = 200;

/** A hub and the means to reach it. */
export interface HubAccess {
  readonly http: Http;
  readonly endpoint: Endpoint;
  readonly token: HubToken | undefined;
  readonly offline: Offline | undefined;
}

/** What one question is about, for its errors. */
export interface Matter {
  readonly repo?: string | undefined;
  readonly revision?: string | undefined;
  readonly path?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a library call is given, and what it left behind. */
export interface ApiCall {
  readonly fetch: typeof globalThis.fetch;
  /** The hub's own link to the page after the last one that was read. */
  readonly next: URL | undefined;
}

/**
 * Sends one request to the hub's own origin, as the user. Errors of the network get the hints that
 * belong to a hub.
 */
export async function askHub(
  access: HubAccess,
  matter: Matter,
  url: URL,
  init: RequestInit,
): Promise<Response> {
  const { endpoint, http, offline, token } = access;
  if (offline !== undefined) {
    throw new LlameroError('OFFLINE', `Offline by ${offline.by}: ${endpoint.host} is not asked`, {
      hint: `${offline.end} to go online; \`llamero list\` shows the models that are already here`,
    });
  }
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set('authorization', `Bearer ${token.token}`);
  try {
    return await http.fetch(url, { ...init, headers, signal: matter.signal ?? null });
  } catch (error) {
    throw withHubHint(error, token);
  }
}

/** The error for an answer of the hub that is no success. */
export async function refused(
  access: HubAccess,
  matter: Matter,
  response: Response,
): Promise<LlameroError> {
  const subject: Subject = { ...matter, endpoint: access.endpoint, token: access.token };
  return refusalError(await readRefusal(response), subject);
}

/**
 * What a body must be at its top: an object, a list of objects, or a list whose other entries are left
 * out, where a whole page is not to be lost to one of them.
 */
type Shape = 'object' | 'array' | 'sparse array';

/** How a call of `@huggingface/hub` is watched. */
export interface ApiCallOptions {
  readonly expected: Shape;
  /** Whether the library sees that there are further pages. */
  readonly followPages?: boolean;
  /** Changes the URL that the library made. */
  readonly adjust?: (url: URL) => void;
}

/**
 * Prepares a call of `@huggingface/hub`: a `fetch` that turns refusals into our errors while their
 * headers are still there (its own error drops them), lets nothing but JSON of the right shape
 * through, and keeps links to further pages on the hub.
 */
export function apiCall(access: HubAccess, matter: Matter, options: ApiCallOptions): ApiCall {
  const { endpoint } = access;
  let next: URL | undefined;
  let pages = 0;
  return {
    get next() {
      return next;
    },
    fetch: async (input, init) => {
      const url = endpoint.own(new URL(input instanceof Request ? input.url : input));
      if (url === undefined) throw answerError(endpoint, 'it points at another host');
      pages += 1;
      if (pages > PAGE_LIMIT) throw answerError(endpoint, 'it never ends');
      options.adjust?.(url);
      const response = await askHub(access, matter, url, init ?? {});
      if (!response.ok) throw await refused(access, matter, response);
      const text = await readJson(endpoint, response, options.expected);
      next = nextPage(endpoint, url, response.headers.get('link'));
      const headers = new Headers({ 'content-type': 'application/json' });
      if (options.followPages === true && next !== undefined) {
        headers.set('link', `<${next.href}>; rel="next"`);
      }
      return new Response(text, { headers });
    },
  };
}

/**
 * Runs work on an answer; whatever stumbles over it is the answer's fault.
 *
 * @throws LlameroError HUB_ANSWER, or the LlameroError that the work threw
 */
export async function understood<T>(access: HubAccess, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LlameroError) throw error;
    throw answerError(access.endpoint, 'a part of it is not as it should be', error);
  }
}

/** The error for an answer that came but cannot be used. */
export function answerError(endpoint: Endpoint, why: string, cause?: unknown): LlameroError {
  return new LlameroError('HUB_ANSWER', `The answer of ${endpoint.host} cannot be used: ${why}`, {
    hint: endpoint.isPublicHub
      ? 'Try again later; a newer llamero may understand it'
      : `Check that ${endpoint.href} (HF_ENDPOINT) is a Hugging Face hub`,
    cause,
  });
}

async function readJson(endpoint: Endpoint, response: Response, expected: Shape): Promise<string> {
  const text = await response.text();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const type = oneLine(response.headers.get('content-type') ?? '').slice(0, 60);
    if (/^\s*</u.test(text)) {
      throw new LlameroError('HUB_ANSWER', `${endpoint.host} answered with a web page, not data`, {
        hint: `A network that asks for a login does this: open ${endpoint.href} in a browser and see`,
      });
    }
    throw answerError(endpoint, `it is no JSON (${type === '' ? 'of no type' : type})`, error);
  }
  const shaped = inShape(value, expected);
  if (shaped === undefined) throw answerError(endpoint, 'it is not shaped as expected');
  return shaped === value ? text : JSON.stringify(shaped);
}

/** The value itself where it is as expected, what of it can be used, or undefined. */
function inShape(value: unknown, expected: Shape): unknown {
  if (expected === 'object') return isObject(value) ? value : undefined;
  if (!Array.isArray(value)) return undefined;
  const objects = value.filter((item) => isObject(item));
  if (objects.length === value.length) return value;
  // A list of nothing but other things is no list of that kind at all.
  return expected === 'sparse array' && objects.length > 0 ? objects : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function nextPage(endpoint: Endpoint, from: URL, link: string | null): URL | undefined {
  const target = /<([^>]*)>\s*;\s*rel="?next"?/iu.exec(link ?? '')?.[1];
  if (target === undefined) return undefined;
  const url = URL.canParse(target, from.href) ? new URL(target, from.href) : undefined;
  const own = url && endpoint.own(url);
  if (own === undefined) throw answerError(endpoint, 'its next page lies on another host');
  return own;
}

function withHubHint(error: unknown, token: HubToken | undefined): unknown {
  if (!(error instanceof LlameroError)) return error;
  const { cause, code, message } = error;
  if (code === 'RATE_LIMITED') {
    const more = token === undefined ? '; with a token (HF_TOKEN) more requests are allowed' : '';
    return new LlameroError(code, message, {
      hint: `Wait, then run the command again${more}`,
      cause,
    });
  }
  if (code !== 'NETWORK') return error;
  const general =
    'HF_ENDPOINT names another hub or a mirror; models that are already here run without a network';
  const hint = error.hint === undefined ? general : `${error.hint}\n${general}`;
  return new LlameroError(code, message, { hint, cause });
}
