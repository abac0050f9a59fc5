import type { Setting } from '../config/config.ts';

/** Why the hub is not asked, and how to end that. */
export interface Offline {
  /** Who says so: `HF_HUB_OFFLINE`, `hub.offline in config.yaml:3`. */
  readonly by: string;
  /** What puts an end to it, as the beginning of a sentence. */
  readonly end: string;
}

/** Whether a setting says that the hub is not to be asked; undefined when it may be. */
export function offlineBy({ origin, source, value }: Setting<boolean>): Offline | undefined {
  if (!value) return undefined;
  if (source === 'file') {
    return {
      by: `hub.offline in ${origin ?? source}`,
      end: 'Run `llamero config unset hub.offline`',
    };
  }
  return { by: origin ?? source, end: `Unset ${origin ?? source}` };
}
