import type { Config } from '../config/config.ts';
import { sizeIfExists } from '../files.ts';
import type { Finding } from './types.ts';

/** What is looked at. */
export interface SettingsOptions {
  readonly file: string;
  /** @throws LlameroError CONFIG_INVALID, CONFIG_DAMAGED */
  readonly load: () => Promise<Config>;
}

/** Whether the settings can be read, from the file and from the environment. */
export async function checkSettings({ file, load }: SettingsOptions): Promise<Finding[]> {
  await load();
  const isThere = (await sizeIfExists(file)) !== undefined;
  const message = isThere
    ? `${file} is in order`
    : 'No settings file; all settings are the defaults';
  return [{ id: 'settings', severity: 'ok', message }];
}

/** Settings files of llama.cpp itself, which change what the server does behind llamero's back. */
export function checkForeignSettings(files: readonly string[]): Finding[] {
  return files.map((file) => ({
    id: 'llama-settings',
    severity: 'note',
    message: `llama.cpp reads ${file} as well, which can change what the server does`,
  }));
}
