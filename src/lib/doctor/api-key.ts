import { shellLine, unsetLine } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import { chooseKey, type KeySources } from '../server/api-key.ts';
import { findingOf } from './diagnose.ts';
import type { Finding } from './types.ts';

/** What is looked at. */
export interface ApiKeyOptions {
  /** The address on which a server listens. */
  readonly host: string;
  readonly sources: KeySources;
  /** Where llamero keeps a key of its own. */
  readonly ownFile: string;
  readonly platform: NodeJS.Platform;
}

/** Whether a server could be started with the API key that is set, or without one. */
export async function checkApiKey(options: ApiKeyOptions): Promise<Finding[]> {
  const { host, ownFile, sources } = options;
  try {
    await chooseKey(host, sources, ownFile);
    return [];
  } catch (error) {
    if (!(error instanceof LlameroError)) throw error;
    const fix = error.code === 'API_KEY_INVALID' ? removalOf(options) : undefined;
    return [findingOf('api-key', error, fix)];
  }
}

/** A key that is set goes before one that would be made, so it has to go first. */
function removalOf({ ownFile, platform, sources }: ApiKeyOptions): string {
  if (sources.file !== undefined) return 'llamero config unset server.api-key-file';
  if (sources.value !== undefined) return unsetLine(['LLAMERO_API_KEY'], platform);
  return shellLine(['rm', ownFile], platform);
}
