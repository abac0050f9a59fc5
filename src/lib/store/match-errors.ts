import { shellWord } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import { oneLine } from '../plain-text.ts';
import type { Match } from './match.ts';
import { parseReference } from './reference.ts';

const MOST_NAMED = 20;

/** The error of a name that fits several models. */
export function ambiguousName(text: string, { candidates }: Match): LlameroError {
  const named = candidates.slice(0, MOST_NAMED).map(({ name }) => `  ${oneLine(name)}`);
  const more = candidates.length - named.length;
  const lines = more > 0 ? [...named, `  and ${more} more`] : named;
  return new LlameroError(
    'AMBIGUOUS',
    `${oneLine(text)} fits more than one model:\n${lines.join('\n')}`,
    {
      hint: `Type more of the name, or give one a short name: \`llamero alias set <name> ${typed(candidates[0].name)}\``,
    },
  );
}

/** The error of an alias whose model is gone. */
export function aliasGone(alias: string, ref: string): LlameroError {
  return new LlameroError(
    'MODEL_NOT_FOUND',
    `${alias} is an alias of ${oneLine(ref)}, which is not stored on this machine`,
    {
      hint: `\`llamero pull ${typed(ref)}\` fetches it; \`llamero alias rm ${alias}\` removes the alias`,
    },
  );
}

/**
 * The error of a name that fits no stored model.
 *
 * @param near a stored name that it is near to
 * @param endpoint the hub in use
 */
export function notStored(text: string, near: string | undefined, endpoint?: string): LlameroError {
  const name = oneLine(text);
  if (/[*?]/u.test(text)) {
    return new LlameroError('MODEL_NOT_FOUND', `No stored model fits the pattern ${name}`, {
      hint: '`llamero list` shows what is stored; a pattern without a colon is for user/repo',
    });
  }
  const message = `${name} is not stored on this machine`;
  if (near !== undefined) {
    const hint = `Did you mean ${typed(near)}? \`llamero list\` shows what is stored`;
    return new LlameroError('MODEL_NOT_FOUND', message, { hint });
  }
  // The hub searches names of repositories, which hold no quant.
  const [searched = ''] = text.trim().split(/[:@]/u);
  // What has a slash is meant for a reference, and may not be one.
  if (searched === '' || text.includes('/')) {
    parseReference(text, endpoint);
    const hint = `\`llamero list\` shows what is stored; \`llamero pull ${typed(text)}\` fetches it`;
    return new LlameroError('MODEL_NOT_FOUND', message, { hint });
  }
  const hint = `\`llamero list\` shows what is stored; \`llamero search ${typed(searched)}\` looks on the hub`;
  return new LlameroError('MODEL_NOT_FOUND', message, { hint });
}

/** A name as it is typed into a shell. */
function typed(name: string): string {
  return shellWord(oneLine(name));
}
