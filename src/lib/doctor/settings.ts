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
  const settings = (await load()).settings();
  const isThere = (await sizeIfExists(file)) !== undefined;
  const message = isThere
    ? `${file} is in order`
    : `No settings file; all settings are the defaults${exceptions(settings)}`;
  return [{ id: 'settings', severity: 'ok', message }];
}

function exceptions(settings: ReturnType<Config['settings']>): string {
  const variables = settings.flatMap(({ origin, source }) =>
    source === 'environment' && origin !== undefined ? [origin] : [],
  );
  if (variables.length === 0) return '';
  const names = [...new Set(variables)].sort();
  const verb = names.length === 1 ? 'sets' : 'set';
  const list = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter((part) => part !== '');
  return `, but for what ${list.join(' and ')} ${verb}`;
}

/** Settings files of llama.cpp itself, which change what the server does behind llamero's back. */
export function checkForeignSettings(files: readonly string[]): Finding[] {
  return files.map((file) => ({
    id: 'llama-settings',
    severity: 'note',
    message: `llama.cpp reads ${file} as well, which can change what the server does`,
  }));
}
