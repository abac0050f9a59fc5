import { access } from 'node:fs/promises';
import path from 'node:path';

import { type Environment, readVariable } from '../config/environment.ts';

/** Where llama.cpp looks for settings. */
export interface UserConfigOptions {
  readonly environment: Environment;
  readonly homeDirectory: string;
  readonly platform: NodeJS.Platform;
}

/**
 * The settings files of llama.cpp that exist on this machine, in the order in which it reads them.
 * They change what the server does behind llamero's back, so they are reported. Source:
 * https://github.com/ggml-org/llama.cpp/blob/master/docs/preset.md
 */
export async function llamaConfigFiles(options: UserConfigOptions): Promise<string[]> {
  const found: string[] = [];
  for (const folder of configFolders(options)) {
    const file = path.join(folder, 'llama.cpp', 'config.ini');
    const isThere = await access(file).then(
      () => true,
      () => false,
    );
    if (isThere) found.push(file);
  }
  return found;
}

function configFolders({ environment, homeDirectory, platform }: UserConfigOptions): string[] {
  if (platform === 'win32') {
    const folders = [
      readVariable(environment, 'PROGRAMDATA'),
      readVariable(environment, 'APPDATA'),
    ];
    return folders.filter((folder) => folder !== undefined);
  }
  const own = readVariable(environment, 'XDG_CONFIG_HOME') ?? path.join(homeDirectory, '.config');
  return ['/etc', own];
}
