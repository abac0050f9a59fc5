import { formatCount } from '../format.ts';
import type { AliasMap } from '../store/aliases.ts';
import type { StoredModel } from '../store/model.ts';
import type { Finding } from './types.ts';

const NAMED = 5;

/** Whether every alias names a model that is stored. */
export function checkAliases(aliases: AliasMap, models: readonly StoredModel[]): Finding[] {
  const id = 'aliases';
  const stored = new Set(models.map(({ ref }) => ref.toLowerCase()));
  const lost = [...aliases].filter(([, ref]) => !stored.has(ref.toLowerCase()));
  if (lost.length === 0) {
    if (aliases.size === 0) return [];
    const message = `${formatCount(aliases.size, 'alias', 'aliases')}, each of a stored model`;
    return [{ id, severity: 'ok', message }];
  }
  const told = lost.slice(0, NAMED).map(([name, ref]) => `${name} (${ref})`);
  const more = lost.length > NAMED ? `, and ${lost.length - NAMED} more` : '';
  return [
    {
      id,
      severity: 'warning',
      message: `${formatCount(lost.length, 'alias names', 'aliases name')} what is not stored: ${told.join(', ')}${more}`,
      fix: `llamero alias rm ${lost.map(([name]) => name).join(' ')}`,
    },
  ];
}
