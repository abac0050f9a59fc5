import { LlameroError, systemErrorCode, throwIfAborted } from '../errors.ts';
import { oneLine } from '../plain-text.ts';
import { type Check, type Finding, SEVERITIES, type Severity } from './types.ts';

/** What came of a check: what it found, or why it failed. */
interface Look {
  readonly check: Check;
  readonly findings?: readonly Finding[];
  readonly failure?: unknown;
}

/**
 * Runs all checks at once and answers what they found, in their order. A check that fails is a
 * finding itself, unless another one explains it; what several stumble over is told once.
 *
 * @throws LlameroError the reason of the signal
 */
export async function diagnose(checks: readonly Check[], signal: AbortSignal): Promise<Finding[]> {
  const looks = await Promise.all(
    checks.map(async (check): Promise<Look> => {
      try {
        return { check, findings: await check.run(signal) };
      } catch (error) {
        return { check, failure: error };
      }
    }),
  );
  throwIfAborted(signal);
  const causes = looks.filter(({ findings = [] }) => worstOf(findings) === 'error');
  const found = looks.flatMap(({ check, failure, findings }) => {
    if (findings !== undefined) return findings;
    const isExplained = causes.some((cause) => cause.check.explains?.(failure) === true);
    return isExplained ? [] : [failureOf(check.id, failure)];
  });
  const told = new Set<string>();
  return found.filter(({ message, severity }) => {
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
  const message = `Could not be checked: ${reasonOf(error)}`;
  // What the system refuses says nothing about a bug of ours.
  return systemErrorCode(error) === undefined
    ? { id, severity: 'error', code: 'INTERNAL', message }
    : { id, severity: 'warning', message };
}

function reasonOf(error: unknown): string {
  const code = systemErrorCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    const { path } = error as NodeJS.ErrnoException;
    if (path !== undefined) return `${oneLine(path)} may not be read`;
  }
  return error instanceof Error ? oneLine(error.message) : String(error);
}

/** A command in a hint that can be pasted as it stands. */
const COMMAND = /`(?<command>(?:llamero|hf|unset|Remove-Item) [^`<]+)`/u;

/**
 * An error as a finding. Its fix is the first command of its hint, unless the check knows a better
 * one.
 */
export function findingOf(id: string, error: LlameroError, fix?: string): Finding {
  const { code, hint = '', message } = error;
  const command = fix ?? COMMAND.exec(hint)?.groups?.['command'];
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
