import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { readAnswerFormat } from '../../../src/lib/chat/answer-format.ts';
import { caught } from '../../support/caught.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'llamero-format-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe('the form of an answer', () => {
  test('is JSON by its word', async () => {
    expect(await readAnswerFormat('json', folder)).toEqual({ type: 'json' });
    expect(await readAnswerFormat('JSON', folder)).toEqual({ type: 'json' });
  });

  test('is a schema or a grammar in a file', async () => {
    await writeFile(path.join(folder, 'a.schema.json'), '{"type":"object"}');
    await writeFile(path.join(folder, 'a.gbnf'), '# yes or no\nroot ::= "yes" | "no"\n');
    expect(await readAnswerFormat('a.schema.json', folder)).toEqual({
      type: 'schema',
      schema: { type: 'object' },
    });
    expect(await readAnswerFormat('a.gbnf', folder)).toEqual({
      type: 'grammar',
      grammar: '# yes or no\nroot ::= "yes" | "no"\n',
    });
  });

  test.each([
    ['gone.json', undefined, 'FILE_NOT_FOUND', 'There is no file gone.json'],
    ['.', undefined, 'USAGE', '. is a folder'],
    ['a.json', '{"type":', 'USAGE', 'a.json is no JSON: '],
    ['a.json', '["object"]', 'USAGE', 'a.json is no JSON schema'],
    ['a.json', 'null', 'USAGE', 'a.json is no JSON schema'],
    ['a.gbnf', 'start ::= "a"', 'USAGE', 'a.gbnf is no grammar'],
  ])('that is %s holding %j is refused', async (name, content, code, message) => {
    if (content !== undefined) await writeFile(path.join(folder, name), content);
    const error = await caught(readAnswerFormat(name, folder));
    expect(error.code).toBe(code);
    expect(error.message).toContain(message);
    expect(error.hint).toBeDefined();
  });
});
