import { unsetLine } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import type { HubToken } from '../hub/token.ts';
import type { HubAccount } from '../hub/types.ts';
import { findingOf } from './diagnose.ts';
import type { Finding } from './types.ts';

const id = 'token';

/** What is looked at. */
export interface TokenOptions {
  readonly find: () => Promise<HubToken | undefined>;
  /** Asks the hub whose the token is. */
  readonly ask: () => Promise<HubAccount | undefined>;
  readonly offline: boolean;
  readonly platform: NodeJS.Platform;
}

/** Whether the token of the Hugging Face Hub is taken there. Without a network it stays open. */
export async function checkToken({
  ask,
  find,
  offline,
  platform,
}: TokenOptions): Promise<Finding[]> {
  const token = await find();
  if (token === undefined) {
    const message =
      'No token of the Hugging Face Hub is set; only gated and private models need one';
    return [{ id, severity: 'ok', message }];
  }
  const which = `The token from ${token.origin}`;
  if (offline) {
    return [
      { id, severity: 'note', message: `${which} was not checked: the hub is not asked offline` },
    ];
  }
  try {
    const account = await ask();
    const owner = account === undefined ? 'nobody' : account.name;
    const role = account?.role === undefined ? '' : `, and may ${account.role}`;
    return [{ id, severity: 'ok', message: `${which} belongs to ${owner}${role}` }];
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    if (error.code === 'TOKEN_REFUSED') return [findingOf(id, error, fixFor(token, platform))];
    if (error.exitCode !== 6) throw error;
    return [
      { id, severity: 'warning', message: `${which} could not be checked: ${error.message}` },
    ];
  }
}

function fixFor({ origin }: HubToken, platform: NodeJS.Platform): string {
  return /^[A-Z_]+$/u.test(origin) ? unsetLine([origin], platform) : 'hf auth login';
}
