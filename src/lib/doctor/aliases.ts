import { formatCount } from '../format.ts';
import { shellLine } from '../config/shell-word.ts';
import { type AliasMap, type Aliases, nameForDamaged } from '../store/aliases.ts';
import type { StoredModel } from '../store/model.ts';
import type { Finding } from './types.ts';

const NAMED = 5;
const id = 'aliases';

/** What is looked at. */
export interface AliasesCheckOptions {
  readonly aliases: Aliases;
  readonly models: () => Promise<readonly StoredModel[]>;
  readonly platform: NodeJS.Platform;
}

/** Whether the file of aliases is whole, and every alias names a model that is stored. */
export async function checkAliases(options: AliasesCheckOptions): Promise<Finding[]> {
  const { aliases, models } = options;
  const lost = lostAliases(await aliases.list(), await models());
  return (await aliases.isDamaged()) ? [await damage(options), ...lost] : lost;
}

async function damage({ aliases, platform }: AliasesCheckOptions): Promise<Finding> {
  const { file } = aliases;
  const fix = shellLine(['mv', file, await nameForDamaged(file)], platform);
  const message = `${file} is damaged: aliases in it are not known. Mend it, or move it away`;
  return { id, severity: 'warning', message, fix };
}

function lostAliases(aliases: AliasMap, models: readonly StoredModel[]): Finding[] {
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
