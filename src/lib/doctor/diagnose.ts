import { LlameroError, systemErrorCode, throwIfAborted } from '../errors.ts';
import { oneLine } from '../plain-text.ts';
import { type Check, type Finding, SEVERITIES, type Severity } from './types.ts';

/**
 * Runs all checks at once and answers what they found, in their order. A check that fails is a
 * finding itself, and one failure that several stumble over is told once.
 *
 * @throws LlameroError the reason of the signal
 */
export async function diagnose(checks: readonly Check[], signal: AbortSignal): Promise<Finding[]> {
  const found = await Promise.all(
    checks.map(async (check) => {
      try {
        return await check.run(signal);
      } catch (error) {
        return [failureOf(check.id, error)];
      }
    }),
  );
  throwIfAborted(signal);
  const told = new Set<string>();
  return found.flat().filter(({ message, severity }) => {
    if (severity !== 'error') return true;
    return !told.has(message) && told.add(message);
  });
}

/** The severity of the worst finding; `ok` where there is none. */
export function worstOf(findings: readonly Finding[]): Severity {
  const ranks = findings.map(({ severity }) => SEVERITIES.indexOf(severity));
  return SEVERITIES[Math.max(0, ...ranks)] ?? 'ok';
}

function failureOf(id: string, error: unknown): Finding {
  if (error instanceof LlameroError) return findingOf(id, error);
  const message = `Could not be checked: ${error instanceof Error ? oneLine(error.message) : String(error)}`;
  // What the system refuses says nothing about a bug of ours.
  return systemErrorCode(error) === undefined
    ? { id, severity: 'error', code: 'INTERNAL', message }
    : { id, severity: 'warning', message };
}

/**
 * An error as a finding. Its fix is the first command of its hint, unless the check knows a better
 * one.
 */
export function findingOf(id: string, error: LlameroError, fix?: string): Finding {
  const { code, hint = '', message } = error;
  const command = fix ?? /`(?<command>llamero [^`<]+)`/u.exec(hint)?.groups?.['command'];
  // Without a command the hint is what helps.
  const more = command === undefined && hint !== '' ? `. ${hint.replaceAll('\n', '; ')}` : '';
  return {
    id,
    severity: 'error',
    code,
    message: message + more,
    ...(command === undefined ? {} : { fix: command }),
  };
}
