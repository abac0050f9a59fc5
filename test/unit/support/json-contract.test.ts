import { describe, expect, test } from 'vitest';

import { checkJson } from '../../support/json-contract.ts';

const path = '/home/you/.llamero/config.yaml';
const error = { error: { code: 'USAGE', exitCode: 2, message: 'No', hint: null } };
const text = (document: unknown): string => `${JSON.stringify(document)}\n`;
const event = { event: 'end', path, fetched: 1 };
const summary = { models: [], failed: [] };

describe('what a test has the program print as JSON', () => {
  test.each<[name: string, words: string[], exitCode: number, stdout: string]>([
    ['a document', ['config', 'path', '--json'], 0, text({ path })],
    ['an error in its place', ['config', 'path', '--json'], 2, text(error)],
    ['anything without --json', ['config', 'path'], 0, path],
    ['--json that is not ours', ['run', 'a/b', '--', '--json'], 0, 'an answer'],
    ['nothing of one that was killed', ['list', '--json'], 143, ''],
    ['a command that does not exist', ['frobnicate', '--json'], 2, 'text'],
    [
      'another name of a command',
      ['ls', '--json'],
      0,
      text({ models: [], total: { count: 0, size: 0 } }),
    ],
    ['events and a summary', ['pull', 'a/b', '--json'], 0, text(event) + text(summary)],
    ['events and an error', ['pull', 'a/b', '--json'], 2, text(event) + text(error)],
    [
      'pieces of an answer',
      ['run', 'a/b', '--output', 'stream-json'],
      0,
      text({ type: 'text', text: 'a' }),
    ],
  ])('may be %s', (_name, words, exitCode, stdout) => {
    expect(() => checkJson(words, { exitCode, stdout })).not.toThrow();
  });

  test.each<[name: string, words: string[], exitCode: number, stdout: string]>([
    ['a key that no schema knows', ['config', 'path', '--json'], 0, text({ path, more: 1 })],
    ['a key that is missing', ['config', 'path', '--json'], 0, text({})],
    ['a value of another type', ['config', 'path', '--json'], 0, text({ path: 1 })],
    [
      'an unknown key further in',
      ['ls', '--json'],
      0,
      text({ models: [], total: { count: 0, size: 0, sum: 0 } }),
    ],
    [
      'an unknown error code',
      ['ls', '--json'],
      1,
      text({ error: { ...error.error, code: 'OOPS' } }),
    ],
    ['no JSON', ['config', 'path', '--json'], 0, path],
    ['two documents', ['config', 'path', '--json'], 0, text({ path }) + text({ path })],
    ['nothing at all', ['config', 'path', '--json'], 0, ''],
    ['an unknown event', ['pull', 'a/b', '--json'], 0, text({ event: 'oops' }) + text(summary)],
    ['a summary before the last line', ['pull', 'a/b', '--json'], 0, text(summary) + text(summary)],
    ['an unknown piece', ['run', 'a/b', '--output=stream-json'], 0, text({ type: 'oops' })],
    ['text for --output json', ['run', 'a/b', '--output', 'json'], 0, 'an answer'],
  ])('may not be %s', (_name, words, exitCode, stdout) => {
    expect(() => checkJson(words, { exitCode, stdout })).toThrow();
  });
});
