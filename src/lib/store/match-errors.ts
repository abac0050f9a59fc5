import { shellWord } from '../config/shell-word.ts';
import { LlameroError } from '../errors.ts';
import type { Match } from './match.ts';
import { parseReference } from './reference.ts';

const MOST_NAMED = 20;

/** The error of a name that fits several models. */
export function ambiguousName(text: string, { candidates }: Match): LlameroError {
  const named = candidates.slice(0, MOST_NAMED).map(({ name }) => `  ${name}`);
  const more = candidates.length - named.length;
  const lines = more > 0 ? [...named, `  and ${more} more`] : named;
  return new LlameroError('AMBIGUOUS', `${text} fits more than one model:\n${lines.join('\n')}`, {
    hint: `Type more of the name, or give one a short name: \`llamero alias set <name> ${candidates[0].name}\``,
  });
}

/** The error of an alias whose model is gone. */
export function aliasGone(alias: string, ref: string): LlameroError {
  return new LlameroError(
    'MODEL_NOT_FOUND',
    `${alias} is an alias of ${ref}, which is not stored on this machine`,
    { hint: `\`llamero pull ${ref}\` fetches it; \`llamero alias rm ${alias}\` removes the alias` },
  );
}

/**
 * The error of a name that fits no stored model.
 *
 * @param near a stored name that it is near to
 * @param endpoint the hub in use
 */
export function notStored(text: string, near: string | undefined, endpoint?: string): LlameroError {
  const message = `${text} is not stored on this machine`;
  if (near !== undefined) {
    const hint = `Did you mean ${near}? \`llamero list\` shows what is stored`;
    return new LlameroError('MODEL_NOT_FOUND', message, { hint });
  }
  if (/[*?]/u.test(text)) {
    return new LlameroError('MODEL_NOT_FOUND', `No stored model fits the pattern ${text}`, {
      hint: '`llamero list` shows what is stored; a pattern without a colon is for user/repo',
    });
  }
  // What has a slash is meant for a reference, and may not be one.
  if (text.trim() === '' || text.includes('/')) {
    parseReference(text, endpoint);
    const hint = `\`llamero list\` shows what is stored; \`llamero pull ${text}\` fetches it`;
    return new LlameroError('MODEL_NOT_FOUND', message, { hint });
  }
  const hint = `\`llamero list\` shows what is stored; \`llamero search ${shellWord(text)}\` looks on the hub`;
  return new LlameroError('MODEL_NOT_FOUND', message, { hint });
}
