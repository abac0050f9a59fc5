import type { IncomingHttpHeaders } from 'node:http';

import { badToken, disabled, gated, missingScope, repoNotFound } from './refusals.ts';
import type { Door } from './refusals.ts';
import type { Repo } from './repo.ts';

/** The account a token belongs to. */
export interface TokenOptions {
  /** User name, as `/api/whoami-v2` tells it. */
  readonly name?: string;
  readonly role?: 'read' | 'write' | 'fineGrained';
  /** A fine-grained token that was not given the permission to read gated repositories. */
  readonly withoutGatedScope?: boolean;
}

/** A token of the shape real ones have: `hf_` and 34 letters; different seeds, different tokens. */
export function testToken(seed = 'llamero'): string {
  const letters = seed.replace(/[^A-Za-z0-9]/gu, '');
  return `hf_${letters.repeat(34).padEnd(34, 'x').slice(0, 34)}`;
}

/** Who may see what. */
export class Access {
  readonly tokens = new Map<string, TokenOptions>();

  add(token: string, options: TokenOptions = {}): void {
    this.tokens.set(token, { ...this.tokens.get(token), ...options });
  }

  /**
   * The token of a request, undefined without one.
   *
   * @throws Refusal 401 for one that was never added
   */
  caller(headers: IncomingHttpHeaders, door: Door): string | undefined {
    const { authorization } = headers;
    if (authorization === undefined) return undefined;
    const token = /^Bearer (.+)$/iu.exec(authorization)?.[1];
    if (token === undefined || !this.tokens.has(token)) throw badToken(door);
    return token;
  }

  /** True when the repository may be seen at all. */
  sees(repo: Repo, token: string | undefined): boolean {
    if (repo.options.private !== true) return true;
    return granted(repo, token);
  }

  /** @throws Refusal when the repository may not be seen, or nobody may see it */
  requireSight(repo: Repo, token: string | undefined, door: Door): void {
    if (!this.sees(repo, token)) throw repoNotFound(door, token !== undefined);
    if (repo.options.disabled === true) throw disabled(door);
  }

  /** @throws Refusal when the files of a gated repository may not be read */
  requireFiles(repo: Repo, token: string | undefined, door: Door): void {
    if ((repo.options.gated ?? false) === false) return;
    if (token !== undefined && this.tokens.get(token)?.withoutGatedScope === true) {
      throw missingScope(door);
    }
    if (!granted(repo, token)) throw gated(door, repo.id, token !== undefined);
  }
}

function granted(repo: Repo, token: string | undefined): boolean {
  return token !== undefined && (repo.options.tokensWithAccess ?? []).includes(token);
}
