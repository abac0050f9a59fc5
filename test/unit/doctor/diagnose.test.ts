import { describe, expect, test } from 'vitest';

import { diagnose, findingOf, worstOf } from '../../../src/lib/doctor/diagnose.ts';
import type { Check, Finding, Severity } from '../../../src/lib/doctor/types.ts';
import { LlameroError } from '../../../src/lib/errors.ts';
import { pause } from '../../../src/lib/pause.ts';
import { caught } from '../../support/caught.ts';

const { signal } = new AbortController();

function fine(id: string, waitMs = 0): Check {
  return {
    id,
    run: async (aborted) => {
      await pause(waitMs, aborted);
      return [{ id, severity: 'ok', message: `${id} is fine` }];
    },
  };
}

function failing(id: string, error: unknown): Check {
  return {
    id,
    run: () => Promise.reject(error instanceof Error ? error : new Error(String(error))),
  };
}

describe('a diagnosis', () => {
  test('tells findings in the order of the checks, whichever is done first', async () => {
    const findings = await diagnose([fine('slow', 50), fine('quick')], signal);
    expect(findings.map(({ id }) => id)).toEqual(['slow', 'quick']);
  });

  test('goes on where a check fails, and tells why it did', async () => {
    const refused = new LlameroError('DISK_FULL', 'The disk is full', {
      hint: 'Free some with `llamero rm <ref>` or `llamero prune`, then again',
    });
    const denied = Object.assign(new Error('EACCES: no'), { code: 'EACCES' });
    const findings = await diagnose(
      [failing('one', refused), failing('two', denied), failing('three', 'a bug'), fine('four')],
      signal,
    );
    expect(findings).toEqual([
      {
        id: 'one',
        severity: 'error',
        code: 'DISK_FULL',
        message: 'The disk is full',
        fix: 'llamero prune',
      },
      { id: 'two', severity: 'warning', message: 'Could not be checked: EACCES: no' },
      { id: 'three', severity: 'error', code: 'INTERNAL', message: 'Could not be checked: a bug' },
      { id: 'four', severity: 'ok', message: 'four is fine' },
    ]);
  });

  test('tells once what several checks stumble over', async () => {
    const error = new LlameroError('CONFIG_DAMAGED', 'The settings are damaged');
    const findings = await diagnose([failing('settings', error), failing('disk', error)], signal);
    expect(findings.map(({ id }) => id)).toEqual(['settings']);
  });

  test('does not tell what an error that was found explains', async () => {
    const enotdir = Object.assign(new Error('ENOTDIR'), { code: 'ENOTDIR' });
    const cause = (severity: 'ok' | 'error'): Check => ({
      id: 'home',
      run: () =>
        Promise.resolve([
          severity === 'ok'
            ? { id: 'home', severity, message: 'fine' }
            : { id: 'home', severity, code: 'DISK_NOT_WRITABLE', message: 'a file' },
        ]),
      explains: (failure) => failure === enotdir,
    });
    const others = [failing('one', enotdir), failing('two', 'a bug'), fine('three')];
    const told = async (severity: 'ok' | 'error'): Promise<string[]> =>
      (await diagnose([cause(severity), ...others], signal)).map(({ id }) => id);
    expect(await told('error')).toEqual(['home', 'two', 'three']);
    expect(await told('ok')).toEqual(['home', 'one', 'two', 'three']);
  });

  test('tells a refusal of the system by its path', async () => {
    const denied = Object.assign(new Error('EACCES: no'), { code: 'EACCES', path: '/home/x' });
    expect(await diagnose([failing('one', denied)], signal)).toMatchObject([
      { severity: 'warning', message: 'Could not be checked: /home/x may not be read' },
    ]);
  });

  test('that is interrupted is none', async () => {
    const controller = new AbortController();
    const running = diagnose([fine('slow', 60_000)], controller.signal);
    controller.abort(new LlameroError('INTERRUPTED', 'Interrupted'));
    expect(await caught(running)).toMatchObject({ code: 'INTERRUPTED' });
  });
});

test.each<[readonly Severity[], Severity]>([
  [[], 'ok'],
  [['ok', 'note'], 'note'],
  [['note', 'error', 'warning', 'ok'], 'error'],
])('the worst of %j is %s', (severities, worst) => {
  const findings = severities.map((severity): Finding => {
    const facts = { id: 'x', message: 'x' };
    return severity === 'error' ? { ...facts, severity, code: 'USAGE' } : { ...facts, severity };
  });
  expect(worstOf(findings)).toBe(worst);
});

test.each([
  ['Give it a number, or `unset LLAMERO_PORT`', 'unset LLAMERO_PORT'],
  ['Mend that, or `Remove-Item Env:HF_TOKEN_PATH`', 'Remove-Item Env:HF_TOKEN_PATH'],
  ['Delete it and log in again: `hf auth login`', 'hf auth login'],
  ['Write it as `<host>`: `llamero config edit`', 'llamero config edit'],
])('the command of the hint %j is its fix', (hint, fix) => {
  expect(findingOf('x', new LlameroError('USAGE', 'No', { hint }))).toMatchObject({
    message: 'No',
    fix,
  });
});

test('a hint without a command is part of the message', () => {
  const error = new LlameroError('TOKEN_REFUSED', 'No token', { hint: 'Copy it again\nor not' });
  expect(findingOf('token', error)).toEqual({
    id: 'token',
    severity: 'error',
    code: 'TOKEN_REFUSED',
    message: 'No token. Copy it again; or not',
  });
});
